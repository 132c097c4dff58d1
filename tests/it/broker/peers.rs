//! mosquitto's own clients against the broker, in all versions of the protocol.

use super::{PATIENCE, Site};
use dinrail::runtime::status::BrokerStatus;
use std::net::SocketAddr;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

fn mosquitto(tool: &str, address: SocketAddr, version: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(tool);
    command
        .args(["-h", &address.ip().to_string(), "-p", &address.port().to_string(), "-V", version])
        .args(["-u", "all", "-P", "all"])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

async fn publish(address: SocketAddr, version: &str, arguments: &[&str]) {
    let output =
        mosquitto("mosquitto_pub", address, version, arguments).output().await.expect("mosquitto_pub is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

async fn lines(subscriber: Child) -> Vec<String> {
    let output = timeout(PATIENCE, subscriber.wait_with_output()).await.expect("mosquitto_sub ends").unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[tokio::test]
async fn mosquitto_clients_of_each_version_exchange_messages() {
    let (mut site, address) = Site::usual().await;
    for version in ["mqttv31", "mqttv311", "mqttv5"] {
        for qos in ["0", "1", "2"] {
            let topic = format!("{version}/{qos}");
            publish(address, version, &["-t", &topic, "-m", "kept", "-q", qos, "-r"]).await;
            let arguments = ["-t", &topic, "-q", qos, "-C", "2", "-F", "%t %q %r %p", "-i", "sub"];
            let mut subscriber = mosquitto("mosquitto_sub", address, version, &arguments).spawn().unwrap();
            let mut out = BufReader::new(subscriber.stdout.take().unwrap()).lines();
            let first = timeout(PATIENCE, out.next_line()).await.expect("the retained message").unwrap().unwrap();
            assert_eq!(first, format!("{topic} {qos} 1 kept"));
            publish(address, version, &["-t", &topic, "-m", "fresh", "-q", qos]).await;
            let second = timeout(PATIENCE, out.next_line()).await.expect("the fresh message").unwrap().unwrap();
            assert_eq!(second, format!("{topic} {qos} 0 fresh"));
            assert!(timeout(PATIENCE, subscriber.wait()).await.unwrap().unwrap().success());
        }
    }
    let all =
        |status: &BrokerStatus| status.clients.is_empty() && status.messages_in == 18 && status.messages_out == 18;
    site.status_when("they are gone and counted", all).await;
    site.end().await;
}

#[tokio::test]
async fn mosquitto_is_told_why_it_is_refused() {
    let (mut site, address) = Site::usual().await;
    for version in ["mqttv311", "mqttv5"] {
        let arguments = ["-t", "t", "-m", "x", "-u", "press", "-P", "wrong"];
        let output = mosquitto("mosquitto_pub", address, version, &arguments).output().await.unwrap();
        let error = String::from_utf8_lossy(&output.stderr).to_lowercase();
        assert!(!output.status.success() && error.contains("user name or password"), "{version}: {error}");
    }
    site.refusal("wrong user name or password").await;
    site.end().await;
}

#[tokio::test]
async fn a_request_is_answered_over_the_response_topic() {
    let (site, address) = Site::usual().await;
    let arguments = ["-t", "ask", "-C", "1", "-F", "%R %D"];
    let asked = mosquitto("mosquitto_sub", address, "mqttv5", &arguments).spawn().unwrap();
    let mut site = site;
    site.status_when("the subscriber is there", |status| status.clients.len() == 1).await;
    let arguments = ["-t", "ask", "-e", "answer/1", "-m", "?", "-D", "PUBLISH", "correlation-data", "c7", "-W", "1"];
    let asking = mosquitto("mosquitto_rr", address, "mqttv5", &arguments).spawn().unwrap();
    assert_eq!(lines(asked).await, ["answer/1 c7"]);
    drop(asking);
    site.end().await;
}

//! The agent through REST: its MIB file, its status, the test of a receiver.

use super::*;
use reqwest::Method;

#[tokio::test]
async fn the_mib_file_the_status_and_a_test_are_there() {
    let mut document = document();
    let told = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let at = told.local_addr().unwrap().to_string();
    document["snmp"]["receivers"] = json!([{ "name": "nms", "address": at, "version": "v2c", "community": "told" }]);
    document["snmp"]["enterprise_oid"] = json!("1.3.6.1.4.1.8691.99");
    let bench = Bench::start_with(document).await;
    let admin = bench.gateway.admin().await;
    let mib = admin.get("/api/v1/snmp/mib").await;
    let text = mib.body.as_str().unwrap();
    assert!(text.starts_with("DINRAIL-MIB DEFINITIONS ::= BEGIN") && text.contains("{ enterprises 8691 99 }"));
    let status = admin.get("/api/v1/snmp").await.body;
    assert_eq!((&status["health"], &status["receivers"][0]["name"]), (&json!("up"), &json!("nms")));
    let test = async |name: &str| {
        admin.ask(Method::POST, "/api/v1/snmp/test", None, Some(json!({ "receiver": name }))).await.status
    };
    assert_eq!(test("nobody").await, 404);
    assert_eq!(test("nms").await, 202);
    let mut trap = [0; 2000];
    let received = tokio::time::timeout(crate::support::wait::PATIENCE, told.recv(&mut trap)).await;
    assert!(100 < received.unwrap().unwrap());
    let config = admin.get("/api/v1/config/snmp/users/nms").await;
    assert_eq!((config.status.as_u16(), &config.body["auth_password"]), (200, &json!("***")));
    let gone = admin.change(Method::DELETE, "/api/v1/config/snmp", None).await;
    assert_eq!(gone.status, 200, "{:?}", gone.body);
    eventually(async || (admin.get("/api/v1/snmp").await.status == 404).then_some(()), "the agent's end").await;
    bench.gateway.stop().await;
}

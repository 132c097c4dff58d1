//! Mutated datagrams against the agent in a process of its own.

use super::*;
use crate::support::dice::Dice;
use crate::support::field::free_port;
use crate::support::serve::Serve;
use tokio::net::UdpSocket;

/// What a real client sends when it asks and writes in every version: caught between it and the agent.
async fn caught(agent: SocketAddr) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for auth in [Auth::v1(WRITER), Auth::v2c(WRITER), Auth::Usm(user("nms", AUTH, PRIV))] {
        let between = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let beyond = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        beyond.connect(agent).await.unwrap();
        let at = between.local_addr().unwrap();
        let tape = async {
            let (mut asked, mut said) = (vec![0; 65_536], vec![0; 65_536]);
            loop {
                let (length, peer) = between.recv_from(&mut asked).await.unwrap();
                beyond.send(&asked[..length]).await.unwrap();
                let answer = beyond.recv(&mut said).await.unwrap();
                between.send_to(&said[..answer], peer).await.unwrap();
                all.push(asked[..length].to_vec());
            }
        };
        let v1 = matches!(&auth, Auth::Community { version: async_snmp::CommunityVersion::V1, .. });
        let asking = async {
            let client = client(at, auth).await;
            get(&client, &internal(10, 1)).await;
            client.get_next(&internal(10, 1)).await.unwrap();
            client.set(&internal(11, 1), Value::Integer(1500)).await.unwrap();
            if !v1 {
                client.get_bulk(&[internal(5, 1), internal(10, 1)], 1, 10).await.unwrap();
            }
        };
        tokio::select! {
            () = tape => (),
            () = asking => (),
        }
    }
    all
}

/// Sends so many, and looks whether it is alive and as large as before.
async fn survive(messages: usize) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let snmp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let at = snmp.local_addr().unwrap();
    drop(snmp);
    let mut document = document();
    document["snmp"]["address"] = json!(at.to_string());
    Serve::init(&data, Some(&document));
    let serve = Serve::start(&data, SocketAddr::from(([127, 0, 0, 1], free_port()))).await;
    let client = client(at, Auth::v2c(COMMUNITY)).await;
    eventually(async || client.get(&internal(10, 1)).await.ok(), "the agent").await;
    let models = caught(at).await;
    assert!(10 < models.len());
    let mut dice = Dice::new();
    let mut sender = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let (mut answer, mut answers) = (vec![0; 65_536], 0u64);
    // By then every kind of refusal has been there, and the cache of the event log's file is full.
    let (mut settled, settling) = (0, messages / 5);
    for number in 0..messages {
        let message = dice.mutate(&models[number % models.len()]);
        sender.send_to(&message, at).await.unwrap();
        while sender.try_recv(&mut answer).is_ok() {
            answers += 1;
        }
        // It answers whoever asks properly in between. More at once would not fit into a socket's buffer, and be lost there.
        if number % 100 == 0 {
            get(&client, &internal(10, 2)).await;
        }
        if number % 40 == 0 {
            // Every manager after the 256th takes another's place.
            sender = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        }
        if number == settling {
            settled = serve.resident_kib();
        }
    }
    get(&client, &internal(10, 2)).await;
    let now = serve.resident_kib();
    println!("{messages} datagrams, {answers} answers, {settled} KiB, then {now} KiB");
    assert!(0 < answers, "some mutations do no harm");
    assert!(now < settled + 4 * 1024, "{settled} KiB, then {now} KiB");
}

#[tokio::test]
async fn a_hundred_thousand_mutated_datagrams_leave_it_alive_and_its_memory_flat() {
    survive(100_000).await;
}

#[tokio::test]
#[ignore = "minutes: `cargo test --release --test it -- --ignored snmp`"]
async fn a_million_mutated_datagrams_leave_it_alive_and_its_memory_flat() {
    survive(1_000_000).await;
}

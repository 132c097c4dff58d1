//! Many clients, and such as mean no good: each costs a bounded place for a bounded time.

use super::{start, status};
use crate::support::modbus_client::ModbusClient;
use crate::support::wait::{PATIENCE, eventually};
use dinrail::modbus::mbap;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// All places but one are taken, a hundred of them by clients that never send a request to its end.
#[tokio::test]
async fn slow_clients_hold_their_places_for_the_idle_time_and_keep_nobody_waiting() {
    let (gateway, at) = start(json!({ "max_connections": 256, "idle_timeout_s": 3 }), |document| {
        document["internal"] = json!([{ "name": "word", "type": "u16", "initial": 12 }]);
    })
    .await;
    let mut client = ModbusClient::connect(at).await;
    let settled = async || (client.ask(1, &[3, 0, 0, 0, 1]).await == [3, 2, 0, 12]).then_some(());
    eventually(settled, "the initial value").await;
    let request = mbap::frame(1, 1, &[3, 0, 0, 0, 1]);
    let mut others = Vec::new();
    for _ in 0..255 {
        others.push(TcpStream::connect(at).await.unwrap());
        client.ask(1, &[3, 0, 0, 0, 1]).await;
    }
    let inside = async || (status(&gateway)?["clients"].as_array()?.len() == 256).then_some(());
    let mut sent = 0;
    // Byte by byte, and never the last one.
    for piece in request[..request.len() - 1].chunks(1) {
        for slow in &mut others[..100] {
            sent += usize::from(slow.write_all(piece).await.is_ok());
        }
        assert_eq!(client.ask(1, &[3, 0, 0, 0, 1]).await, [3, 2, 0, 12]);
    }
    assert_eq!(sent, 100 * (request.len() - 1));
    eventually(inside, "all are inside").await;
    assert!(ModbusClient::connect(at).await.receive().await.is_none(), "the 257th finds no place");
    let alone = async || {
        assert_eq!(client.ask(1, &[3, 0, 0, 0, 1]).await, [3, 2, 0, 12]);
        let status = status(&gateway)?;
        (status["idled"] == 255 && status["clients"].as_array()?.len() == 1).then_some(())
    };
    eventually(alone, "everyone who asks nothing is gone, and who asks is not").await;
    assert_eq!(ModbusClient::connect(at).await.ask(1, &[3, 0, 0, 0, 1]).await, [3, 2, 0, 12]);
    gateway.stop().await;
}

/// Who asks without end and takes no answer is read no further, and closed some time.
#[tokio::test]
async fn who_takes_no_answers_is_not_read_any_more() {
    let (gateway, at) = start(json!({}), |document| {
        document["internal"] = json!([{ "name": "word", "type": "u16", "initial": 12 }]);
    })
    .await;
    let mut stream = TcpStream::connect(at).await.unwrap();
    // Sixty times as much comes back as is sent, were it not for the end of the buffers between.
    let burst: Vec<u8> = (0..1_000).flat_map(|number| mbap::frame(number, 1, &[3, 0, 0, 0, 125])).collect();
    let most = 256 * 1024 * 1024;
    let flood = async {
        let mut sent = 0;
        while sent < most && stream.write_all(&burst).await.is_ok() {
            sent += burst.len();
        }
        sent
    };
    let sent = timeout(PATIENCE, flood).await.expect("the server closes");
    assert!(sent < most, "it swallowed everything");
    let gone = async || (status(&gateway)?["clients"].as_array()?.is_empty()).then_some(());
    eventually(gone, "its place is free").await;
    // Whatever was on the way when it was closed.
    drop(timeout(PATIENCE, stream.read(&mut [0; 16])).await);
    gateway.stop().await;
}

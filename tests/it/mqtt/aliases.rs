//! Numbers for topics (MQTT 5, 3.3.2.3.4), read byte by byte.

use super::on_change;
use crate::support::mqtt_bytes::{Cursor, number, packet, read_packet};
use crate::support::mqtt_rig::MqttRig;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

/// Acknowledges the next PUBLISH with QoS 1; answers its topic and the number that stands for it.
async fn published(stream: &mut TcpStream) -> (String, Option<u16>) {
    let (first, body) = read_packet(stream).await.unwrap();
    assert_eq!(first >> 4, 3, "a PUBLISH");
    let mut at = Cursor(&body);
    let topic = at.text();
    let id = at.bytes(2);
    stream.write_all(&packet(0x40, id)).await.unwrap();
    let length = at.bytes(1)[0];
    // Nothing else is asked for, so the number is all there can be.
    let alias = at.bytes(length.into()).strip_prefix(&[0x23]).map(number);
    (topic, alias)
}

#[tokio::test]
async fn a_topic_is_told_once_and_then_by_its_number_where_broker_and_settings_have_it() {
    for (most, wanted) in [(10u8, true), (10, false), (0, true)] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("mqtt://{}", listener.local_addr().unwrap());
        let publication = on_change(json!({"qos": 1, "tags": ["d/t1"]}));
        let members = json!({"protocol": "5", "mqtt5": {"topic_alias": wanted}, "publications": [publication]});
        let rig = MqttRig::start(&url, members);
        let (mut stream, _) = listener.accept().await.unwrap();
        assert_eq!(read_packet(&mut stream).await.unwrap().0 >> 4, 1, "a CONNECT");
        // CONNACK with the highest number that the broker takes.
        stream.write_all(&packet(0x20, &[0, 0, 3, 0x22, 0, most])).await.unwrap();
        let (first, number) = published(&mut stream).await;
        assert_eq!(first, "line-3/d/t1");
        rig.write(1, 5.0);
        let (second, again) = published(&mut stream).await;
        if wanted && 0 < most {
            assert_eq!((second.as_str(), again), ("", number), "{number:?}");
            assert!(number.is_some_and(|number| (1..=u16::from(most)).contains(&number)), "{number:?}");
        } else {
            assert_eq!((second.as_str(), number, again), ("line-3/d/t1", None, None));
        }
        rig.stop().await;
    }
}

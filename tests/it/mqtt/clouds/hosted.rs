use super::Cloud;
use crate::support::mqtt_law::Law;
use serde_json::{Value as Json, json};

const EMQX: &str = "x1.ala.eu-central-1.emqxsl.com";
const HIVEMQ: &str = "x1.s1.eu.hivemq.cloud";

fn law(host: fn(&rustls::ServerConnection) -> bool) -> Law {
    Law {
        tls: host,
        connect: |connect| connect.user.as_deref() == Some("line") && connect.password.as_deref() == Some("secret"),
        publish: |_| true,
        subscribe: |_| true,
    }
}

fn members(kind: &str, host: &str, password: &str) -> Json {
    let publication = super::super::on_change(json!({"qos": 2}));
    json!({"cloud": {"kind": kind, "host": host}, "username": "line", "password": password,
        "publications": [publication]})
}

/// Both divide their customers by the name in the handshake.
#[tokio::test]
async fn emqx_and_hivemq_are_asked_for_by_name_and_logged_in_to() {
    let cloud = Cloud::start(EMQX, law(|tls| Law::asked_for(tls, EMQX)), members("emqx", EMQX, "secret")).await;
    cloud.message("line-3/d/t1").await;
    cloud.stop().await;
    let cloud = Cloud::start(HIVEMQ, law(|tls| Law::asked_for(tls, HIVEMQ)), members("hivemq", HIVEMQ, "secret")).await;
    cloud.message("line-3/d/t1").await;
    cloud.stop().await;
    let cloud = Cloud::start(EMQX, law(|tls| Law::asked_for(tls, EMQX)), members("emqx", EMQX, "wrong")).await;
    assert!(cloud.rig.wait_degraded().await.contains("not authorised"));
    cloud.rig.stop().await;
}

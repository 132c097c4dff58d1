//! Wrong people, and messages that are none.

use super::*;
use tokio::net::UdpSocket;

#[tokio::test]
async fn wrong_communities_users_keys_and_versions_are_silence_or_a_report_and_counted() {
    let mut document = document();
    document["snmp"]["versions"] = json!(["v2c", "v3"]);
    let bench = Bench::start_with(document).await;
    let descr = oid("1.3.6.1.2.1.1.1.0");
    let fails = async |auth: Auth| {
        let builder = Client::builder(bench.at.to_string(), auth).request_timeout(Duration::from_millis(300));
        let client = builder.retry(async_snmp::client::Retry::none()).connect().await.unwrap();
        client.get(&descr).await.unwrap_err()
    };
    fails(Auth::v2c("public")).await;
    fails(Auth::v1(COMMUNITY)).await;
    fails(Auth::Usm(user("nobody", AUTH, PRIV))).await;
    fails(Auth::Usm(user("nms", "another pass phrase", PRIV))).await;
    fails(Auth::Usm(user("nms", AUTH, "another pass phrase"))).await;
    let raw = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    raw.send_to(b"GET / HTTP/1.1\r\n\r\n", bench.at).await.unwrap();
    let counted = async || {
        let refused = bench.status().refused;
        let each = [refused.community, refused.version, refused.user, refused.digest, refused.malformed];
        each.iter().all(|count| 1 <= *count).then_some(refused)
    };
    let refused = eventually(counted, "every refusal counted").await;
    assert_eq!((refused.community, refused.version, refused.address), (1, 1, 0));
    // The log says who and why, and no community. A wrong privacy password makes noise of the message, which says nothing
    // of its cause and is dropped (RFC 3412, 7.2).
    let client = bench.client(Auth::v2c(COMMUNITY)).await;
    let all = walk(&client).await;
    for why in ["SNMPv2c: an unknown community", "SNMPv3: an unknown user", "SNMPv3: a wrong authentication password"] {
        assert!(all.iter().any(|(_, value)| *value == Value::OctetString(why.into())), "{why}");
    }
    assert!(!all.iter().any(|(_, value)| matches!(value, Value::OctetString(octets) if octets.as_ref() == b"public")));
    bench.gateway.stop().await;
}

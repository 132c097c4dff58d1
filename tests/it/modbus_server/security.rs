//! Modbus/TCP Security: who is let in, and what roles may do.

use super::{address, start, status};
use crate::support::certificates::{Authority, Signed, Validity};
use crate::support::modbus_client::ModbusClient;
use crate::support::wait::eventually;
use dinrail::config::pem::Identity;
use dinrail::net::tls::{ClientTls, client_config};
use rustls_pki_types::ServerName;
use serde_json::json;
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A role as it stands in a certificate: a UTF-8 string in DER.
fn utf8(role: &str) -> Vec<u8> {
    [&[0x0C, u8::try_from(role.len()).unwrap()], role.as_bytes()].concat()
}

/// Connects; who is refused learns it at the handshake, or with TLS 1.3 at the first answer.
async fn connect(
    at: SocketAddr,
    server: &Authority,
    shown: Option<&Signed>,
) -> Option<ModbusClient<TlsStream<TcpStream>>> {
    let identity = shown.map(|shown| Identity::from_pem(&shown.chain, &shown.key).unwrap());
    let settings = ClientTls { ca: Some(server.ca()), identity, ..ClientTls::default() };
    let connector = TlsConnector::from(client_config(&settings).unwrap());
    let stream = TcpStream::connect(at).await.unwrap();
    let name = ServerName::try_from("gateway.example").unwrap();
    Some(ModbusClient::over(connector.connect(name, stream).await.ok()?))
}

#[tokio::test]
async fn only_certificates_of_the_authority_come_in_and_their_roles_decide() {
    let (servers, clients, strangers) = (Authority::new(), Authority::named("clients"), Authority::named("strangers"));
    let own = servers.server(&["gateway.example"], Validity::Now);
    let security = json!({
        "address": "127.0.0.1:0", "certificate": "gateway", "client_ca": clients.ca(),
        "roles": [
            { "role": "Operator" },
            { "role": "Viewer", "access": "read", "areas": ["holding 0"] },
        ],
    });
    let (gateway, at) = start(json!({ "address": [], "security": security }), |document| {
        document["certificates"] = json!([{ "name": "gateway", "chain": own.chain, "key": own.key }]);
        document["internal"] = json!([
            { "name": "word", "type": "u16", "initial": 12 }, { "name": "other", "type": "u16", "initial": 13 },
        ]);
    })
    .await;
    let [operator, viewer, nobody, number] = [Some(utf8("Operator")), Some(utf8("Viewer")), None, Some(vec![2, 1, 5])]
        .map(|role| clients.modbus_client(role.as_deref()));
    let mut client = connect(at, &servers, Some(&operator)).await.expect("let in");
    let settled = async || (client.ask(1, &[3, 0, 0, 0, 2]).await == [3, 4, 0, 12, 0, 13]).then_some(());
    eventually(settled, "the initial values").await;
    assert_eq!(client.ask(1, &[6, 0, 0, 0, 7]).await, [6, 0, 0, 0, 7]);
    let seen = async || {
        let status = status(&gateway)?;
        let seen = &status["clients"][0];
        (seen["secure"] == true && seen["role"] == "Operator").then_some(())
    };
    eventually(seen, "the client and its role").await;

    let mut client = connect(at, &servers, Some(&viewer)).await.expect("let in");
    for (request, reply) in [
        (&[3, 0, 0, 0, 1][..], &[3, 2, 0, 7][..]),
        (&[3, 0, 0, 0, 2], &[0x83, 1]),
        (&[6, 0, 0, 0, 8], &[0x86, 1]),
        // Wrong in itself, whoever asks.
        (&[3, 0, 0, 0, 126], &[0x83, 3]),
    ] {
        assert_eq!(client.ask(1, request).await, reply, "{request:02X?}");
    }
    for shown in [&nobody, &number] {
        let mut client = connect(at, &servers, Some(shown)).await.expect("let in");
        assert_eq!(client.ask(1, &[3, 0, 0, 0, 1]).await, [0x83, 1], "no role, no rights");
    }

    // No certificate, one that somebody else signed, and no TLS at all.
    let stranger = strangers.modbus_client(Some(&utf8("Operator")));
    for shown in [None, Some(&stranger)] {
        if let Some(mut client) = connect(at, &servers, shown).await {
            client.send(&[0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 1]).await;
            assert!(client.receive().await.is_none());
        }
    }
    let mut plain = ModbusClient::connect(at).await;
    plain.send(&[0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 1]).await;
    // An alert of TLS is no Modbus: whatever comes, it is no answer.
    assert!(plain.bytes().await.first() != Some(&0));
    let counted = async || status(&gateway).filter(|status| status["failed_handshakes"] == 3);
    eventually(counted, "three handshakes failed").await;

    // Another list of roles holds for connections that are there.
    gateway
        .edit(|document| document["modbus_server"]["security"]["roles"] = json!([{ "role": "Viewer" }]))
        .await
        .unwrap();
    let more = async || (client.ask(1, &[6, 0, 0, 0, 9]).await == [6, 0, 0, 0, 9]).then_some(());
    eventually(more, "viewers may write now").await;
    // Another authority ends them.
    gateway.edit(|document| document["modbus_server"]["security"]["client_ca"] = json!(strangers.ca())).await.unwrap();
    assert!(client.receive().await.is_none());
    let at = address(&gateway, Some(at)).await;
    let mut client = connect(at, &servers, Some(&stranger)).await.expect("let in now");
    assert_eq!(client.ask(1, &[3, 0, 0, 0, 1]).await, [0x83, 1], "`Operator` is no role any more");
    gateway.stop().await;
}

//! Certificates by name: how they come in, who shows them, and that they are replaced while all goes on.

use super::door::Web;
use crate::support::wait::eventually;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dinrail::config::certificate::CertificateFacts;
use dinrail::net::tls::{ClientTls, client_config};
use dinrail::runtime::status::{Detail, snapshot};
use p12_keystore::{Certificate, KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use reqwest::Method;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use serde_json::{Value as Json, json};
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// SHA-256 of the certificate a listener shows.
async fn shown(address: SocketAddr) -> Option<String> {
    let blind = client_config(&ClientTls { insecure: true, ..ClientTls::default() }).unwrap();
    let tcp = TcpStream::connect(address).await.ok()?;
    let name = ServerName::try_from("gw.example").unwrap();
    let stream = TlsConnector::from(blind).connect(name, tcp).await.ok()?;
    let own = stream.get_ref().1.peer_certificates()?[0].clone();
    let hash = ring::digest::digest(&ring::digest::SHA256, &own);
    Some(hash.as_ref().iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":"))
}

async fn fingerprint(web: &Web, name: &str) -> String {
    let list = web.viewer.get("/certificates").await.expect(200);
    let all = list["certificates"].as_array().unwrap();
    all.iter().find(|one| one["name"] == name).unwrap()["fingerprint"].as_str().unwrap().to_owned()
}

fn self_signed(days: u32) -> Json {
    json!({"self_signed": {"names": ["gw.example", "127.0.0.1"], "days": days}})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_is_made_here_and_the_web_and_the_broker_show_it_and_its_successor_at_once() {
    let web = Web::start().await;
    let address = eventually(async || web.gateway.gateway.web_address().await, "the web listener").await;
    let own = shown(address).await.unwrap();
    web.admin.change(Method::PUT, "/certificates/site", Some(self_signed(90))).await.expect(200);
    let edit = |document: &mut Json| {
        document["web"]["certificate"] = json!("site");
        let listener = json!({"address": "127.0.0.1:0", "tls": {"certificate": "site"}});
        let bridge = json!({"name": "cloud", "enabled": false, "url": "mqtts://127.0.0.1:1", "tls": {"certificate": "site"},
            "rules": [{"topic": "#", "direction": "out"}]});
        document["mqtt"]["broker"] = json!({"anonymous": true, "listeners": [listener], "bridges": [bridge]});
    };
    web.gateway.edit(edit).await.unwrap();
    let list = web.viewer.get("/certificates").await.expect(200);
    let site = &list["certificates"][0];
    let days = site["days_left"].as_i64().unwrap();
    assert_eq!((&site["subject"], (89..=90).contains(&days)), (&json!("CN=gw.example"), true), "{site}");
    assert_eq!(site["used_by"], json!(["/web", "/mqtt/broker/listeners/0", "/mqtt/broker/bridges/0"]));
    assert!(!list.to_string().contains("PRIVATE KEY"));
    let first = fingerprint(&web, "site").await;
    assert_ne!(first, own);
    let broker = async || {
        let unit = snapshot(&web.gateway.gateway.units).into_iter().find_map(|unit| match unit.detail {
            Detail::Broker(broker) => broker.listeners.first().cloned(),
            _ => None,
        });
        unit?.parse::<SocketAddr>().ok()
    };
    let broker = eventually(broker, "the broker listens").await;
    let both = async |wanted: &str| {
        let seen = [shown(address).await?, shown(broker).await?];
        (seen[0] == *wanted && seen[1] == *wanted).then_some(())
    };
    eventually(async || both(&first).await, "both show it").await;
    // A connection that is open goes on through the change.
    let metrics = web.viewer.get("/metrics").await.text;
    assert!(metrics.contains("dinrail_certificate_not_after_timestamp_seconds{certificate=\"site\"}"), "{metrics}");
    web.admin.change(Method::PUT, "/certificates/site", Some(self_signed(60))).await.expect(200);
    let second = fingerprint(&web, "site").await;
    assert_ne!(second, first);
    eventually(async || both(&second).await, "both show the new one").await;
    // It is used: it cannot go. Without it the web shows its own again.
    web.admin.change(Method::DELETE, "/config/certificates/site", None).await.expect(422);
    let edit = |document: &mut Json| {
        document["web"] = json!({});
        document["mqtt"] = json!({});
    };
    web.gateway.edit(edit).await.unwrap();
    web.admin.change(Method::DELETE, "/config/certificates/site", None).await.expect(200);
    eventually(async || (shown(address).await? == own).then_some(()), "the web's own again").await;
    web.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pem_and_pkcs12_come_in_and_what_is_wrong_is_said_at_its_place() {
    let web = Web::start().await;
    let pair = dinrail::config::pem::self_signed(&["plant.example".to_owned()]).unwrap();
    let pem = |chain: &str, key: &str| Some(json!({"pem": {"chain": chain, "key": key}}));
    web.admin.change(Method::PUT, "/certificates/a", pem(&pair.chain, &pair.key)).await.expect(200);
    let facts = CertificateFacts::of(&pair.chain).unwrap();
    assert_eq!(fingerprint(&web, "a").await, facts.fingerprint);
    let refused = web.admin.change(Method::PUT, "/certificates/b", pem(&pair.chain, "nothing")).await.expect(422);
    assert_eq!(refused["errors"][0]["pointer"], "/key", "{refused}");
    assert!(refused["errors"][0]["detail"].as_str().unwrap().contains("no private key"), "{refused}");

    let own = Certificate::from_der(&CertificateDer::from_pem_slice(pair.chain.as_bytes()).unwrap()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
    let key = PrivateKey::from_der(key.secret_der()).unwrap();
    let mut store = KeyStore::new();
    store.add_entry("own", KeyStoreEntry::PrivateKeyChain(PrivateKeyChain::new(b"1".to_vec(), key, [own])));
    let data = STANDARD.encode(store.writer("s3cret").write().unwrap());
    let p12 = |password: &str| Some(json!({"pkcs12": {"data": data, "password": password}}));
    let refused = web.admin.change(Method::PUT, "/certificates/c", p12("wrong")).await.expect(422);
    assert_eq!(refused["errors"][0]["detail"], "the password is wrong, or the file is damaged", "{refused}");
    web.admin.change(Method::PUT, "/certificates/c", p12("s3cret")).await.expect(200);
    assert_eq!(fingerprint(&web, "c").await, facts.fingerprint);

    // The key never leaves, and a document that comes back with `***` keeps it.
    let document = web.admin.get("/config").await.expect(200);
    assert_eq!(document["certificates"][0]["key"], "***");
    web.admin.change(Method::PUT, "/config", Some(document)).await.expect(200);
    web.viewer.put("/certificates/d", json!({})).await.expect(403);
    let none = web.admin.change(Method::PUT, "/certificates/d", Some(json!({}))).await.expect(422);
    assert!(none.to_string().contains("give exactly one of"), "{none}");
    web.gateway.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_tells_before_the_end_and_after_it() {
    let web = Web::start().await;
    web.admin.change(Method::PUT, "/certificates/soon", Some(self_signed(10))).await.expect(200);
    web.admin.change(Method::PUT, "/certificates/later", Some(self_signed(100))).await.expect(200);
    let told = async || {
        let events = web.viewer.get("/events").await.expect(200)["events"].to_string();
        assert!(!events.contains("\"later\""), "{events}");
        events.contains("the certificate expires in 9 days").then_some(())
    };
    eventually(told, "the event").await;
    web.gateway.stop().await;
}

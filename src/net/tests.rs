//! Listener, gate and TLS together, over loopback.

use super::door::Door;
use super::gate::{Caps, Gate};
use super::listen::{Accepted, Listener, Serving};
use super::tls::{ClientTls, MinVersion, ServerTls, client_config};
use crate::config::access::Service;
use crate::config::certificate::key_pin;
use crate::config::pem::{Identity, PemPair, certificates, self_signed};
use rustls_pki_types::ServerName;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;
use tokio_util::sync::CancellationToken;

struct Echo {
    address: SocketAddr,
    gate: Gate,
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// Serves a byte for a byte until the peer closes.
async fn echo(tls: Option<ServerTls>, caps: Caps) -> Echo {
    let gate = Gate::new(Door::new(Service::Web), caps);
    let stop = CancellationToken::new();
    let serving = Serving {
        gate: gate.clone(),
        tls,
        plain: None,
        handshake_timeout: Duration::from_millis(200),
        stop: stop.clone(),
        grace: Duration::from_millis(200),
    };
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.address();
    #[expect(clippy::disallowed_methods, reason = "the test owns the task")]
    let task = tokio::spawn(listener.serve(serving, |accepted: Accepted| async move {
        let Accepted { mut stream, permit, .. } = accepted;
        let mut byte = [0];
        while let Ok(1..) = stream.read(&mut byte).await {
            if stream.write_all(&byte).await.is_err() || stream.flush().await.is_err() {
                break;
            }
        }
        drop(permit);
    }));
    Echo { address, gate, stop, task }
}

const ROOMY: Caps = Caps { total: 100, per_address: 100 };

fn pair(name: &str) -> PemPair {
    self_signed(&[name.to_owned()]).unwrap()
}

fn identity(pair: &PemPair) -> Identity {
    Identity::from_pem(&pair.chain, &pair.key).unwrap()
}

fn trusting(pair: &PemPair) -> ClientTls {
    ClientTls { ca: Some(pair.chain.clone()), ..ClientTls::default() }
}

async fn exchange(address: SocketAddr, settings: &ClientTls, host: &str) -> io::Result<()> {
    let connector = TlsConnector::from(client_config(settings).unwrap());
    let tcp = TcpStream::connect(address).await?;
    let mut tls = connector.connect(ServerName::try_from(host.to_owned()).unwrap(), tcp).await?;
    tls.write_all(b"x").await?;
    let mut byte = [0];
    tls.read_exact(&mut byte).await?;
    assert_eq!(&byte, b"x");
    Ok(())
}

#[tokio::test]
async fn the_certificate_is_replaced_while_a_connection_goes_on() {
    let (old, new) = (pair("old.example"), pair("new.example"));
    let server = ServerTls::new(identity(&old), MinVersion::V12, &[]).unwrap();
    let echo = echo(Some(server.clone()), ROOMY).await;
    let connector = TlsConnector::from(client_config(&trusting(&old)).unwrap());
    let tcp = TcpStream::connect(echo.address).await.unwrap();
    let mut open = connector.connect(ServerName::try_from("old.example").unwrap(), tcp).await.unwrap();

    server.replace(identity(&new));
    assert_eq!(server.identity().fingerprint(), identity(&new).fingerprint());
    exchange(echo.address, &trusting(&new), "new.example").await.unwrap();
    exchange(echo.address, &trusting(&old), "old.example").await.unwrap_err();

    open.write_all(b"y").await.unwrap();
    let mut byte = [0];
    open.read_exact(&mut byte).await.unwrap();
    assert_eq!(&byte, b"y");
}

#[tokio::test]
async fn a_client_checks_authority_name_and_version() {
    let (ours, other) = (pair("gateway.example"), pair("gateway.example"));
    let new_only = ServerTls::new(identity(&ours), MinVersion::V13, &[]).unwrap();
    let echo = echo(Some(new_only), ROOMY).await;
    exchange(echo.address, &trusting(&ours), "gateway.example").await.unwrap();
    exchange(echo.address, &trusting(&ours), "elsewhere.example").await.unwrap_err();
    exchange(echo.address, &trusting(&other), "gateway.example").await.unwrap_err();
    let pin = key_pin(&certificates(&ours.chain).unwrap()[0]);
    let pinned = ClientTls { pinned_key: pin, ..trusting(&ours) };
    exchange(echo.address, &pinned, "gateway.example").await.unwrap();
    exchange(echo.address, &pinned, "elsewhere.example").await.unwrap_err();
    let other_key = ClientTls { pinned_key: Some([7; 32]), ..trusting(&ours) };
    exchange(echo.address, &other_key, "gateway.example").await.unwrap_err();
    // The pin alone: a broker that signed for itself, under whatever name.
    let alone = ClientTls { pinned_key: pin, insecure: true, ..ClientTls::default() };
    exchange(echo.address, &alone, "elsewhere.example").await.unwrap();
    let other_alone = ClientTls { pinned_key: Some([7; 32]), ..alone };
    exchange(echo.address, &other_alone, "elsewhere.example").await.unwrap_err();
    let blind = ClientTls { insecure: true, ..ClientTls::default() };
    exchange(echo.address, &blind, "anything.example").await.unwrap();
}

#[test]
fn client_settings_that_cannot_work_say_why() {
    let bad_ca = ClientTls { ca: Some("nothing".to_owned()), ..ClientTls::default() };
    assert!(client_config(&bad_ca).unwrap_err().to_string().starts_with("the CA: there is no certificate"));
}

#[tokio::test]
async fn a_handshake_that_never_comes_is_given_up() {
    let server = ServerTls::new(identity(&pair("x")), MinVersion::V12, &[]).unwrap();
    let echo = echo(Some(server), ROOMY).await;
    let mut silent = TcpStream::connect(echo.address).await.unwrap();
    let closed = tokio::time::timeout(Duration::from_secs(5), silent.read(&mut [0])).await.unwrap();
    assert!(matches!(closed, Ok(0) | Err(_)));
    assert_eq!(echo.gate.counts().failed_handshakes, 1);
}

#[tokio::test]
async fn a_full_gate_closes_at_once_and_a_stop_frees_the_port() {
    let echo = echo(None, Caps { total: 1, per_address: 1 }).await;
    let mut first = TcpStream::connect(echo.address).await.unwrap();
    first.write_all(b"1").await.unwrap();
    first.read_exact(&mut [0]).await.unwrap();
    let mut second = TcpStream::connect(echo.address).await.unwrap();
    assert!(matches!(second.read(&mut [0]).await, Ok(0) | Err(_)));
    assert_eq!(echo.gate.counts().full, 1);

    echo.stop.cancel();
    tokio::time::timeout(Duration::from_secs(5), echo.task).await.unwrap().unwrap();
    assert_eq!(echo.gate.counts().open, 0, "the conversation was cut after the grace period");
    let again = Listener::bind(echo.address).unwrap();
    let busy = Listener::bind(again.address()).unwrap_err();
    assert!(busy.to_string().contains("already in use"), "{busy}");
}

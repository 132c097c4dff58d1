//! `dinrail serve`: runs until a signal.

use crate::app::{Gateway, Options};
use anyhow::{Context as _, bail};
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// How long to wait for the listener before the claim code is shown without its address.
const LISTEN: Duration = Duration::from_secs(5);

pub(super) fn run(data: &Path, web: Option<SocketAddr>) -> anyhow::Result<()> {
    init_logging("info");
    runtime()?.block_on(async {
        let gateway = Gateway::start(Options { data: data.to_owned(), web }).await?;
        let address = tokio::time::timeout(LISTEN, gateway.web_address()).await.ok().flatten();
        match address {
            Some(address) => tracing::info!("browser and REST: https://{}", reachable(address)),
            None => tracing::warn!("the browser and REST server does not listen yet; --web gives it another address"),
        }
        if gateway.store.claimable().await? {
            // On the console and in the log: whoever can read either is the one who may claim.
            println!(
                "This appliance has no account yet. Claim it in the browser with the code {}",
                gateway.store.claim_code()
            );
            tracing::info!(claim_code = %gateway.store.claim_code(), "not claimed yet");
        }
        until_signal(gateway).await
    })
}

/// Runs the gateway until SIGINT or SIGTERM, then ends it in order.
pub(super) async fn until_signal(gateway: Gateway) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt()).context("signals cannot be followed")?;
    let mut terminate = signal(SignalKind::terminate()).context("signals cannot be followed")?;
    // Without systemd there is nobody to notify; that is no error.
    drop(sd_notify::notify(&[sd_notify::NotifyState::Ready]));
    tokio::select! {
        _ = interrupt.recv() => (),
        _ = terminate.recv() => (),
    }
    drop(sd_notify::notify(&[sd_notify::NotifyState::Stopping]));
    tracing::info!("stopping");
    match gateway.stop().await {
        0 => Ok(()),
        troubled => bail!("{troubled} units panicked or had to be cut off in this run"),
    }
}

/// `https://0.0.0.0` opens nowhere: what listens everywhere is reached by its loopback address at least.
pub(super) fn reachable(address: SocketAddr) -> SocketAddr {
    if !address.ip().is_unspecified() {
        return address;
    }
    if address.is_ipv6() {
        SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, address.port()))
    } else {
        SocketAddr::from((std::net::Ipv4Addr::LOCALHOST, address.port()))
    }
}

/// The log goes to standard error; `RUST_LOG` overrides the level.
pub(super) fn init_logging(level: &str) {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new(format!("{level},rmqtt=error,rmqtt_net=error")));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
}

pub(super) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    let runtime = tokio::runtime::Builder::new_multi_thread().thread_name("dinrail").enable_all().build();
    runtime.context("the runtime cannot be started")
}

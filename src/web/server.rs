//! The unit that listens: HTTPS alone.

use super::certificate::{CertificateError, load_or_make};
use super::connection::Service;
use super::router::router;
use super::state::WebState;
use crate::config::access::Service as Door;
use crate::config::pem::{Identity, PemPair};
use crate::net::gate::{Caps, Gate};
use crate::net::listen::{ListenError, Listener, Serving};
use crate::net::tls::{MinVersion, ServerTls, TlsError};
use crate::runtime::status::{Detail, ServerStatus};
use crate::runtime::unit::{Health, UnitContext};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Connections in all, and from one address.
const CAPS: Caps = Caps { total: 256, per_address: 64 };
/// Of them, connections on which nobody has shown a valid credential yet: half of the places, so that the other half is
/// for those who have. One address may be an office that opens its login pages, six connections by each browser.
const STRANGERS: Caps = Caps { total: 128, per_address: 32 };
/// A handshake is three packets; a slow line needs a second or two.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// A unit has 5 s to end.
const GRACE: Duration = Duration::from_secs(4);
const LAST_WORDS: Duration = Duration::from_millis(500);
/// How often the figures of the unit are looked at.
const FIGURES: Duration = Duration::from_secs(1);

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// There is no certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// TLS cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A computation beside was cut off.
    #[error("the work was cut off")]
    CutOff(#[from] tokio::task::JoinError),
}

/// The browser and REST server. Sessions, waits and streams live in the state and survive its restart at another address;
/// of its settings only the address needs one.
#[derive(Debug)]
pub struct WebServer {
    listen: SocketAddr,
    pair: watch::Receiver<Option<Arc<PemPair>>>,
    state: WebState,
}

impl WebServer {
    /// A server at this address, with this certificate; with the one it makes itself where there is none.
    pub fn new(listen: SocketAddr, pair: watch::Receiver<Option<Arc<PemPair>>>, state: WebState) -> Self {
        Self { listen, pair, state }
    }

    /// Runs until asked to stop. What is under way then has 4 s; streams end at once.
    pub async fn run(self, ctx: UnitContext) -> Result<(), WebError> {
        let Self { listen, mut pair, state } = self;
        let listener = Listener::bind(listen)?;
        let address = listener.address();
        let folder = state.store().folder().to_owned();
        let own = tokio::task::spawn_blocking(move || load_or_make(&folder, listen.ip())).await??;
        let identity = shown(pair.borrow_and_update().as_deref(), &own);
        let fingerprint = identity.fingerprint();
        let tls = ServerTls::new(identity, MinVersion::V12, &["h2", "http/1.1"])?;
        let gate = Gate::with_strangers(state.access().door(Door::Web).clone(), CAPS, STRANGERS);
        let cut = CancellationToken::new();
        let service = Service {
            app: router(state.clone()),
            stop: ctx.stop.clone(),
            cut: cut.clone(),
            tasks: state.work().clone(),
        };
        state.begin(ctx.stop.clone());
        let serving = Serving {
            gate: gate.clone(),
            tls: Some(tls.clone()),
            plain: Some(super::plain::answer),
            handshake_timeout: HANDSHAKE,
            stop: ctx.stop.clone(),
            grace: GRACE,
        };
        figures(&ctx, &gate, address);
        ctx.set_health(Health::Up);
        tracing::info!(%address, sha256 = %fingerprint, "browser and REST server");
        let serve = listener.serve(serving, move |accepted| service.clone().converse(accepted));
        let renewed = follow(&ctx, pair, &own, &tls);
        tokio::join!(serve, state.board().run(&state, ctx.stop.clone()), watch_figures(&ctx, &gate, address), renewed);
        cut.cancel();
        // A write to the field that is still under way is told of the stop by itself.
        state.work().close();
        if tokio::time::timeout(LAST_WORDS, state.work().wait()).await.is_err() {
            tracing::warn!("requests were still at work at the end");
        }
        state.work().reopen();
        Ok(())
    }
}

/// The configured certificate. Its own where there is none: the door to the settings is never shut.
fn shown(pair: Option<&PemPair>, own: &Identity) -> Identity {
    let Some(pair) = pair else { return own.clone() };
    Identity::from_pem(&pair.chain, &pair.key).unwrap_or_else(|error| {
        tracing::error!(%error, "the configured certificate cannot be shown");
        own.clone()
    })
}

/// Shows another certificate from the next handshake on.
async fn follow(ctx: &UnitContext, mut pair: watch::Receiver<Option<Arc<PemPair>>>, own: &Identity, tls: &ServerTls) {
    loop {
        tokio::select! {
            () = ctx.stop.cancelled() => return,
            // Cancel-safe: a change not seen now is seen at the next call.
            changed = pair.changed() => match changed {
                Ok(()) => {
                    let identity = shown(pair.borrow_and_update().as_deref(), own);
                    tracing::info!(sha256 = %identity.fingerprint(), "another certificate of the browser and REST server");
                    tls.replace(identity);
                }
                Err(_) => return ctx.stop.cancelled().await,
            },
        }
    }
}

async fn watch_figures(ctx: &UnitContext, gate: &Gate, address: SocketAddr) {
    loop {
        tokio::select! {
            () = ctx.stop.cancelled() => return,
            () = tokio::time::sleep(FIGURES) => figures(ctx, gate, address),
        }
    }
}

fn figures(ctx: &UnitContext, gate: &Gate, address: SocketAddr) {
    let counts = gate.counts();
    let status = ServerStatus {
        address: address.to_string(),
        connections: u64::try_from(counts.open).unwrap_or(u64::MAX),
        strangers: u64::try_from(counts.strangers).unwrap_or(u64::MAX),
        refused: counts.not_allowed + counts.full,
        put_out: counts.put_out,
        failed_handshakes: counts.failed_handshakes,
    };
    let detail = Detail::Server(status);
    ctx.detail.send_if_modified(|present| {
        let differs = *present != detail;
        if differs {
            *present = detail;
        }
        differs
    });
}

//! The addresses a service is reached at: opened and closed one by one as the configuration changes.

use super::gate::Gate;
use super::listen::{Accepted, ListenError, Listener, Serving};
use super::tls::{MinVersion, ServerTls, TlsError};
use crate::config::pem::{Identity, PemPair};
use futures::future::BoxFuture;
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Connections know of the stop and end at once; those that do not are cut after this time.
const GRACE: Duration = Duration::from_millis(500);
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// A whole conversation: the address that was connected to, its stop, and the connection.
pub type Conversation = Arc<dyn Fn(SocketAddr, CancellationToken, Accepted) -> BoxFuture<'static, ()> + Send + Sync>;

/// Every wanted address, open or not; all behind one gate.
pub struct Listeners {
    gate: Gate,
    converse: Conversation,
    by_wanted: BTreeMap<SocketAddr, State>,
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.by_wanted.keys()).finish()
    }
}

enum State {
    Open { address: SocketAddr, tls: Option<(Certified, ServerTls)>, stop: CancellationToken, serving: JoinSet<()> },
    Failed(ListenError),
}

/// An address to listen on.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Where.
    pub address: SocketAddr,
    /// Encryption; none leaves connections plain.
    pub tls: Option<Certified>,
}

/// What a listener shows. A change of the pair alone is shown from the next handshake on, and ends no connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certified {
    /// Chain and key.
    pub pair: Arc<PemPair>,
    /// The oldest protocol accepted.
    pub min_version: MinVersion,
    /// PEM of the authorities whose certificates clients must show; none: they show none.
    pub client_ca: Option<Arc<str>>,
}

impl From<SocketAddr> for Wanted {
    fn from(address: SocketAddr) -> Self {
        Self { address, tls: None }
    }
}

impl State {
    /// Whether it is open as it is wanted; takes another certificate on the way.
    fn follows(&mut self, wanted: &Wanted) -> bool {
        let Self::Open { tls, .. } = self else { return false };
        let (present, next) = match (tls, &wanted.tls) {
            (None, None) => return true,
            (Some(present), Some(next))
                if present.0.min_version == next.min_version && present.0.client_ca == next.client_ca =>
            {
                (present, next)
            }
            _ => return false,
        };
        if present.0.pair != next.pair {
            let Ok(identity) = Identity::from_pem(&next.pair.chain, &next.pair.key) else { return false };
            present.1.replace(identity);
            present.0 = next.clone();
        }
        true
    }
}

impl Listeners {
    /// None yet. `converse` is run for each connection that the gate lets in.
    pub fn new(gate: Gate, converse: Conversation) -> Self {
        Self { gate, converse, by_wanted: BTreeMap::new() }
    }

    /// Closes what is no longer wanted, or not in this way, then opens what is new and tries again what failed. Others are
    /// not touched.
    pub async fn reconcile(&mut self, wanted: &[Wanted]) {
        let unlike = |(here, state): (&SocketAddr, &mut State)| {
            let same = wanted.iter().find(|wanted| wanted.address == *here);
            (!same.is_some_and(|wanted| state.follows(wanted))).then_some(*here)
        };
        let gone: Vec<SocketAddr> = self.by_wanted.iter_mut().filter_map(unlike).collect();
        for address in gone {
            self.close(address).await;
        }
        for wanted in wanted {
            if !self.by_wanted.contains_key(&wanted.address) {
                let state = self.open(wanted).unwrap_or_else(State::Failed);
                self.by_wanted.insert(wanted.address, state);
            }
        }
    }

    fn open(&self, wanted: &Wanted) -> Result<State, ListenError> {
        let tls = match &wanted.tls {
            Some(certified) => Some((certified.clone(), server_tls(wanted.address, certified)?)),
            None => None,
        };
        let listener = Listener::bind(wanted.address)?;
        let address = listener.address();
        let stop = CancellationToken::new();
        let conditions = Serving {
            gate: self.gate.clone(),
            tls: tls.as_ref().map(|(_, tls)| tls.clone()),
            plain: None,
            handshake_timeout: HANDSHAKE_TIMEOUT,
            stop: stop.clone(),
            grace: GRACE,
        };
        let mut serving = JoinSet::new();
        let (converse, token) = (Arc::clone(&self.converse), stop.clone());
        serving.spawn(listener.serve(conditions, move |accepted| converse(address, token.clone(), accepted)));
        Ok(State::Open { address, tls, stop, serving })
    }

    async fn close(&mut self, wanted: SocketAddr) {
        if let Some(State::Open { stop, mut serving, .. }) = self.by_wanted.remove(&wanted) {
            stop.cancel();
            while serving.join_next().await.is_some() {}
        }
    }

    /// Closes all, and every connection.
    pub async fn close_all(&mut self) {
        // All learn of it first, so that their grace periods run side by side.
        for state in self.by_wanted.values() {
            if let State::Open { stop, .. } = state {
                stop.cancel();
            }
        }
        self.reconcile(&[]).await;
    }

    /// Whether any address could not be opened.
    pub fn any_failed(&self) -> bool {
        self.by_wanted.values().any(|state| matches!(state, State::Failed(_)))
    }

    /// Where it listens.
    pub fn addresses(&self) -> Vec<String> {
        let open = self.by_wanted.values().filter_map(|state| match state {
            State::Open { address, .. } => Some(address.to_string()),
            State::Failed(_) => None,
        });
        open.collect()
    }

    /// What could not be opened, as one sentence.
    pub fn failure(&self) -> Option<String> {
        let failed: Vec<String> = self
            .by_wanted
            .values()
            .filter_map(|state| match state {
                State::Open { .. } => None,
                State::Failed(err) => Some(err.to_string()),
            })
            .collect();
        (!failed.is_empty()).then(|| failed.join("; "))
    }
}

fn server_tls(address: SocketAddr, certified: &Certified) -> Result<ServerTls, ListenError> {
    let failed = |source| ListenError::Tls { address, source };
    let identity = Identity::from_pem(&certified.pair.chain, &certified.pair.key);
    let identity = identity.map_err(|error| failed(TlsError::Identity(error)))?;
    match &certified.client_ca {
        None => ServerTls::new(identity, certified.min_version, &[]),
        Some(client_ca) => ServerTls::mutual(identity, certified.min_version, client_ca),
    }
    .map_err(failed)
}

//! The addresses a service is reached at: opened and closed one by one as the configuration changes.

use super::gate::Gate;
use super::listen::{Accepted, ListenError, Listener, Serving};
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
    Open { address: SocketAddr, stop: CancellationToken, serving: JoinSet<()> },
    Failed(ListenError),
}

impl Listeners {
    /// None yet. `converse` is run for each connection that the gate lets in.
    pub fn new(gate: Gate, converse: Conversation) -> Self {
        Self { gate, converse, by_wanted: BTreeMap::new() }
    }

    /// Closes what is no longer wanted, then opens what is new and tries again what failed. Others are not touched.
    pub async fn reconcile(&mut self, wanted: &[SocketAddr]) {
        let gone: Vec<SocketAddr> = self.by_wanted.keys().filter(|here| !wanted.contains(here)).copied().collect();
        for address in gone {
            self.close(address).await;
        }
        for address in wanted {
            if !matches!(self.by_wanted.get(address), Some(State::Open { .. })) {
                let state = self.open(*address);
                self.by_wanted.insert(*address, state);
            }
        }
    }

    fn open(&self, wanted: SocketAddr) -> State {
        let listener = match Listener::bind(wanted) {
            Ok(listener) => listener,
            Err(err) => return State::Failed(err),
        };
        let address = listener.address();
        let stop = CancellationToken::new();
        let conditions = Serving {
            gate: self.gate.clone(),
            tls: None,
            plain: None,
            handshake_timeout: HANDSHAKE_TIMEOUT,
            stop: stop.clone(),
            grace: GRACE,
        };
        let mut serving = JoinSet::new();
        let (converse, token) = (Arc::clone(&self.converse), stop.clone());
        serving.spawn(listener.serve(conditions, move |accepted| converse(address, token.clone(), accepted)));
        State::Open { address, stop, serving }
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

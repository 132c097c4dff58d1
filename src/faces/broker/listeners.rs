//! The addresses the broker is reached at: opened and closed one by one as the configuration changes.

use super::hub::Hub;
use super::relay::{Front, converse};
use crate::net::gate::Gate;
use crate::net::listen::{ListenError, Listener, Serving};
use arc_swap::ArcSwap;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Connections know of the stop and end at once; those that do not are cut after this time.
const GRACE: Duration = Duration::from_millis(500);
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);

/// Every wanted address, open or not.
pub(super) struct Listeners {
    hub: Arc<Hub>,
    gate: Gate,
    inner: Arc<ArcSwap<SocketAddr>>,
    by_wanted: BTreeMap<SocketAddr, State>,
}

enum State {
    Open { address: SocketAddr, stop: CancellationToken, serving: JoinSet<()> },
    Failed(ListenError),
}

impl Listeners {
    pub(super) fn new(hub: Arc<Hub>, gate: Gate, inner: Arc<ArcSwap<SocketAddr>>) -> Self {
        Self { hub, gate, inner, by_wanted: BTreeMap::new() }
    }

    /// Closes what is no longer wanted, then opens what is new and tries again what failed. Others are not touched.
    pub(super) async fn reconcile(&mut self, wanted: &[SocketAddr]) {
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
        let front =
            Arc::new(Front { hub: self.hub.clone(), inner: self.inner.clone(), listener: address, stop: stop.clone() });
        let conditions = Serving {
            gate: self.gate.clone(),
            tls: None,
            plain: None,
            handshake_timeout: HANDSHAKE_TIMEOUT,
            stop: stop.clone(),
            grace: GRACE,
        };
        let mut serving = JoinSet::new();
        serving.spawn(listener.serve(conditions, move |accepted| converse(front.clone(), accepted)));
        State::Open { address, stop, serving }
    }

    async fn close(&mut self, wanted: SocketAddr) {
        if let Some(State::Open { stop, mut serving, .. }) = self.by_wanted.remove(&wanted) {
            stop.cancel();
            while serving.join_next().await.is_some() {}
        }
    }

    /// Closes all, and every connection.
    pub(super) async fn close_all(&mut self) {
        // All learn of it first, so that their grace periods run side by side.
        for state in self.by_wanted.values() {
            if let State::Open { stop, .. } = state {
                stop.cancel();
            }
        }
        self.reconcile(&[]).await;
    }

    /// Whether any address could not be opened.
    pub(super) fn any_failed(&self) -> bool {
        self.by_wanted.values().any(|state| matches!(state, State::Failed(_)))
    }

    /// Where it listens.
    pub(super) fn addresses(&self) -> Vec<String> {
        let open = self.by_wanted.values().filter_map(|state| match state {
            State::Open { address, .. } => Some(address.to_string()),
            State::Failed(_) => None,
        });
        open.collect()
    }

    /// What could not be opened, as one sentence.
    pub(super) fn failure(&self) -> Option<String> {
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

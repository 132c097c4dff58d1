//! Who answers for a name: a device, a line, a group of tags. Askers know names, whoever answers holds an inbox.

use super::handle::CallError;
use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::mpsc;

type Table<K, M> = Arc<RwLock<HashMap<K, mpsc::Sender<M>>>>;

/// The asking end; cheap to clone.
pub struct Routes<K, M> {
    table: Table<K, M>,
    depth: usize,
}

impl<K, M> Clone for Routes<K, M> {
    fn clone(&self) -> Self {
        Self { table: Arc::clone(&self.table), depth: self.depth }
    }
}

impl<K, M> fmt::Debug for Routes<K, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Routes")
    }
}

impl<K: Eq + Hash + Clone, M> Routes<K, M> {
    /// Nobody answers yet; `depth` messages may wait in each inbox.
    pub fn new(depth: usize) -> Self {
        Self { table: Arc::default(), depth }
    }

    /// The inbox of whoever answers for these names from now on, until it is dropped.
    pub fn open(&self, names: impl IntoIterator<Item = K>) -> Inbox<K, M> {
        let (sender, messages) = mpsc::channel(self.depth);
        let mut inbox = Inbox { messages, sender, table: Arc::clone(&self.table), names: Vec::new() };
        inbox.set_names(names);
        inbox
    }

    /// Hands a message to whoever answers for this name.
    ///
    /// # Errors
    ///
    /// `Busy` when the inbox is full, `Stopped` when nobody answers for the name.
    pub fn send(&self, name: &K, message: M) -> Result<(), CallError> {
        let route = self.table.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        route.ok_or(CallError::Stopped)?.try_send(message).map_err(|err| match err {
            mpsc::error::TrySendError::Full(_) => CallError::Busy,
            mpsc::error::TrySendError::Closed(_) => CallError::Stopped,
        })
    }
}

/// The messages of the names somebody answers for.
pub struct Inbox<K: Eq + Hash + Clone, M> {
    messages: mpsc::Receiver<M>,
    sender: mpsc::Sender<M>,
    table: Table<K, M>,
    names: Vec<K>,
}

impl<K: Eq + Hash + Clone, M> fmt::Debug for Inbox<K, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inbox")
    }
}

impl<K: Eq + Hash + Clone, M> Inbox<K, M> {
    /// The next message. Cancel-safe; never ends while the inbox lives.
    pub async fn next(&mut self) -> M {
        match self.messages.recv().await {
            Some(message) => message,
            // This inbox holds a sender itself, so the channel cannot close.
            None => std::future::pending().await,
        }
    }

    /// A message that waits already, if any: for those who answer several at once.
    pub fn try_next(&mut self) -> Option<M> {
        self.messages.try_recv().ok()
    }

    /// Answers for these names from now on and no others.
    pub fn set_names(&mut self, names: impl IntoIterator<Item = K>) {
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        for name in self.names.drain(..) {
            // Another may have taken the name over in the meantime.
            if table.get(&name).is_some_and(|route| route.same_channel(&self.sender)) {
                table.remove(&name);
            }
        }
        self.names = names.into_iter().collect();
        for name in &self.names {
            table.insert(name.clone(), self.sender.clone());
        }
    }
}

impl<K: Eq + Hash + Clone, M> Drop for Inbox<K, M> {
    fn drop(&mut self) {
        self.set_names([]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_is_answered_for_by_the_last_who_took_it() {
        let routes: Routes<&str, u8> = Routes::new(1);
        assert_eq!(routes.send(&"a", 1), Err(CallError::Stopped));
        let mut first = routes.open(["a", "b"]);
        routes.send(&"a", 2).unwrap();
        assert_eq!(routes.send(&"b", 3), Err(CallError::Busy));
        assert_eq!(first.next().await, 2);
        let mut second = routes.open(["a"]);
        routes.send(&"a", 4).unwrap();
        assert_eq!((first.try_next(), second.try_next()), (None, Some(4)));
        first.set_names(["c"]);
        assert_eq!(routes.send(&"b", 5), Err(CallError::Stopped));
        routes.send(&"a", 6).unwrap();
        drop(second);
        assert_eq!(routes.send(&"a", 7), Err(CallError::Stopped));
        routes.send(&"c", 8).unwrap();
    }
}

//! Places for answers without an end: so many in all, and of those so many for each account or token.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Streams at once.
const ALL: usize = 128;
/// Of them, those of one account or token: a dozen open pages, and never all of them.
const OF_ONE: usize = 16;

/// Who holds places.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places(Arc<Mutex<HashMap<String, usize>>>);

/// Why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoPlace {
    /// Of this one: close another.
    #[error("this account or token follows {OF_ONE} streams already: close one of them")]
    OfOne,
    /// For anyone.
    #[error("{ALL} streams are open, and no more are served at once; try again later")]
    Full,
}

impl Places {
    /// A place for as long as it is held.
    pub(crate) fn take(&self, who: &str) -> Result<Place, NoPlace> {
        let mut held = self.lock();
        if OF_ONE <= held.get(who).copied().unwrap_or(0) {
            return Err(NoPlace::OfOne);
        }
        if ALL <= held.values().sum() {
            return Err(NoPlace::Full);
        }
        *held.entry(who.to_owned()).or_insert(0) += 1;
        Ok(Place { places: self.clone(), who: who.to_owned() })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        // Plain counters: a panic cannot leave them half written.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place that is taken.
#[derive(Debug)]
pub(crate) struct Place {
    places: Places,
    who: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.places.lock();
        if let Some(count) = held.get_mut(&self.who) {
            *count -= 1;
            if *count == 0 {
                held.remove(&self.who);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_takes_all_and_what_is_given_back_is_free() {
        let places = Places::default();
        let of = |who: &str| -> Vec<Place> { std::iter::from_fn(|| places.take(who).ok()).collect() };
        let mut held: Vec<Vec<Place>> = (0..8).map(|number| of(&format!("user{number}"))).collect();
        assert!(held.iter().all(|of_one| of_one.len() == OF_ONE));
        assert_eq!(places.take("other").unwrap_err(), NoPlace::Full);
        assert_eq!(places.take("user0").unwrap_err(), NoPlace::OfOne);
        held[0].pop();
        places.take("other").unwrap();
        places.take("user0").unwrap();
        held.clear();
        assert!(places.lock().is_empty());
    }
}

//! What to stop, start and update, decided without doing any of it.

use super::unit::{Resource, UnitKey, UnitSpec};
use std::collections::{BTreeMap, BTreeSet};

/// The way from what runs to what is wanted.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Gone, or changed beyond an update: stop these and wait until they are down.
    pub stop: BTreeSet<UnitKey>,
    /// New, or stopped for a restart: start these after every stop has finished.
    pub start: BTreeSet<UnitKey>,
    /// Changed, and able to take the change while running.
    pub update: BTreeSet<UnitKey>,
}

/// Compares what runs with what is wanted.
#[must_use]
pub fn plan<C: UnitSpec>(running: &BTreeMap<UnitKey, C>, wanted: &BTreeMap<UnitKey, C>) -> Plan {
    let mut plan = Plan::default();
    for (key, present) in running {
        match wanted.get(key) {
            None => drop(plan.stop.insert(key.clone())),
            Some(next) if present == next => (),
            Some(next) if present.needs_restart(next) => {
                plan.stop.insert(key.clone());
                plan.start.insert(key.clone());
            }
            Some(_) => drop(plan.update.insert(key.clone())),
        }
    }
    plan.start.extend(wanted.keys().filter(|key| !running.contains_key(*key)).cloned());
    plan
}

/// Resources that more than one of the wanted units claims, with the names of the claimants.
#[must_use]
pub fn conflicts<C: UnitSpec>(wanted: &BTreeMap<UnitKey, C>) -> BTreeMap<Resource, Vec<String>> {
    let mut owners: BTreeMap<Resource, Vec<String>> = BTreeMap::new();
    for spec in wanted.values() {
        for resource in spec.resources() {
            owners.entry(resource).or_default().push(spec.name());
        }
    }
    owners.retain(|_, names| 1 < names.len());
    owners
}

#[cfg(test)]
mod tests {
    use super::super::unit::UnitKind;
    use super::*;

    /// Tens differ: restart. Units differ: update.
    #[derive(Clone, PartialEq)]
    struct Toy(u8);

    impl UnitSpec for Toy {
        fn name(&self) -> String {
            format!("toy {}", self.0)
        }
        fn resources(&self) -> Vec<Resource> {
            vec![Resource::SerialPort(format!("tty{}", self.0 / 10))]
        }
        fn needs_restart(&self, next: &Self) -> bool {
            self.0 / 10 != next.0 / 10
        }
    }

    fn units(pairs: &[(&str, u8)]) -> BTreeMap<UnitKey, Toy> {
        pairs.iter().map(|(id, n)| (UnitKey::new(UnitKind::Line, *id), Toy(*n))).collect()
    }

    #[track_caller]
    fn check(running: &[(&str, u8)], wanted: &[(&str, u8)], expect: &str) {
        let plan = plan(&units(running), &units(wanted));
        let names = |set: &BTreeSet<UnitKey>| set.iter().map(|key| key.id.clone()).collect::<Vec<_>>().join(",");
        let text = format!("stop {} start {} update {}", names(&plan.stop), names(&plan.start), names(&plan.update));
        assert_eq!(text, expect);
    }

    #[test]
    fn only_what_differs_is_touched() {
        check(&[("a", 1), ("b", 1)], &[("a", 1), ("b", 1)], "stop  start  update ");
        check(&[("a", 1), ("b", 1)], &[("a", 2), ("b", 1), ("c", 1)], "stop  start c update a");
        check(&[("a", 1), ("b", 1)], &[("a", 11), ("b", 1)], "stop a start a update ");
        check(&[("a", 1)], &[], "stop a start  update ");
    }

    #[test]
    fn two_claims_of_one_resource_are_found() {
        let found = conflicts(&units(&[("a", 1), ("b", 2), ("c", 30)]));
        assert_eq!(found.len(), 1);
        assert_eq!(found[&Resource::SerialPort("tty0".into())], ["toy 1", "toy 2"]);
    }
}

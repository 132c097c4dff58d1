//! The order of the tree: what is at an OID, and what comes behind it.

use super::schema::{Object, Table};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Objects and rows, sorted. `K` is what a row needs to find its values.
#[derive(Debug)]
pub struct Tree<K> {
    objects: Vec<Object>,
    rows: BTreeMap<Table, Vec<(u32, K)>>,
    /// Where the last search ended.
    last: AtomicUsize,
}

/// What is at an OID.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<'a, K> {
    /// This object, in this row.
    Here(&'a Object, &'a K),
    /// The object is known; it has no such row.
    NoInstance(&'a Object),
    /// No object.
    NoObject,
}

impl<K> Tree<K> {
    /// The tree of these objects and rows, in any order. A row number stands once in its table: the first is taken.
    pub fn new(mut objects: Vec<Object>, mut rows: BTreeMap<Table, Vec<(u32, K)>>) -> Self {
        objects.sort_by(|a, b| a.oid.cmp(&b.oid));
        objects.dedup_by(|a, b| a.oid == b.oid);
        for rows in rows.values_mut() {
            rows.sort_by_key(|(number, _)| *number);
            rows.dedup_by_key(|(number, _)| *number);
        }
        Self { objects, rows, last: AtomicUsize::new(0) }
    }

    fn rows(&self, table: Table) -> &[(u32, K)] {
        self.rows.get(&table).map_or(&[], Vec::as_slice)
    }

    /// Rows of all tables.
    pub fn len(&self) -> usize {
        self.rows.values().map(Vec::len).sum()
    }

    /// Whether there is no row at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first object that is not wholly before the OID: the one it is in, or the next.
    fn place(&self, oid: &[u32]) -> usize {
        let before = |object: &Object| object.oid.as_slice() < oid && !oid.starts_with(&object.oid);
        // Walks go on where they were: the search is for those who jump.
        let last = self.last.load(Ordering::Relaxed);
        if last.checked_sub(1).is_none_or(|left| self.objects.get(left).is_some_and(before))
            && self.objects.get(last).is_some_and(|object| !before(object))
        {
            return last;
        }
        let place = self.objects.partition_point(before);
        self.last.store(place, Ordering::Relaxed);
        place
    }

    /// The first row behind this number, or with it. Numbers without holes are found at once.
    fn row(rows: &[(u32, K)], number: u32) -> usize {
        let guess = rows.first().and_then(|(first, _)| usize::try_from(number.checked_sub(*first)?).ok());
        match guess.and_then(|guess| Some((guess, rows.get(guess)?.0))) {
            Some((guess, there)) if there == number => guess,
            _ => rows.partition_point(|(row, _)| *row < number),
        }
    }

    /// What is at this OID.
    pub fn find(&self, oid: &[u32]) -> Found<'_, K> {
        let object = self.objects.get(self.place(oid)).filter(|object| oid.starts_with(&object.oid));
        let Some(object) = object else { return Found::NoObject };
        let [number] = oid[object.oid.len()..] else { return Found::NoInstance(object) };
        let rows = self.rows(object.table);
        match rows.get(Self::row(rows, number)) {
            Some((there, key)) if *there == number => Found::Here(object, key),
            _ => Found::NoInstance(object),
        }
    }

    /// Everything behind this OID, in order.
    pub fn after(&self, oid: &[u32]) -> impl Iterator<Item = (&Object, u32, &K)> {
        let first = self.place(oid);
        // Within the object the OID is in, rows up to its number are passed; the number itself is where the walk stands.
        let passed = self.objects.get(first).filter(|object| oid.starts_with(&object.oid));
        let passed = passed.and_then(|object| oid.get(object.oid.len()).copied());
        self.objects[first..].iter().enumerate().flat_map(move |(nth, object)| {
            let rows = self.rows(object.table);
            let from = match passed {
                Some(number) if nth == 0 => number.checked_add(1).map_or(rows.len(), |next| Self::row(rows, next)),
                _ => 0,
            };
            rows[from..].iter().map(move |(number, key)| (object, *number, key))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::objects;
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    const OURS: [u32; 8] = [1, 3, 6, 1, 4, 1, 32473, 4510];

    fn tree(rows: &BTreeMap<Table, BTreeSet<u32>>) -> Tree<u32> {
        let rows =
            rows.iter().map(|(table, numbers)| (*table, numbers.iter().map(|number| (*number, *number)).collect()));
        Tree::new(objects(&OURS), rows.collect())
    }

    fn step(tree: &Tree<u32>, oid: &[u32]) -> Option<Vec<u32>> {
        tree.after(oid).next().map(|(object, number, _)| [object.oid.as_slice(), &[number]].concat())
    }

    fn any_rows() -> impl Strategy<Value = BTreeMap<Table, BTreeSet<u32>>> {
        let numbers = prop::collection::btree_set(prop_oneof![0..6u32, any::<u32>()], 0..5);
        prop::collection::btree_map(prop::sample::select(Table::ALL.to_vec()), numbers, 0..5)
    }

    fn any_oid() -> impl Strategy<Value = Vec<u32>> {
        let ours = prop::collection::vec(0..40u32, 0..6).prop_map(|tail| [OURS.as_slice(), &tail].concat());
        prop_oneof![ours, prop::collection::vec(0..8u32, 0..12), prop::collection::vec(any::<u32>(), 0..12)]
    }

    proptest! {
        #[test]
        fn a_walk_is_sorted_complete_and_without_repetition(rows in any_rows()) {
            let tree = tree(&rows);
            let mut walked = Vec::new();
            let mut at = Vec::new();
            while let Some(next) = step(&tree, &at) {
                prop_assert!(at < next);
                prop_assert!(matches!(tree.find(&next), Found::Here(..)));
                walked.push(next.clone());
                at = next;
            }
            let expect: usize = objects(&OURS).iter().map(|object| rows.get(&object.table).map_or(0, BTreeSet::len)).sum();
            prop_assert_eq!(walked.len(), expect);
            let listed: Vec<Vec<u32>> =
                tree.after(&[]).map(|(object, number, _)| [object.oid.as_slice(), &[number]].concat()).collect();
            prop_assert_eq!(listed, walked);
        }

        #[test]
        fn from_anywhere_the_next_is_the_smallest_behind(rows in any_rows(), oid in any_oid()) {
            let tree = tree(&rows);
            let all: BTreeSet<Vec<u32>> =
                tree.after(&[]).map(|(object, number, _)| [object.oid.as_slice(), &[number]].concat()).collect();
            let expect = all.iter().find(|there| **there > oid).cloned();
            prop_assert_eq!(step(&tree, &oid), expect);
            prop_assert_eq!(matches!(tree.find(&oid), Found::Here(..)), all.contains(&oid));
        }

        /// Between two steps rows come and go: what stays is seen once, and the walk ends.
        #[test]
        fn a_walk_ends_while_rows_come_and_go(stays in any_rows(), comes in prop::collection::vec(any_rows(), 1..8)) {
            let with = |more: &BTreeMap<Table, BTreeSet<u32>>| {
                let mut all = stays.clone();
                for (table, numbers) in more {
                    all.entry(*table).or_default().extend(numbers);
                }
                tree(&all)
            };
            let trees: Vec<_> = comes.iter().map(with).collect();
            let mut seen = BTreeSet::new();
            let mut at = Vec::new();
            for round in 0.. {
                let Some(next) = step(&trees[round % trees.len()], &at) else { break };
                prop_assert!(at < next && seen.insert(next.clone()));
                at = next;
            }
            for (object, number, _) in tree(&stays).after(&[]) {
                prop_assert!(seen.contains(&[object.oid.as_slice(), &[number]].concat()));
            }
        }
    }

    #[test]
    fn a_row_and_an_object_that_are_not_there_are_told_apart() {
        let tree = tree(&BTreeMap::from([(Table::Internal, BTreeSet::from([3]))]));
        let (object, _, _) = tree.after(&OURS).next().unwrap();
        let at = |tail: &[u32]| [object.oid.as_slice(), tail].concat();
        assert!(matches!(tree.find(&at(&[3])), Found::Here(_, 3)));
        assert!(matches!(tree.find(&at(&[4])), Found::NoInstance(_)));
        assert!(matches!(tree.find(&at(&[3, 1])), Found::NoInstance(_)));
        assert!(matches!(tree.find(&OURS), Found::NoObject));
    }
}

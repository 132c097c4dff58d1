//! Publications that speak when a condition is entered or left, and again while it lasts.
//!
//! A condition is looked at with every reading of its points, with a session or without one, so that no edge is missed;
//! it is told with what was known at the edge. What it should have told without a session goes out once with the next,
//! with the present values, as does what is repeated.

use super::{Publisher, Target};
use crate::config::publication::{Condition, PublicationConfig};
use crate::expr::{Edge, Expression, Leave, Point, Switch};
use crate::faces::mqtt::queue::ledger::source_of;
use crate::runtime::image::{Reader, TagView};
use crate::tag::id::TagName;
use std::cmp::Reverse;
use std::collections::HashMap;
use tokio::time::Instant;

/// The conditions of one connection.
#[derive(Debug, Default)]
pub(super) struct Conditions {
    list: Vec<Watched>,
    /// By the cell of an input: the places of those that look at it.
    readers: HashMap<u32, Vec<usize>>,
    /// By the cell: the inputs as they were looked at last.
    seen: HashMap<u32, TagView>,
}

impl Conditions {
    /// Whose condition it is, by the place among the publications.
    pub(super) fn owner(&self, place: usize) -> Option<usize> {
        self.list.get(place).map(|watched| watched.publication)
    }
}

#[derive(Debug)]
struct Watched {
    /// Whose it is: the place among the publications, and what is kept over edits by.
    publication: usize,
    key: String,
    condition: Condition,
    switch: Switch,
    cells: HashMap<TagName, u32>,
    /// Should have spoken while there was no session.
    missed: bool,
    /// When it speaks again.
    repeat_at: Option<Instant>,
}

/// The tags that conditions look at.
pub(super) fn inputs(publications: &[PublicationConfig]) -> impl Iterator<Item = &TagName> {
    let conditions = publications.iter().filter_map(|publication| publication.condition.as_ref());
    conditions.flat_map(points).map(|point| &point.tag)
}

fn points(condition: &Condition) -> impl Iterator<Item = &Point> {
    let end = if let Leave::When(end) = &condition.leave { Some(end) } else { None };
    [Some(&condition.expression), end].into_iter().flatten().flat_map(Expression::points)
}

impl Publisher {
    /// Tags or settings are others: the conditions are made anew and looked at.
    pub(in crate::faces::mqtt) fn watch(&mut self, reader: &Reader, now: Instant) {
        self.watch_anew(reader);
        self.watch_present(reader, now);
    }

    /// Looks at all conditions over the present states.
    pub(super) fn watch_present(&mut self, reader: &Reader, now: Instant) {
        let cells: Vec<u32> = self.conditions.readers.keys().copied().collect();
        self.conditions.seen = reader.cells(&cells).into_iter().map(|view| (view.cell, view)).collect();
        for place in 0..self.conditions.list.len() {
            self.look(place, now);
        }
    }

    /// Looks at the conditions over one reading, each as it came: an edge between two readings is seen however slow we are.
    pub(super) fn watch_sample(&mut self, view: &TagView, now: Instant) {
        let Some(due) = self.conditions.readers.get(&view.cell).cloned() else { return };
        self.conditions.seen.insert(view.cell, view.clone());
        for place in due {
            self.look(place, now);
        }
    }

    fn look(&mut self, place: usize, now: Instant) {
        let Conditions { list, seen, .. } = &mut self.conditions;
        let watched = &mut list[place];
        let (cells, condition) = (&watched.cells, &watched.condition);
        let look = |point: &Point| {
            let view = seen.get(cells.get(&point.tag)?)?;
            Some((&*view.def, &view.state))
        };
        if let Some(edge) = watched.switch.look(&condition.expression, &condition.leave, look) {
            self.crossed(place, edge, now);
        }
    }

    fn watch_anew(&mut self, reader: &Reader) {
        let mut old: HashMap<String, Watched> =
            self.conditions.list.drain(..).map(|watched| (watched.key.clone(), watched)).collect();
        self.conditions.readers.clear();
        for (publication, owner) in self.publications.iter().enumerate() {
            let Some(condition) = owner.config.condition.clone() else { continue };
            let key = source_of(&owner.config).to_owned();
            let same = |old: &Watched| {
                (&old.condition.expression, &old.condition.leave) == (&condition.expression, &condition.leave)
            };
            let kept = old.remove(&key).filter(same);
            let (switch, missed, repeat_at) =
                kept.map(|old| (old.switch, old.missed, old.repeat_at)).unwrap_or_default();
            let cell = |point: &Point| Some((point.tag.clone(), reader.get(&point.tag)?.cell));
            let cells: HashMap<TagName, u32> = points(&condition).filter_map(cell).collect();
            let place = self.conditions.list.len();
            for cell in cells.values() {
                self.conditions.readers.entry(*cell).or_default().push(place);
            }
            // The timers were made anew with the publications.
            self.timers.extend(repeat_at.map(|at| Reverse((at, Target::Repeat(place)))));
            self.conditions.list.push(Watched { publication, key, condition, switch, cells, missed, repeat_at });
        }
    }

    fn crossed(&mut self, place: usize, edge: Edge, now: Instant) {
        let watched = &mut self.conditions.list[place];
        watched.repeat_at = None;
        if edge == Edge::Enter {
            self.await_repeat(place, now);
        }
        if self.conditions.list[place].condition.on.has(edge) {
            self.speak_of(place);
        }
    }

    fn await_repeat(&mut self, place: usize, now: Instant) {
        let watched = &mut self.conditions.list[place];
        watched.repeat_at = watched.condition.repeat.map(|repeat| now + repeat);
        self.timers.extend(watched.repeat_at.map(|at| Reverse((at, Target::Repeat(place)))));
    }

    /// The time to tell a condition again, unless it ended or began anew since.
    pub(super) fn repeat(&mut self, place: usize, at: Instant, now: Instant) {
        if self.conditions.list.get(place).is_some_and(|watched| watched.repeat_at == Some(at)) {
            self.await_repeat(place, now);
            self.speak(place);
        }
    }

    /// Tells of an edge what was known when it was crossed.
    fn speak_of(&mut self, place: usize) {
        let watched = &mut self.conditions.list[place];
        let publication = &self.publications[watched.publication];
        watched.missed = !(self.connected || publication.kept);
        if !watched.missed {
            let inputs: Vec<TagView> =
                watched.cells.values().filter_map(|cell| self.conditions.seen.get(cell).cloned()).collect();
            for post in publication.posts.clone() {
                self.crossed_with(post, &inputs);
            }
        }
    }

    /// Tells of a condition with the present values.
    fn speak(&mut self, place: usize) {
        let watched = &mut self.conditions.list[place];
        let speaks = self.connected || self.publications[watched.publication].kept;
        watched.missed = !speaks;
        if speaks {
            for post in self.publications[watched.publication].posts.clone() {
                self.dropped += u64::from(self.posts[post].queued);
                self.enqueue(post, true);
            }
        }
    }

    /// A session is up: what was missed, and conditions that last, are told; the repeating begins anew. Where messages are
    /// kept nothing was missed, and what `waits` is told anyway.
    pub(super) fn conditions_connected(&mut self, now: Instant, waits: impl Fn(u64) -> bool) {
        for place in 0..self.conditions.list.len() {
            let watched = &self.conditions.list[place];
            let lasts = watched.switch.is_on();
            let publication = &self.publications[watched.publication];
            let (kept, mut at_connect) = (publication.kept, publication.config.trigger.on_connect);
            if kept {
                let posts = &self.posts[publication.posts.clone()];
                at_connect &= !posts.iter().any(|post| post.record.is_some_and(&waits));
            }
            if watched.missed || (lasts && at_connect && watched.condition.on.has(Edge::Enter)) {
                self.speak(place);
            }
            if lasts && !kept {
                self.await_repeat(place, now);
            }
        }
    }
}

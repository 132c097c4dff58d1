//! A digital input: its level behind a filter, and the count of its edges.

use super::counter::Counter;
use super::level::Level;
use super::settings::{DiSettings, Edge};
use super::signal::{Input, Kept, Refusal};
use super::{HALF_MS_US, whole};
use crate::tag::attribute::Attribute;
use crate::tag::channel::{Mode, Own};
use crate::tag::quality::Reason;
use crate::tag::reading::{Raw, Reading, Stamp};
use crate::tag::value::Value;

#[derive(Debug, Clone)]
pub(super) struct Di {
    settings: DiSettings,
    counts: bool,
    level: Level,
    counter: Counter,
}

impl Di {
    pub(super) fn new(settings: DiSettings, mode: Mode, kept: Option<Kept>) -> Self {
        let begin = kept.filter(|_| settings.keep_count).map_or(settings.initial_count, |kept| kept.count);
        let counter = Counter::new(begin, settings.counting);
        Self { settings, counts: mode == Mode::Counter, level: Level::default(), counter }
    }

    /// A live edit. The count goes on whatever is edited; `counting` as set here goes before what was written, if it
    /// changed. Another filter judges a level that is still pending, too.
    pub(super) fn configure(&mut self, settings: DiSettings, mode: Mode) {
        if self.settings.counting != settings.counting {
            self.counter.counting = settings.counting;
        }
        self.settings = settings;
        self.counts = mode == Mode::Counter;
    }

    fn filter_us(&self) -> u64 {
        u64::from(self.settings.filter) * HALF_MS_US
    }

    pub(super) fn sense(&mut self, input: Input, at: Stamp) -> Result<(), Reason> {
        match input {
            Input::Level(level) => {
                for (level, _) in self.level.take(level, at, self.filter_us()).into_iter().flatten() {
                    self.count_edge(level);
                }
            }
            Input::Count { now, width } => {
                let edges = self.counter.step(now, width);
                if self.counts {
                    self.counter.add(edges);
                }
            }
            Input::Open => return Err(Reason::Burnout),
            _ => return Err(Reason::InvalidValue),
        }
        Ok(())
    }

    /// The moment the value changed, if a level has lasted long enough by now.
    pub(super) fn advance(&mut self, now: Stamp) -> Option<Stamp> {
        let (level, at) = self.level.settle(now, self.filter_us())?;
        self.count_edge(level);
        Some(at)
    }

    fn count_edge(&mut self, level: bool) {
        let on = level != self.settings.inverted;
        let counted = match self.settings.edge {
            Edge::Rising => on,
            Edge::Falling => !on,
            Edge::Both => true,
        };
        if counted && self.counts && !self.counter.is_hardware() {
            self.counter.add(1);
        }
    }

    pub(super) fn next_change(&self) -> Option<u64> {
        self.level.due(self.filter_us())
    }

    pub(super) fn lose(&mut self) {
        self.level.forget();
        self.counter.lose();
    }

    pub(super) fn write(&mut self, attribute: Attribute, value: &Value) -> Result<Value, Refusal> {
        match attribute {
            Attribute::Count | Attribute::Counting | Attribute::ClearOverflow if !self.counts => {
                return Err(Refusal::WrongMode);
            }
            Attribute::Count => self.counter.count = whole(value)?,
            Attribute::Counting => {
                let Value::Bool(on) = value else { return Err(Refusal::Unfit) };
                self.counter.counting = *on;
            }
            Attribute::ClearOverflow => self.counter.overflow = false,
            _ => return Err(Refusal::NotWritable),
        }
        Ok(value.clone())
    }

    pub(super) fn kept(&self) -> Option<Kept> {
        self.settings.keep_count.then_some(Kept { count: self.counter.count, since_reset: 0 })
    }

    pub(super) fn report(&self, at: Stamp) -> (Reading, Own) {
        let own = Own::Di {
            count: self.counter.count,
            counting: self.counts && self.counter.counting,
            overflow: self.counter.overflow,
        };
        let reading = match self.level.now() {
            Some(level) => Reading::Good { value: Value::Bool(level != self.settings.inverted), raw: Raw::new(), at },
            None => Reading::Failed(Reason::NotYetRead),
        };
        (reading, own)
    }
}

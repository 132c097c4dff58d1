//! One device of an edge node: its metrics, whether it is born, and what its birth said.

use super::Mark;
use crate::runtime::image::{Reader, TagView};
use crate::tag::attribute::Attribute;
use crate::tag::def::TagDef;
use crate::tag::id::TagName;
use crate::tag::reading::Stamp;
use crate::views::json::TagRef;
use crate::views::sparkplug::datatype::DataType;
use crate::views::sparkplug::message::device_birth;
use crate::views::sparkplug::model::{Device as Shown, DeviceMetric};
use crate::views::sparkplug::payload::{Metric, MetricValue, Payload};
use std::collections::HashMap;
use std::sync::Arc;

/// Time and value of a metric as the last birth said them.
pub(super) type Said = (Option<u64>, Option<MetricValue>);

#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "independent marks, each set and cleared by another event")]
pub(super) struct Device {
    pub(super) name: String,
    pub(super) metrics: Vec<ShownMetric>,
    by_name: HashMap<String, usize>,
    /// The cells of its tags, each once.
    pub(super) cells: Vec<u32>,
    /// How many of them can be reached.
    up: usize,
    /// Its birth was told, and no death since.
    pub(super) born: bool,
    /// Its birth is no longer true.
    is_outdated: bool,
    /// Something of it waits: it is born although it cannot be reached.
    pub(super) is_wanted: bool,
    /// Records below this id were produced before its birth.
    pub(super) live_from: u64,
    /// Its death follows everything below this id.
    dies_after: Option<u64>,
}

/// A metric of it.
#[derive(Debug)]
pub(super) struct ShownMetric {
    shown: DeviceMetric,
    pub(super) alias: u64,
    cell: u32,
    def: Arc<TagDef>,
    said: Said,
}

/// What is to be told of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Nothing,
    /// Its death, when what it told before is on its way.
    Later,
    Birth,
    Death,
}

impl ShownMetric {
    pub(super) fn point(&self) -> (&TagName, Attribute) {
        (&self.def.name, self.shown.attribute)
    }

    pub(super) fn datatype(&self) -> DataType {
        self.shown.datatype
    }

    /// Whether a birth of before would say the same of it, but for its value.
    fn is_like(&self, other: &Self) -> bool {
        (self.alias, &self.shown.name, self.cell, &self.def.unit)
            == (other.alias, &other.shown.name, other.cell, &other.def.unit)
    }
}

impl Device {
    /// A device that stays is born as it was `before`.
    pub(super) fn new(shown: Shown, aliases: &[u64], defs: &[(u32, Arc<TagDef>)], before: Option<Self>) -> Self {
        let metric = |(shown, alias): (DeviceMetric, &u64)| {
            let (cell, def) = &defs[shown.place];
            ShownMetric { alias: *alias, cell: *cell, def: Arc::clone(def), said: Said::default(), shown }
        };
        let metrics: Vec<ShownMetric> = shown.metrics.into_iter().zip(aliases).map(metric).collect();
        let mut cells: Vec<u32> = metrics.iter().map(|metric| metric.cell).collect();
        cells.sort_unstable();
        cells.dedup();
        let mut device = Self {
            name: shown.name,
            by_name: metrics.iter().enumerate().map(|(place, metric)| (metric.shown.name.clone(), place)).collect(),
            metrics,
            cells,
            up: 0,
            born: false,
            is_outdated: false,
            is_wanted: false,
            live_from: 0,
            dies_after: None,
        };
        if let Some(before) = before {
            let alike = device.metrics.len() == before.metrics.len()
                && device.metrics.iter().zip(&before.metrics).all(|(now, before)| now.is_like(before));
            device.born = before.born;
            device.is_outdated = before.is_outdated || !alike;
            device.is_wanted = before.is_wanted;
            device.live_from = before.live_from;
            device.dies_after = before.dies_after;
            if alike {
                for (now, before) in device.metrics.iter_mut().zip(before.metrics) {
                    now.said = before.said;
                }
            }
        }
        device
    }

    /// Another of its tags can be reached, or one less.
    pub(super) fn count(&mut self, up: bool) {
        self.up = if up { self.up + 1 } else { self.up.saturating_sub(1) };
    }

    pub(super) fn is_up(&self) -> bool {
        0 < self.up
    }

    /// Whatever was told of it holds no longer.
    pub(super) fn forget(&mut self) {
        self.born = false;
        self.is_outdated = false;
        self.is_wanted = false;
        self.dies_after = None;
    }

    pub(super) fn need(&mut self, mark: Mark) -> Need {
        if !self.born {
            return if self.is_up() || self.is_wanted { Need::Birth } else { Need::Nothing };
        }
        if self.is_outdated {
            return Need::Birth;
        }
        if self.is_up() {
            self.dies_after = None;
            return Need::Nothing;
        }
        let last = *self.dies_after.get_or_insert(mark.next);
        if mark.oldest.is_some_and(|oldest| oldest < last) { Need::Later } else { Need::Death }
    }

    /// The birth of the device, and what it says of each metric.
    pub(super) fn birth(&self, reader: &Reader, seq: u8, now: Stamp) -> (Payload, Vec<Said>) {
        let views = reader.cells(&self.cells);
        let views: HashMap<u32, &TagView> = views.iter().map(|view| (view.cell, view)).collect();
        // A tag that is gone by now has no view; the birth after the change of the settings is without it.
        let there = self.metrics.iter().filter_map(|metric| {
            let view = views.get(&metric.cell)?;
            Some((&metric.shown, metric.alias, TagRef { def: &view.def, state: &view.state }))
        });
        let birth = device_birth(there, seq, now);
        let mut said: HashMap<u64, Said> = birth
            .metrics
            .iter()
            .filter_map(|metric| Some((metric.alias?, (metric.timestamp, metric.value.clone()))))
            .collect();
        let said = self.metrics.iter().map(|metric| said.remove(&metric.alias).unwrap_or_default()).collect();
        (birth, said)
    }

    pub(super) fn was_born(&mut self, said: Vec<Said>, mark: Mark) {
        self.born = true;
        self.is_outdated = false;
        self.dies_after = None;
        self.live_from = mark.next;
        for (metric, said) in self.metrics.iter_mut().zip(said) {
            metric.said = said;
        }
    }

    /// Whether the birth told this very reading.
    pub(super) fn has_said(&self, waited: &Metric) -> bool {
        let metric = waited.name.as_ref().and_then(|name| self.by_name.get(name)).map(|place| &self.metrics[*place]);
        metric.is_some_and(|metric| {
            waited.timestamp.is_some() && metric.said.0 == waited.timestamp && metric.said.1 == waited.value
        })
    }

    /// Alias and type of a metric.
    pub(super) fn known(&self, name: &str) -> Option<(u64, DataType)> {
        let metric = &self.metrics[*self.by_name.get(name)?];
        Some((metric.alias, metric.shown.datatype))
    }

    pub(super) fn metric(&self, name: &str) -> Option<&ShownMetric> {
        self.by_name.get(name).map(|place| &self.metrics[*place])
    }
}

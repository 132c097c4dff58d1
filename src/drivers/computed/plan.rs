//! What is worked out when which tag changes.

use crate::config::computed::{ComputedConfig, Order};
use crate::expr::{Expression, Outcome};
use crate::platform::clock;
use crate::runtime::image::{Reader, Slot, TagView, Writer};
use crate::tag::id::TagName;
use crate::tag::quality::Reason;
use crate::tag::reading::{Raw, Reading, TagState};
use crate::tag::value::{Value, ValueType};
use std::collections::{BTreeSet, HashMap};

/// The computed tags in the order they are worked out, with the cells they read.
#[derive(Debug, Default)]
pub(super) struct Plan {
    tags: Vec<Planned>,
    /// By the cell of an input: the places of those that read it.
    readers: HashMap<u32, Vec<usize>>,
}

#[derive(Debug)]
struct Planned {
    expression: Expression,
    kind: ValueType,
    slot: Slot,
    cell: u32,
    /// The cell of each point of the expression; none for one that does not exist.
    inputs: Vec<Option<u32>>,
}

impl Plan {
    /// Finds the places of these tags. What the image does not have yet, or still has as it was before an edit, is left
    /// out, and so is what needs it: it is found when the image and the configuration agree, which the next change of
    /// either tells. Until then it keeps its state, so that an edit never makes another tag's quality blink.
    pub(super) fn new(list: &[ComputedConfig], reader: &Reader, writer: &Writer) -> Self {
        let mut plan = Self::default();
        let mut left_out = BTreeSet::new();
        let by_name: HashMap<&str, usize> =
            list.iter().enumerate().map(|(place, tag)| (tag.identity.name.as_str(), place)).collect();
        for place in Order::of(list).places {
            let tag = &list[place];
            let waits = tag.expression.points().iter().any(|point| {
                point.tag.group() == writer.group()
                    && by_name.get(point.tag.name()).is_some_and(|place| left_out.contains(place))
            });
            let found = writer.slot_of(&tag.identity.name, tag.source()).filter(|_| !waits);
            let cell = || reader.get(&TagName::join(writer.group(), &tag.identity.name).ok()?);
            if let Some(slot) = found
                && let Some(own) = cell()
            {
                plan.add(tag, slot, own.cell, reader);
            } else {
                left_out.insert(place);
            }
        }
        plan
    }

    fn add(&mut self, tag: &ComputedConfig, slot: Slot, cell: u32, reader: &Reader) {
        let points = tag.expression.points().iter();
        let inputs: Vec<Option<u32>> = points.map(|point| Some(reader.get(&point.tag)?.cell)).collect();
        for input in inputs.iter().flatten() {
            let readers = self.readers.entry(*input).or_default();
            if readers.last() != Some(&self.tags.len()) {
                readers.push(self.tags.len());
            }
        }
        self.tags.push(Planned { expression: tag.expression.clone(), kind: tag.kind, slot, cell, inputs });
    }

    /// Works everything out.
    pub(super) fn work_all(&self, reader: &Reader, writer: &Writer) {
        self.work_on(&(0..self.tags.len()).collect(), reader, writer);
    }

    /// Works out what reads these cells, and what needs that.
    pub(super) fn work(&self, changed: &[u32], reader: &Reader, writer: &Writer) {
        let read_by = |cell: u32| self.readers.get(&cell).into_iter().flatten().copied();
        let mut due: BTreeSet<usize> = changed.iter().flat_map(|cell| read_by(*cell)).collect();
        let mut open: Vec<usize> = due.iter().copied().collect();
        while let Some(place) = open.pop() {
            open.extend(read_by(self.tags[place].cell).filter(|reader| due.insert(*reader)));
        }
        self.work_on(&due, reader, writer);
    }

    fn work_on(&self, due: &BTreeSet<usize>, reader: &Reader, writer: &Writer) {
        if due.is_empty() {
            return;
        }
        let tags = || due.iter().map(|place| &self.tags[*place]);
        let cells: BTreeSet<u32> =
            tags().flat_map(|tag| tag.inputs.iter().flatten().chain([&tag.cell])).copied().collect();
        let cells: Vec<u32> = cells.into_iter().collect();
        let mut views: HashMap<u32, TagView> = reader.cells(&cells).into_iter().map(|view| (view.cell, view)).collect();
        let mut news = Vec::new();
        for tag in tags() {
            let outcome = tag.expression.evaluate(|point| {
                let view = views.get(&tag.inputs[point]?)?;
                Some((&*view.def, &view.state))
            });
            let Some(own) = views.get_mut(&tag.cell).filter(|own| own.def.enabled) else { continue };
            let reading = tag.reading(outcome, &own.state);
            let before = own.state.at;
            // Applied to the copy as well: what is worked out next in this round reads it.
            if own.state.apply(reading.clone()) || own.state.at != before {
                news.push((tag.slot, reading));
            }
        }
        writer.write(news);
    }
}

impl Planned {
    fn reading(&self, outcome: Outcome, present: &TagState) -> Reading {
        let value = match (outcome.value, self.kind) {
            (Ok(value @ Value::Bool(_)), ValueType::Bool)
            | (Ok(value @ Value::F64(_)), ValueType::F64)
            | (Ok(value @ Value::Text(_)), ValueType::String) => value,
            (Ok(_), _) => return Reading::Failed(Reason::WrongType),
            (Err(trouble), _) => return Reading::Failed(trouble.reason),
        };
        // An expression without points has the time it was worked out first.
        let at = outcome.at.or(present.at).unwrap_or_else(clock::now);
        match outcome.doubt {
            None => Reading::Good { value, raw: Raw::new(), at },
            Some(reason) => Reading::Uncertain { value, raw: Raw::new(), at, reason },
        }
    }
}

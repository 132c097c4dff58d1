//! One post: its points, what was last told of each, and what is worth telling now.

use super::batch::Open;
use crate::runtime::image::TagView;
use crate::tag::attribute::Attribute;
use crate::tag::deadband::Deadband;
use crate::tag::def::TagDef;
use crate::tag::quality::{Quality, Reason};
use crate::tag::reading::Raw;
use crate::tag::value::Value;
use std::sync::Arc;
use tokio::time::Instant;

/// What goes out together, and where it stands.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "independent marks, each set and cleared by another event")]
pub(super) struct Post {
    /// Whose it is.
    pub(super) publication: usize,
    /// Those of one tag stand side by side.
    pub(super) points: Vec<Point>,
    /// The topic of an object; points of a value post have their own.
    pub(super) object: Option<Arc<str>>,
    /// Each change of its tag goes out as soon as there is room.
    pub(super) plain: bool,
    /// Goes out even if nothing changed.
    pub(super) force: bool,
    /// Stands in a queue.
    pub(super) queued: bool,
    /// Changed, and must wait for the connection or the minimum gap.
    pub(super) pending: bool,
    /// Its last message, where those wait for their acknowledgement.
    pub(super) record: Option<u64>,
    /// When it went out last.
    pub(super) sent_at: Option<Instant>,
    /// The samples it gathers, where they wait for each other.
    pub(super) batch: Option<Box<Open>>,
    /// Has an entry for its batch among the timers.
    pub(super) batch_set: bool,
    /// Has an entry for its gap among the timers.
    pub(super) gap_set: bool,
    /// Has an entry for its silence among the timers.
    pub(super) silence_set: bool,
}

/// One attribute of one tag in a post.
#[derive(Debug)]
pub(super) struct Point {
    /// The tag's cell.
    pub(super) cell: u32,
    /// The tag's definition when the posts were made.
    pub(super) def: Arc<TagDef>,
    /// Which attribute.
    pub(super) attribute: Attribute,
    /// Where it goes, in a value post.
    pub(super) topic: Option<Arc<str>>,
    /// What was told last.
    pub(super) last: Option<Last>,
}

/// What was told of a point.
#[derive(Debug)]
pub(super) struct Last {
    shown: Shown,
    quality: Quality,
    reason: Reason,
}

/// The content of an attribute, as far as it can change by itself.
#[derive(Debug, PartialEq)]
enum Shown {
    /// Value, min, max, and what channels have.
    Value(Option<Value>),
    Raw(Raw),
    Exception(u8),
    /// Unit, type, description, mode: the definition it came from.
    Defined(Arc<TagDef>),
    /// Told by quality and reason, or never a change: times, commands.
    Nothing,
}

/// One message to be written.
pub(super) enum Told<'a> {
    /// One attribute of one tag.
    Point(&'a Arc<str>, &'a TagView, Attribute),
    /// The tags of the post.
    Object(&'a Arc<str>),
}

impl Point {
    /// Whether it differs from what was told last, beyond the tag's deadband.
    pub(super) fn changed(&self, view: &TagView) -> bool {
        let state = &view.state;
        if state.reason == Reason::NotYetRead {
            // There is no present value to tell yet: a retained good value must not be replaced by nothing at a start.
            return false;
        }
        let Some(last) = &self.last else { return true };
        if last.quality != state.quality || last.reason != state.reason {
            return true;
        }
        match (&last.shown, show(self.attribute, view)) {
            (Shown::Value(before), Shown::Value(now)) => {
                // The deadband is one of the tag's value, in its unit; counts and states are told at every step.
                let about_value = matches!(self.attribute, Attribute::Value | Attribute::Min | Attribute::Max);
                let band = view.def.deadband.filter(|_| about_value).unwrap_or(Deadband::Absolute(0.0));
                band.exceeded(before.as_ref(), now.as_ref())
            }
            (Shown::Defined(before), Shown::Defined(now)) => {
                !Arc::ptr_eq(before, &now)
                    && match self.attribute {
                        Attribute::Unit => before.unit != now.unit,
                        Attribute::Description => before.description != now.description,
                        Attribute::Mode => before.origin != now.origin,
                        _ => before.kind != now.kind,
                    }
            }
            (before, now) => *before != now,
        }
    }

    /// Whether its quality or reason differs from what was told last.
    pub(super) fn doubted(&self, view: &TagView) -> bool {
        let state = &view.state;
        state.reason != Reason::NotYetRead
            && self.last.as_ref().is_none_or(|last| (last.quality, last.reason) != (state.quality, state.reason))
    }

    /// Whether it was told, in an object, before there was anything to tell of it.
    pub(super) fn waits(&self) -> bool {
        self.last.as_ref().is_some_and(|last| last.reason == Reason::NotYetRead)
    }

    fn told(&mut self, view: &TagView) {
        let shown = show(self.attribute, view);
        self.last = Some(Last { shown, quality: view.state.quality, reason: view.state.reason });
    }
}

fn show(attribute: Attribute, view: &TagView) -> Shown {
    let state = &view.state;
    match attribute {
        Attribute::Value => Shown::Value(state.value.clone()),
        Attribute::Min => Shown::Value(state.min.clone()),
        Attribute::Max => Shown::Value(state.max.clone()),
        Attribute::Raw if state.aspects.is_none() => Shown::Raw(state.raw.clone()),
        Attribute::Exception => Shown::Exception(state.exception),
        Attribute::Unit | Attribute::Type | Attribute::Description | Attribute::Mode => {
            Shown::Defined(Arc::clone(&view.def))
        }
        Attribute::Quality
        | Attribute::Reason
        | Attribute::DeviceStatus
        | Attribute::Timestamp
        | Attribute::AgeMs
        | Attribute::ResetMin
        | Attribute::ResetMax
        | Attribute::ClearOverflow
        | Attribute::ResetCurrentCount => Shown::Nothing,
        own => Shown::Value(state.aspect(own)),
    }
}

fn same_tag(a: &Point, b: &Point) -> bool {
    a.cell == b.cell
}

impl Post {
    /// The cells of its tags, in the order of its points.
    pub(super) fn cells(&self) -> impl Iterator<Item = u32> + '_ {
        self.tags().map(|(cell, _)| cell)
    }

    /// The same with the tags themselves.
    pub(super) fn tags(&self) -> impl Iterator<Item = (u32, &Arc<TagDef>)> {
        self.points.chunk_by(same_tag).map(|tag| (tag[0].cell, &tag[0].def))
    }

    /// Hands every message that is worth sending to `tell` and notes it as told; true when there was one. `views` are
    /// the tags in the order of the points, without those that are gone.
    pub(super) fn tell(&mut self, views: &[TagView], force: bool, mut tell: impl FnMut(Told<'_>)) -> bool {
        if views.iter().all(|view| view.state.reason == Reason::NotYetRead) {
            if force {
                // What should have gone out has no value yet: the first one is news, whatever was told before.
                self.points.iter_mut().for_each(|point| point.last = None);
            }
            return false;
        }
        if let Some(topic) = &self.object {
            let mut left = views.iter().peekable();
            let changed = self.points.chunk_by(same_tag).any(|tag| {
                let view = left.next_if(|view| view.cell == tag[0].cell);
                view.is_some_and(|view| tag.iter().any(|point| point.changed(view)))
            });
            if !(force || changed) {
                return false;
            }
            tell(Told::Object(topic));
            let mut left = views.iter().peekable();
            for tag in self.points.chunk_by_mut(same_tag) {
                if let Some(view) = left.next_if(|view| view.cell == tag[0].cell) {
                    for point in tag {
                        point.told(view);
                    }
                }
            }
            return true;
        }
        let Some(view) = views.first() else { return false };
        let changed = |point: &Point| force || point.changed(view);
        if !self.points.iter().any(changed) {
            return false;
        }
        for point in &mut self.points {
            // Times are no change by themselves; they go along when the tag has something to tell.
            let rides = matches!(point.attribute, Attribute::Timestamp | Attribute::AgeMs);
            if (rides || force || point.changed(view))
                && let Some(topic) = &point.topic
            {
                tell(Told::Point(topic, view, point.attribute));
                point.told(view);
            }
        }
        true
    }

    /// Hands every point that is worth a sample to `tell` and notes it as told; true when there was one.
    pub(super) fn tell_samples(
        &mut self,
        views: &[TagView],
        force: bool,
        mut tell: impl FnMut(&TagView, Attribute),
    ) -> bool {
        let mut told = false;
        let mut left = views.iter().peekable();
        for tag in self.points.chunk_by_mut(same_tag) {
            let Some(view) = left.next_if(|view| view.cell == tag[0].cell) else { continue };
            if view.state.reason == Reason::NotYetRead {
                if force {
                    // As in `tell`: the first reading is news.
                    for point in tag.iter_mut() {
                        point.last = None;
                    }
                }
                continue;
            }
            for point in tag {
                if force || point.changed(view) {
                    tell(view, point.attribute);
                    point.told(view);
                    told = true;
                }
            }
        }
        told
    }
}

//! SET: every variable of a request is tested before any is written; where the field refuses one after others were
//! written, their former values are written back.

use super::handler::who;
use super::structure::Key;
use super::world::World;
use crate::config::snmp::Access;
use crate::platform::clock;
use crate::runtime::commands::{Asker, WriteError};
use crate::runtime::image::TagView;
use crate::tag::attribute::Attribute;
use crate::tag::def::TagDef;
use crate::tag::id::TagName;
use crate::tag::quality::Quality;
use crate::tag::value::Value;
use crate::views::mib::MibValue;
use crate::views::mib::cells::Unwritable;
use crate::views::mib::schema::Cell;
use crate::views::mib::tree::Found;
use async_snmp::handler::{
    BoxFuture, PreparedSet, RequestContext, SetCommitError, SetCommitResult, SetTestError, SetTestResult, SetUndoError,
    SetUndoResult,
};
use async_snmp::{Oid, Value as Wire};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Whether this variable may be written so, by this asker, now.
pub(super) fn test(world: &Arc<World>, ctx: &RequestContext, oid: &Oid, value: &Wire) -> SetTestResult {
    let structure = world.structure.load();
    let group = ctx.group_name().and_then(|group| structure.group(group)).ok_or(SetTestError::NoAccess)?;
    if group.access != Access::ReadWrite {
        world.counts.uses.fetch_add(1, Ordering::Relaxed);
        return Err(SetTestError::NoAccess);
    }
    let (object, key) = match group.tree.find(oid.arcs()) {
        Found::Here(object, key) => (object, key),
        // A row cannot be made by writing to it.
        Found::NoInstance(object) if matches!(object.cell, Cell::Tag(_)) => return Err(SetTestError::NoCreation),
        Found::NoInstance(_) | Found::NoObject => return Err(SetTestError::NotWritable),
    };
    let (Cell::Tag(cell), Key::Tag(at, id, _)) = (object.cell, key) else { return Err(SetTestError::NotWritable) };
    let view = world.reader.cells(&[*at]).pop().filter(|view| *view.def.id == **id);
    let view = view.ok_or(SetTestError::NoCreation)?;
    let (attribute, value) = cell.written(&view.def, &decoded(value)).map_err(|why| match why {
        Unwritable::NotWritable => SetTestError::NotWritable,
        Unwritable::WrongType => SetTestError::WrongType,
        Unwritable::WrongValue => SetTestError::WrongValue,
    })?;
    if !fits(&view.def, attribute, &value) {
        return Err(SetTestError::WrongValue);
    }
    world.commands.test(&view.def.name, attribute, value.clone()).map_err(|error| status(&error))?;
    if conflicts(&view, attribute) {
        return Err(SetTestError::InconsistentValue);
    }
    let before = match attribute {
        Attribute::Value => view.state.value.clone().filter(|_| view.state.quality == Quality::Good),
        command if command.is_command() => None,
        own => view.state.aspect(own),
    };
    let manager = world.managers.behind(ctx.source().port()).map(|manager| manager.address.to_string());
    let actor = format!("{} ({})", who(ctx), manager.unwrap_or_default());
    Ok(Box::new(Write {
        world: Arc::clone(world),
        tag: view.def.name.clone(),
        attribute,
        value,
        before,
        refused: false,
        actor,
    }))
}

/// Whether a value goes into the type of an unscaled whole number: the driver would refuse it only when others of the same
/// request are written already.
fn fits(def: &TagDef, attribute: Attribute, value: &Value) -> bool {
    let range = def.kind.integer_range().filter(|_| attribute == Attribute::Value && !def.scaled);
    let Some((low, high)) = range else { return true };
    match value {
        Value::I64(number) => (low..=high).contains(&i128::from(*number)),
        Value::U64(number) => (low..=high).contains(&i128::from(*number)),
        // The ends of 64-bit types lose their last digits here; the driver judges those.
        #[allow(clippy::cast_precision_loss)]
        other => other.as_f64().is_none_or(|x| (low as f64..=high as f64).contains(&x)),
    }
}

/// Whether the driver would refuse it because of how the channel is now: another mode, or forced by hand. It is known here,
/// before others of the same request are written.
fn conflicts(view: &TagView, attribute: Attribute) -> bool {
    let Some((kind, mode)) = view.def.channel() else { return false };
    if matches!(attribute, Attribute::ResetMin | Attribute::ResetMax) {
        return false;
    }
    let drives = kind.is_output() && matches!(attribute, Attribute::Value | Attribute::Pulsing);
    let forced = view.state.aspect(Attribute::Forced).is_some_and(|forced| forced.same(&Value::Bool(true)));
    !kind.writes_in(attribute, mode) || (drives && forced)
}

fn decoded(value: &Wire) -> MibValue {
    match value {
        Wire::Integer(number) => MibValue::Integer(*number),
        Wire::OctetString(octets) => MibValue::Octets(octets.to_vec()),
        Wire::Gauge32(number) | Wire::UInteger32(number) => MibValue::Gauge(*number),
        Wire::Counter32(count) => MibValue::Counter(*count),
        Wire::TimeTicks(ticks) => MibValue::Ticks(*ticks),
        // Nothing of ours has any of the other types.
        _ => MibValue::Oid(Vec::new()),
    }
}

/// The word of RFC 3416 for why a write is refused before it is tried.
fn status(error: &WriteError) -> SetTestError {
    match error {
        WriteError::Unknown(_) => SetTestError::NoCreation,
        WriteError::NotWritable(_) => SetTestError::NotWritable,
        WriteError::Value(_) | WriteError::Unfit(_) => SetTestError::WrongValue,
        WriteError::WrongMode { .. } | WriteError::Forced(_) | WriteError::Disabled(_) => {
            SetTestError::InconsistentValue
        }
        WriteError::SafeMode(_)
        | WriteError::Busy
        | WriteError::Stopped(_)
        | WriteError::LineClosed(_)
        | WriteError::OutOfReach(_)
        | WriteError::Module(_) => SetTestError::ResourceUnavailable,
        WriteError::Exception(_) | WriteError::NoAnswer | WriteError::NotTaken(_) => SetTestError::GeneralFailure,
    }
}

/// Whether a write that failed may have changed something all the same.
fn may_have_acted(error: &WriteError) -> bool {
    matches!(error, WriteError::NoAnswer | WriteError::NotTaken(_) | WriteError::Stopped(_) | WriteError::Module(_))
}

struct Write {
    world: Arc<World>,
    tag: TagName,
    attribute: Attribute,
    value: Value,
    /// What it was, if that is known and can be written back.
    before: Option<Value>,
    /// Whether its owner or the field said no: then there is nothing to take back.
    refused: bool,
    actor: String,
}

impl Write {
    async fn write(&self, value: Value) -> Result<Value, WriteError> {
        let asker = Asker { source: "snmp".to_owned(), actor: self.actor.clone(), unix_ms: clock::unix_ms() };
        self.world.commands.write(&self.tag, self.attribute, value, asker).await
    }
}

impl PreparedSet for Write {
    fn commit<'a>(&'a mut self, _: &'a RequestContext, _: &'a Oid, _: &'a Wire) -> BoxFuture<'a, SetCommitResult> {
        Box::pin(async move {
            let done = self.write(self.value.clone()).await;
            self.refused = done.as_ref().is_err_and(|error| !may_have_acted(error));
            done.map(drop).map_err(|_| SetCommitError::Failed)
        })
    }

    fn undo<'a>(&'a mut self, _: &'a RequestContext, _: &'a Oid, _: &'a Wire) -> BoxFuture<'a, SetUndoResult> {
        let before = self.before.take();
        Box::pin(async move {
            // Whoever failed is asked to undo too (RFC 3416, 4.2.5).
            if self.refused {
                return Ok(());
            }
            let before = before.ok_or(SetUndoError::Failed)?;
            self.write(before).await.map(drop).map_err(|_| SetUndoError::Failed)
        })
    }
}

//! The agent's one handler: the whole tree. GETBULK asks every handler for every row, so there is no other.

use super::managers::Seen;
use super::read::value;
use super::set;
use super::structure::Key;
use super::world::World;
use crate::views::mib::MibValue;
use crate::views::mib::tree::{Found, Tree};
use async_snmp::handler::{
    BoxFuture, GetNextResult, GetResult, HandlerResult, MibHandler, RequestContext, SetTestResult,
};
use async_snmp::pdu::PduType;
use async_snmp::{Oid, Value, VarBind, Version};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Answers from the tree of the moment.
pub(super) struct Handler {
    pub(super) world: Arc<World>,
    /// Port and number of the request that was noted last: GETBULK comes here for every row.
    noted: AtomicU64,
}

impl Handler {
    pub(super) fn new(world: Arc<World>) -> Self {
        Self { world, noted: AtomicU64::new(0) }
    }

    fn note(&self, ctx: &RequestContext) {
        let request = u64::from(ctx.source().port()) << 32 | u64::from(ctx.request_id().cast_unsigned());
        if self.noted.swap(request, Ordering::Relaxed) == request {
            return;
        }
        let Some(manager) = self.world.managers.behind(ctx.source().port()) else { return };
        manager.note(ctx.request_id(), || Seen {
            request_id: ctx.request_id(),
            version: version(ctx.version()),
            name: who(ctx),
            request: match ctx.pdu_type() {
                PduType::GetRequest => "get",
                PduType::GetNextRequest => "getnext",
                PduType::GetBulkRequest => "getbulk",
                PduType::SetRequest => "set",
                _ => "other",
            },
        });
    }
}

fn version(version: Version) -> &'static str {
    match version {
        Version::V1 => "v1",
        Version::V2c => "v2c",
        _ => "v3",
    }
}

/// The configured name of whoever asks; never a community.
pub(super) fn who(ctx: &RequestContext) -> String {
    let group = ctx.group_name().map(|group| String::from_utf8_lossy(group).into_owned()).unwrap_or_default();
    group.split_once('/').map(|(_, name)| name.to_owned()).unwrap_or_default()
}

/// A value of ours as the library has it.
pub(super) fn encoded(value: MibValue) -> Value {
    match value {
        MibValue::Integer(number) => Value::Integer(number),
        MibValue::Octets(octets) => Value::OctetString(octets.into()),
        MibValue::Oid(arcs) => Value::ObjectIdentifier(Oid::from_slice(&arcs)),
        MibValue::Counter(count) => Value::Counter32(count),
        MibValue::Gauge(number) => Value::Gauge32(number),
        MibValue::Ticks(ticks) => Value::TimeTicks(ticks),
    }
}

fn next(world: &World, tree: &Tree<Key>, oid: &Oid) -> GetNextResult {
    // Rows without a value now are passed over.
    let found = tree.after(oid.arcs()).find_map(|(object, number, key)| {
        let value = value(world, object.cell, key)?;
        let at = Oid::new(object.oid.iter().copied().chain([number]));
        Some(VarBind::new(at, encoded(value)))
    });
    found.map_or(GetNextResult::EndOfMibView, GetNextResult::Value)
}

impl MibHandler for Handler {
    fn get<'a>(&'a self, ctx: &'a RequestContext, oid: &'a Oid) -> BoxFuture<'a, HandlerResult<GetResult>> {
        self.note(ctx);
        let structure = self.world.structure.load();
        let tree = ctx.group_name().and_then(|group| structure.tree(group));
        let result = match tree.map(|tree| tree.find(oid.arcs())) {
            Some(Found::Here(object, key)) => value(&self.world, object.cell, key)
                .map_or(GetResult::NoSuchInstance, |value| GetResult::Value(encoded(value))),
            Some(Found::NoInstance(_)) => GetResult::NoSuchInstance,
            Some(Found::NoObject) | None => GetResult::NoSuchObject,
        };
        Box::pin(std::future::ready(Ok(result)))
    }

    fn get_next<'a>(&'a self, ctx: &'a RequestContext, oid: &'a Oid) -> BoxFuture<'a, HandlerResult<GetNextResult>> {
        self.note(ctx);
        let structure = self.world.structure.load();
        let tree = ctx.group_name().and_then(|group| structure.tree(group));
        let result = tree.map_or(GetNextResult::EndOfMibView, |tree| next(&self.world, tree, oid));
        Box::pin(std::future::ready(Ok(result)))
    }

    fn test_set<'a>(&'a self, ctx: &'a RequestContext, oid: &'a Oid, value: &'a Value) -> BoxFuture<'a, SetTestResult> {
        self.note(ctx);
        Box::pin(std::future::ready(set::test(&self.world, ctx, oid, value)))
    }
}

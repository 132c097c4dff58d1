//! What is at a place of the tree now.

use super::structure::Key;
use super::world::World;
use crate::platform::clock;
use crate::runtime::events::{Event, Outcome};
use crate::runtime::status::{Detail, DeviceStatus, LineStatus, TrafficStatus};
use crate::runtime::unit::{Health, UnitKey};
use crate::views::mib::MibValue;
use crate::views::mib::house::{DeviceCell, EventCell, PortCell, ScalarCell, UnitCell};
use crate::views::mib::schema::Cell;
use crate::views::mib::standard::StandardCell;
use async_snmp::agent::Agent;
use std::sync::atomic::Ordering;

/// Bytes of a message the agent takes in: the payload of UDP over IPv4.
const LARGEST_MESSAGE: i32 = 65_507;

/// The value at this cell of this row; nothing where it has none.
pub(super) fn value(world: &World, cell: Cell, key: &Key) -> Option<MibValue> {
    match (cell, key) {
        (Cell::Tag(cell), Key::Tag(at, id, slot)) => {
            world.reader.look(|moment| {
                let (def, state) = moment.tag(*at)?;
                // The cell may be another tag's since the tree was made.
                if *def.id == **id { cell.show(def, state, *slot, clock::now) } else { None }
            })
        }
        (Cell::Standard(cell), Key::One) => standard(world, cell),
        (Cell::Standard(cell), Key::Interface(index)) => interface(world, cell, *index),
        (Cell::Scalar(cell), Key::One) => scalar(world, cell),
        (Cell::Port(cell), Key::Port(at)) => port(world, cell, *at),
        (Cell::Device(cell), Key::Device(at)) => device(world, cell, *at),
        (Cell::Unit(cell), Key::Unit(key)) => unit(world, cell, key),
        (Cell::Event(cell), Key::Event(nth)) => event(world, cell, *nth),
        _ => None,
    }
}

fn standard(world: &World, cell: StandardCell) -> Option<MibValue> {
    use StandardCell as S;
    let structure = world.structure.load();
    let config = structure.config.as_ref()?;
    let counts = &world.counts;
    let load = |counter: &std::sync::atomic::AtomicU64| MibValue::counter(counter.load(Ordering::Relaxed));
    let agent = world.agent.load();
    let agent = agent.as_deref();
    let told = |read: fn(&Agent) -> u32| MibValue::Counter(agent.map_or(0, read));
    Some(match cell {
        S::SysDescr => MibValue::text(format!("dinrail {} on Linux", env!("CARGO_PKG_VERSION"))),
        S::SysObjectId => MibValue::Oid(config.snmp.enterprise_oid.clone()),
        S::SysUpTime => MibValue::Ticks(world.uptime()),
        S::SysContact => MibValue::text(&config.appliance.contact),
        S::SysName => MibValue::text(&config.appliance.name),
        S::SysLocation => MibValue::text(&config.appliance.location),
        S::SysServices => MibValue::Integer(64),
        S::IfNumber => MibValue::Integer(i32::try_from(world.host().interfaces.len()).unwrap_or(i32::MAX)),
        S::SnmpInPkts => load(&counts.requests),
        S::SnmpInBadVersions => load(&counts.version),
        S::SnmpInBadCommunityNames => load(&counts.community),
        S::SnmpInBadCommunityUses => load(&counts.uses),
        S::SnmpInAsnParseErrs => {
            let behind = agent.map_or(0, Agent::snmp_in_asn_parse_errs);
            MibValue::counter(counts.malformed.load(Ordering::Relaxed) + u64::from(behind))
        }
        S::SnmpEnableAuthenTraps => MibValue::Integer(2),
        S::SnmpSilentDrops => told(Agent::snmp_silent_drops),
        S::SnmpProxyDrops | S::UnknownPduHandlers => MibValue::Counter(0),
        S::HrSystemUptime => {
            MibValue::Ticks(u32::try_from(world.host().uptime_s.saturating_mul(100) % (1 << 32)).unwrap_or(0))
        }
        S::HrSystemDate => MibValue::time(clock::unix_ms()),
        S::HrSystemProcesses => MibValue::gauge(world.host().processes),
        S::HrMemorySize => MibValue::Integer(i32::try_from(world.host().memory_kib).unwrap_or(i32::MAX)),
        S::EngineId => MibValue::Octets(agent?.engine_id().to_vec()),
        S::EngineBoots => MibValue::Integer(i32::try_from(agent?.engine_boots_time().ok()?.0).unwrap_or(i32::MAX)),
        S::EngineTime => MibValue::Integer(i32::try_from(agent?.engine_boots_time().ok()?.1).unwrap_or(i32::MAX)),
        S::EngineMaxMessageSize => MibValue::Integer(LARGEST_MESSAGE),
        S::UnknownSecurityModels => told(Agent::snmp_unknown_security_models),
        S::InvalidMsgs => told(Agent::snmp_invalid_msgs),
        S::UnsupportedSecLevels => told(Agent::usm_unsupported_sec_levels),
        S::NotInTimeWindows => told(Agent::usm_not_in_time_windows),
        S::UnknownUserNames => told(Agent::usm_unknown_usernames),
        S::UnknownEngineIds => told(Agent::usm_unknown_engine_ids),
        S::WrongDigests => told(Agent::usm_wrong_digests),
        S::DecryptionErrors => told(Agent::usm_decryption_errors),
        _ => return None,
    })
}

/// ARP hardware types (`if_arp.h`) to IANAifType.
fn if_type(hardware: u32) -> i32 {
    match hardware {
        1 => 6,
        772 => 24,
        512 => 23,
        _ => 1,
    }
}

fn interface(world: &World, cell: StandardCell, index: u32) -> Option<MibValue> {
    use StandardCell as S;
    let host = world.host();
    let one = host.interfaces.iter().find(|one| one.index == index)?;
    let up = one.flags & 1 == 1;
    let [in_bytes, in_packets, in_dropped, in_errors] = one.received.map(MibValue::counter);
    let [out_bytes, out_packets, out_dropped, out_errors] = one.sent.map(MibValue::counter);
    Some(match cell {
        S::IfIndex => MibValue::Integer(i32::try_from(index).ok()?),
        S::IfDescr => MibValue::text(&one.name),
        S::IfType => MibValue::Integer(if_type(one.hardware)),
        S::IfMtu => MibValue::Integer(i32::try_from(one.mtu).ok()?),
        S::IfSpeed => MibValue::gauge(one.speed.saturating_mul(1_000_000)),
        S::IfPhysAddress => MibValue::Octets(one.address.clone()),
        S::IfAdminStatus => MibValue::Integer(if up { 1 } else { 2 }),
        S::IfOperStatus => MibValue::Integer(match one.running {
            Some(true) => 1,
            None if one.hardware == 772 && up => 1,
            None => 4,
            Some(false) => 2,
        }),
        S::IfInOctets => in_bytes,
        S::IfInUcastPkts => in_packets,
        S::IfInDiscards => in_dropped,
        S::IfInErrors => in_errors,
        S::IfOutOctets => out_bytes,
        S::IfOutUcastPkts => out_packets,
        S::IfOutDiscards => out_dropped,
        S::IfOutErrors => out_errors,
        _ => return None,
    })
}

fn scalar(world: &World, cell: ScalarCell) -> Option<MibValue> {
    let structure = world.structure.load();
    let appliance = &structure.config.as_ref()?.appliance;
    let size = |count: usize| MibValue::gauge(u64::try_from(count).unwrap_or(u64::MAX));
    Some(match cell {
        ScalarCell::Name => MibValue::text(&appliance.name),
        ScalarCell::Description => MibValue::text(&appliance.description),
        ScalarCell::Version => MibValue::text(env!("CARGO_PKG_VERSION")),
        ScalarCell::Tags => size(world.reader.tally().iter().sum()),
        ScalarCell::BadTags => size(world.reader.tally()[2]),
        ScalarCell::SafeMode => MibValue::flag(world.safe_mode.reason().is_some()),
        ScalarCell::SafeModeReason => MibValue::text(world.safe_mode.reason().unwrap_or_default()),
    })
}

fn health(health: &Health) -> MibValue {
    MibValue::Integer(match health {
        Health::Starting => 0,
        Health::Up => 1,
        Health::Degraded(_) => 2,
        Health::Failed(_) => 3,
    })
}

fn unit(world: &World, cell: UnitCell, key: &UnitKey) -> Option<MibValue> {
    let units = world.units.borrow().clone();
    let unit = units.get(key)?;
    let now = unit.health.borrow().clone();
    Some(match cell {
        UnitCell::Name => MibValue::text(&unit.name),
        UnitCell::Kind => MibValue::text(key.kind.as_str()),
        UnitCell::Health => health(&now),
        UnitCell::Reason => MibValue::text(now.reason().unwrap_or_default()),
    })
}

/// The status of a line, while its unit runs.
fn line(world: &World, key: &UnitKey) -> Option<(Health, Box<LineStatus>)> {
    let units = world.units.borrow().clone();
    let unit = units.get(key)?;
    let detail = unit.detail.borrow().clone();
    let now = unit.health.borrow().clone();
    match detail {
        Detail::Line(line) => Some((now, line)),
        _ => Some((now, Box::default())),
    }
}

fn exceptions(traffic: &TrafficStatus) -> MibValue {
    MibValue::counter(traffic.exceptions.values().sum())
}

fn thousandths(share: f64) -> u64 {
    // Shares are small and not negative; what is no number counts as 0.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = (share * 1000.0).round().clamp(0.0, 4e9) as u64;
    whole
}

fn micros(ms: Option<f64>) -> Option<MibValue> {
    ms.map(|ms| MibValue::gauge(thousandths(ms)))
}

fn port(world: &World, cell: PortCell, at: usize) -> Option<MibValue> {
    use PortCell as P;
    let structure = world.structure.load();
    let row = structure.config.as_ref()?.ports.get(at)?;
    if cell == P::Name {
        return Some(MibValue::text(&row.name));
    }
    let (now, line) = line(world, &row.unit)?;
    let traffic = &line.traffic;
    Some(match cell {
        P::Name => return None,
        P::Kind => MibValue::text(line.kind),
        P::Path => MibValue::text(&line.path),
        P::Health => health(&now),
        P::Reason => MibValue::text(now.reason().unwrap_or_default()),
        P::Open => MibValue::flag(line.open),
        P::Opened => MibValue::counter(line.opened),
        P::Transactions => MibValue::counter(traffic.transactions),
        P::Timeouts => MibValue::counter(traffic.timeouts),
        P::CrcErrors => MibValue::counter(traffic.crc_errors),
        P::Exceptions => exceptions(traffic),
        P::Late => MibValue::counter(traffic.late),
        P::Foreign => MibValue::counter(traffic.foreign),
        P::Noise => MibValue::counter(traffic.noise),
        P::Overruns => MibValue::counter(line.overruns),
        P::Utilisation => MibValue::Integer(i32::try_from(thousandths(line.utilisation).min(1000)).ok()?),
        P::Load => MibValue::gauge(thousandths(line.load)),
        P::RttP50 => return micros(traffic.rtt_ms.p50),
        P::RttP95 => return micros(traffic.rtt_ms.p95),
        P::RttP99 => return micros(traffic.rtt_ms.p99),
        P::Devices => MibValue::gauge(u64::try_from(line.devices.len()).unwrap_or(u64::MAX)),
    })
}

fn device(world: &World, cell: DeviceCell, at: usize) -> Option<MibValue> {
    use DeviceCell as D;
    let structure = world.structure.load();
    let config = structure.config.as_ref()?;
    let row = config.devices.get(at)?;
    match cell {
        D::Name => return Some(MibValue::text(&row.name)),
        D::Port => return Some(MibValue::text(&row.port)),
        D::UnitId => return Some(MibValue::Integer(row.unit_id.into())),
        _ => (),
    }
    let port = config.ports.iter().find(|port| port.name == row.port)?;
    let (_, line) = line(world, &port.unit)?;
    let status: &DeviceStatus = line.devices.iter().find(|device| device.name == row.name)?;
    let traffic = &status.traffic;
    Some(match cell {
        D::Name | D::Port | D::UnitId => return None,
        D::Online => MibValue::flag(status.online),
        D::Reason => MibValue::text(status.reason.as_deref().unwrap_or_default()),
        D::Timeout => MibValue::gauge(status.timeout_ms),
        D::Oldest => MibValue::gauge(status.oldest_ms?),
        D::Transactions => MibValue::counter(traffic.transactions),
        D::Timeouts => MibValue::counter(traffic.timeouts),
        D::CrcErrors => MibValue::counter(traffic.crc_errors),
        D::Exceptions => exceptions(traffic),
        D::Late => MibValue::counter(traffic.late),
        D::Foreign => MibValue::counter(traffic.foreign),
        D::Overruns => MibValue::counter(status.overruns),
        D::RttP50 => return micros(traffic.rtt_ms.p50),
        D::RttP95 => return micros(traffic.rtt_ms.p95),
        D::RttP99 => return micros(traffic.rtt_ms.p99),
    })
}

fn event(world: &World, cell: EventCell, nth: u32) -> Option<MibValue> {
    let newest = *world.events.follow().borrow();
    let number = newest.checked_sub(u64::from(nth) - 1)?;
    let (number, event): (u64, std::sync::Arc<Event>) =
        world.events.since(number.checked_sub(1)?).into_iter().next()?;
    Some(match cell {
        EventCell::Number => MibValue::gauge(number),
        EventCell::Time => MibValue::time(event.unix_ms),
        EventCell::Source => MibValue::text(&event.source),
        EventCell::Category => MibValue::text(event.category.as_str()),
        EventCell::Subject => MibValue::text(&event.subject),
        EventCell::Actor => MibValue::text(&event.actor),
        EventCell::Result => MibValue::Integer(match event.result {
            Outcome::Ok => 0,
            Outcome::Refused => 1,
            Outcome::Failed => 2,
        }),
        EventCell::Detail => MibValue::text(&event.detail),
    })
}

//! The tags a configuration makes, as the image declares them.

use super::GatewayConfig;
use super::device::ModbusTagConfig;
use crate::tag::def::{Origin, TagDef};
use crate::tag::id::TagName;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// The group of the internal registers.
pub const INTERNAL: &str = "internal";
/// Group names no device may have.
pub const RESERVED: [&str; 2] = [INTERNAL, "computed"];

/// Every tag, in document order: devices, I/O modules, then internal registers. Switched-off ones exist and are `disabled`.
pub fn definitions(config: &GatewayConfig) -> Vec<TagDef> {
    let off: HashSet<&str> =
        config.ports.iter().filter(|port| !port.identity.enabled).map(|port| port.identity.name.as_str()).collect();
    let modbus = config.devices.iter().flat_map(|device| {
        let device_on = device.identity.enabled && !off.contains(device.port.as_str());
        device.tags.iter().filter_map(move |tag| {
            Some(TagDef {
                enabled: device_on && tag.identity.enabled,
                id: tag.identity.id.clone(),
                name: TagName::join(&device.identity.name, &tag.identity.name).ok()?,
                kind: tag.kind,
                unit: tag.unit.clone(),
                description: tag.identity.description.clone(),
                origin: Origin::Modbus,
                source: source(device.unit_id, tag),
                scaled: tag.scale.is_some(),
                writable: tag.writable,
                write_min: tag.write_min,
                write_max: tag.write_max,
                deadband: tag.deadband,
            })
        })
    });
    let internal = config.internal.iter().filter_map(|register| {
        Some(TagDef {
            id: register.identity.id.clone(),
            name: TagName::join(INTERNAL, &register.identity.name).ok()?,
            kind: register.kind,
            unit: register.unit.clone(),
            description: register.identity.description.clone(),
            origin: Origin::Internal,
            source: 0,
            enabled: register.identity.enabled,
            scaled: false,
            writable: true,
            write_min: None,
            write_max: None,
            deadband: None,
        })
    });
    modbus.chain(channels(config)).chain(internal).collect()
}

fn channels(config: &GatewayConfig) -> impl Iterator<Item = TagDef> + '_ {
    config.modules.iter().flat_map(|module| {
        module.channels.iter().filter_map(|channel| {
            let settings = &channel.settings;
            let limits = settings.write_limits();
            Some(TagDef {
                id: channel.identity.id.clone(),
                name: TagName::join(&module.identity.name, &channel.identity.name).ok()?,
                kind: settings.kind.value_type(),
                unit: channel.unit.clone(),
                description: channel.identity.description.clone(),
                origin: Origin::Channel { kind: settings.kind, mode: settings.mode },
                // Another place on the module is another wire; another mode or scale is told by the driver.
                source: u64::from(channel.number),
                enabled: module.identity.enabled && channel.identity.enabled,
                scaled: true,
                writable: settings.kind.is_output(),
                write_min: limits.map(|(low, _)| low),
                write_max: limits.map(|(_, high)| high),
                deadband: channel.deadband,
            })
        })
    })
}

/// A number for what of the field a tag shows: another address, order or scale is another source, another unit or
/// period is not. Good within one run of the program only.
pub fn source(unit_id: u8, tag: &ModbusTagConfig) -> u64 {
    let mut hasher = DefaultHasher::new();
    (unit_id, tag.span, tag.kind, tag.order, tag.bit).hash(&mut hasher);
    // Floats have no hash of their own; their text tells them apart as well.
    format!("{:?} {:?}", tag.scale, tag.invalid).hash(&mut hasher);
    hasher.finish()
}

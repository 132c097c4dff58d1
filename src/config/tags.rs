//! The tags a configuration makes, as the image declares them.

use super::GatewayConfig;
use super::computed::ComputedConfig;
use super::device::{DeviceConfig, ModbusTagConfig};
use super::module::{DriverConfig, ModuleConfig};
use crate::tag::def::{Origin, TagDef};
use crate::tag::id::TagName;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// The group of the internal registers.
pub const INTERNAL: &str = "internal";
/// The group of the computed tags.
pub const COMPUTED: &str = "computed";
/// Group names no device may have.
pub const RESERVED: [&str; 2] = [INTERNAL, COMPUTED];

/// Every tag, in document order: devices, I/O modules, internal registers, then computed tags. Switched-off ones exist and are `disabled`.
pub fn definitions(config: &GatewayConfig) -> Vec<TagDef> {
    let off: HashSet<&str> =
        config.ports.iter().filter(|port| !port.identity.enabled).map(|port| port.identity.name.as_str()).collect();
    let modbus = config.devices.iter().flat_map(|device| {
        let device_on = device.identity.enabled && !off.contains(device.port.as_str());
        device.tags.iter().filter_map(move |tag| modbus_tag(device, tag, device_on))
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
    let computed = config.computed.iter().filter_map(ComputedConfig::definition);
    modbus.chain(channels(config, &off).collect::<Vec<_>>()).chain(internal).chain(computed).collect()
}

/// The registers of remote I/O modules, which only their lines and channels know of.
pub fn registers(config: &GatewayConfig) -> Vec<TagDef> {
    let remote = config.modules.iter().filter_map(ModuleConfig::device);
    remote
        .flat_map(|device| device.tags.iter().filter_map(|tag| modbus_tag(&device, tag, true)).collect::<Vec<_>>())
        .collect()
}

fn modbus_tag(device: &DeviceConfig, tag: &ModbusTagConfig, device_on: bool) -> Option<TagDef> {
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
}

fn channels<'a>(config: &'a GatewayConfig, off: &'a HashSet<&str>) -> impl Iterator<Item = TagDef> + 'a {
    config.modules.iter().flat_map(move |module| {
        let reachable = !matches!(&module.driver, DriverConfig::ModbusIo(driver) if off.contains(driver.port.as_str()));
        let on = module.identity.enabled && reachable;
        module.channels.iter().filter_map(move |channel| {
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
                enabled: on && channel.identity.enabled,
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

//! The tags a configuration makes, as the image declares them.

use super::GatewayConfig;
use crate::tag::def::{Origin, TagDef};
use crate::tag::id::TagName;
use std::collections::HashSet;

/// The group of the internal registers.
pub const INTERNAL: &str = "internal";
/// Group names no device may have.
pub const RESERVED: [&str; 2] = [INTERNAL, "computed"];

/// Every tag, in document order: devices, then internal registers. Switched-off ones exist and are `disabled`.
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
            enabled: register.identity.enabled,
            scaled: false,
            writable: true,
            write_min: None,
            write_max: None,
            deadband: None,
        })
    });
    modbus.chain(internal).collect()
}

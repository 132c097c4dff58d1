//! One attribute of a tag as a metric.

use super::datatype::DataType;
use super::payload::{Metric, MetricValue, PropertyContent, PropertySet, PropertyValue};
use crate::config::publication::PublicationConfig;
use crate::tag::attribute::Attribute;
use crate::tag::def::TagDef;
use crate::tag::quality::Quality;
use crate::tag::reading::Stamp;
use crate::tag::value::Value;
use crate::views::json::TagRef;
use std::fmt::Write as _;

/// The property that says how far a value can be trusted (Sparkplug 3.0, 6.4.5).
const QUALITY: &str = "Quality";
/// The property of the unit, as hosts of the field look for it.
const UNIT: &str = "engUnit";

/// The name of a metric in its device: `voltage`, `voltage/min`; with the group before it where the device is not the tag's
/// group, since then tags of several groups may meet.
pub fn metric_name(publication: &PublicationConfig, def: &TagDef, attribute: Attribute) -> String {
    let tag = if publication.topic.uses_tag() { def.name.name() } else { def.name.as_str() };
    let mut name = tag.to_owned();
    if attribute != Attribute::Value {
        // Writing to a String does not fail.
        write!(name, "/{attribute}").unwrap_or_default();
    }
    name
}

/// The state of an attribute, under its name and without an alias. The time is that of the reading, and of what is bad that of
/// the look: since then no reading was good.
pub fn metric(name: String, tag: TagRef<'_>, attribute: Attribute, now: Stamp) -> Metric {
    let datatype = DataType::of(tag.def, attribute);
    let value = content(tag, attribute, datatype, now);
    let at = tag.state.at.filter(|_| tag.state.quality != Quality::Bad).unwrap_or(now);
    Metric {
        name: Some(name),
        timestamp: Some(millis(at.unix_ms)),
        datatype: Some(datatype as u32),
        is_null: value.is_none().then_some(true),
        properties: Some(quality_property(tag.state.quality)),
        value,
        ..Metric::default()
    }
}

/// What a birth says of a metric beside its value.
pub(super) fn with_unit(mut metric: Metric, def: &TagDef, attribute: Attribute) -> Metric {
    let has_unit = matches!(attribute, Attribute::Value | Attribute::Min | Attribute::Max) && !def.unit.is_empty();
    if let (true, Some(set)) = (has_unit, &mut metric.properties) {
        set.keys.push(UNIT.to_owned());
        set.values.push(PropertyValue {
            datatype: Some(DataType::String as u32),
            value: Some(PropertyContent::String(def.unit.clone())),
        });
    }
    metric
}

/// Times before 1970 are told as that: the wire has no sign.
pub(super) fn millis(unix_ms: i64) -> u64 {
    u64::try_from(unix_ms).unwrap_or(0)
}

/// The codes of Sparkplug 3.0, 6.4.5: good 192, stale 500, bad 0. It has no word for a doubt; a value that is doubted is one
/// that may be out of date.
fn quality(quality: Quality) -> u32 {
    match quality {
        Quality::Good => 192,
        Quality::Uncertain => 500,
        Quality::Bad => 0,
    }
}

fn quality_property(of: Quality) -> PropertySet {
    let value =
        PropertyValue { datatype: Some(DataType::Int32 as u32), value: Some(PropertyContent::Int(quality(of))) };
    PropertySet { keys: vec![QUALITY.to_owned()], values: vec![value] }
}

fn content(tag: TagRef<'_>, attribute: Attribute, datatype: DataType, now: Stamp) -> Option<MetricValue> {
    let TagRef { def, state } = tag;
    let text = |text: &str| Some(MetricValue::String(text.to_owned()));
    let value = |value: Option<&Value>| value.and_then(|value| datatype.encode(value));
    match attribute {
        Attribute::Value => value(state.value.as_ref()),
        Attribute::Min => value(state.min.as_ref()),
        Attribute::Max => value(state.max.as_ref()),
        Attribute::Raw if datatype == DataType::UInt16Array => {
            let bytes: Vec<u8> = state.raw.iter().flat_map(|word| word.to_le_bytes()).collect();
            (!bytes.is_empty()).then_some(MetricValue::Bytes(bytes))
        }
        Attribute::Quality => text(state.quality.as_str()),
        Attribute::Reason => text(&state.reason.to_string()),
        Attribute::Timestamp => state.at.map(|at| MetricValue::Long(millis(at.unix_ms))),
        Attribute::AgeMs => state.age_ms(now).map(MetricValue::Long),
        Attribute::Unit => text(&def.unit),
        Attribute::Type => text(def.kind.as_str()),
        Attribute::Description => text(&def.description),
        Attribute::DeviceStatus => text(state.device_status()),
        Attribute::Mode => def.channel().and_then(|(_, mode)| text(mode.as_str())),
        Attribute::Exception => Some(MetricValue::Int(state.exception.into())),
        // A command reads 0.
        command if command.is_command() => Some(MetricValue::Int(0)),
        own => value(state.aspect(own).as_ref()),
    }
}

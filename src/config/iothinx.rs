//! The names of the Moxa ioThinx 4510: topics `{device}/read/{module@channel}/{attribute}` and
//! `{device}/write/{module@channel}/{attribute}` (its user manual, "MQTT"), so that what listens to that device goes on.

use crate::tag::attribute::Attribute;
use crate::tag::channel::ChannelKind;
use crate::tag::def::{Origin, TagDef};
use crate::tag::id::TagName;
use crate::tag::value::ValueType;

/// Every name of an attribute, by kind of channel.
const NAMES: [(ChannelKind, Attribute, &str); 42] = [
    (ChannelKind::Di, Attribute::Value, "diStatus"),
    (ChannelKind::Di, Attribute::Mode, "diMode"),
    (ChannelKind::Di, Attribute::Count, "diCounterValue"),
    (ChannelKind::Di, Attribute::Counting, "diCounterStatus"),
    (ChannelKind::Di, Attribute::Overflow, "diCounterOverflowFlag"),
    (ChannelKind::Di, Attribute::ClearOverflow, "diCounterOverflowFlagClear"),
    (ChannelKind::Do, Attribute::Value, "doStatus"),
    (ChannelKind::Do, Attribute::Mode, "doMode"),
    (ChannelKind::Do, Attribute::Pulsing, "doPulseStatus"),
    (ChannelKind::Do, Attribute::PulseCount, "doPulseCount"),
    (ChannelKind::Do, Attribute::PulseOn, "doPulseOnWidth"),
    (ChannelKind::Do, Attribute::PulseOff, "doPulseOffWidth"),
    (ChannelKind::Relay, Attribute::Value, "relayStatus"),
    (ChannelKind::Relay, Attribute::TotalCount, "relayTotalCount"),
    (ChannelKind::Relay, Attribute::CurrentCount, "relayCurrentCount"),
    (ChannelKind::Relay, Attribute::ResetCurrentCount, "relayCurrentCountReset"),
    (ChannelKind::Ai, Attribute::Mode, "aiMode"),
    (ChannelKind::Ai, Attribute::Status, "aiStatus"),
    (ChannelKind::Ai, Attribute::Raw, "aiValueRaw"),
    (ChannelKind::Ai, Attribute::Value, "aiValueScaled"),
    (ChannelKind::Ai, Attribute::Min, "aiValueScaledMin"),
    (ChannelKind::Ai, Attribute::Max, "aiValueScaledMax"),
    (ChannelKind::Ai, Attribute::ResetMin, "aiResetMinValue"),
    (ChannelKind::Ai, Attribute::ResetMax, "aiResetMaxValue"),
    (ChannelKind::Ao, Attribute::Mode, "aoMode"),
    (ChannelKind::Ao, Attribute::Status, "aoStatus"),
    (ChannelKind::Ao, Attribute::Raw, "aoValueRaw"),
    (ChannelKind::Ao, Attribute::Value, "aoValueScaled"),
    (ChannelKind::Rtd, Attribute::Mode, "rtdMode"),
    (ChannelKind::Rtd, Attribute::Status, "rtdStatus"),
    (ChannelKind::Rtd, Attribute::Value, "rtdValueScaled"),
    (ChannelKind::Rtd, Attribute::Min, "rtdValueScaledMin"),
    (ChannelKind::Rtd, Attribute::Max, "rtdValueScaledMax"),
    (ChannelKind::Rtd, Attribute::ResetMin, "rtdResetMinValue"),
    (ChannelKind::Rtd, Attribute::ResetMax, "rtdResetMaxValue"),
    (ChannelKind::Tc, Attribute::Mode, "tcType"),
    (ChannelKind::Tc, Attribute::Status, "tcStatus"),
    (ChannelKind::Tc, Attribute::Value, "tcValueScaled"),
    (ChannelKind::Tc, Attribute::Min, "tcValueScaledMin"),
    (ChannelKind::Tc, Attribute::Max, "tcValueScaledMax"),
    (ChannelKind::Tc, Attribute::ResetMin, "tcResetMinValue"),
    (ChannelKind::Tc, Attribute::ResetMax, "tcResetMaxValue"),
];

/// Its internal registers, by type; ours of other types have no name there.
const REGISTERS: [(ValueType, &str); 6] = [
    (ValueType::Bool, "birValue"),
    (ValueType::I16, "wirValue"),
    (ValueType::U16, "wirValue"),
    (ValueType::I32, "dirValue"),
    (ValueType::U32, "dirValue"),
    (ValueType::F32, "firValue"),
];

/// The name of an attribute of a tag, if that device has one for it.
pub fn word(def: &TagDef, attribute: Attribute) -> Option<&'static str> {
    match def.origin {
        Origin::Channel { kind, .. } => {
            NAMES.iter().find(|(of, known, _)| (*of, *known) == (kind, attribute)).map(|(.., word)| *word)
        }
        Origin::Internal if attribute == Attribute::Value => {
            REGISTERS.iter().find(|(kind, _)| *kind == def.kind).map(|(_, word)| *word)
        }
        Origin::Internal | Origin::Modbus | Origin::Computed => None,
    }
}

/// The attribute of a name.
pub fn attribute(word: &str) -> Option<Attribute> {
    let of_channel = NAMES.iter().find(|(.., known)| *known == word).map(|(_, attribute, _)| *attribute);
    of_channel.or_else(|| REGISTERS.iter().any(|(_, known)| *known == word).then_some(Attribute::Value))
}

/// Every attribute that has a name there and tells something.
pub fn attributes() -> Vec<Attribute> {
    let named = |attribute: &Attribute| NAMES.iter().any(|(_, known, _)| known == attribute);
    Attribute::ALL.into_iter().filter(|attribute| named(attribute) && !attribute.is_command()).collect()
}

/// Where an attribute of a tag is read.
pub fn topic(appliance: &str, def: &TagDef, attribute: Attribute) -> Option<String> {
    let (group, name) = (def.name.group(), def.name.name());
    Some(format!("{appliance}/read/{group}@{name}/{}", word(def, attribute)?))
}

/// The tag of `module@channel`.
pub fn tag(place: &str) -> Option<TagName> {
    let (group, name) = place.split_once('@')?;
    TagName::join(group, name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tag::channel::Mode;

    #[track_caller]
    fn check(origin: Origin, kind: ValueType, attribute: Attribute, expect: Option<&str>) {
        let def = TagDef::plain("di-1/DI-00", kind, origin);
        assert_eq!(topic("line-3", &def, attribute).as_deref(), expect);
    }

    #[test]
    fn topics_are_those_of_the_device() {
        let channel = |kind: ChannelKind| Origin::Channel { kind, mode: kind.modes()[0] };
        check(channel(ChannelKind::Di), ValueType::Bool, Attribute::Value, Some("line-3/read/di-1@DI-00/diStatus"));
        check(
            channel(ChannelKind::Di),
            ValueType::Bool,
            Attribute::Count,
            Some("line-3/read/di-1@DI-00/diCounterValue"),
        );
        check(channel(ChannelKind::Tc), ValueType::F64, Attribute::Mode, Some("line-3/read/di-1@DI-00/tcType"));
        check(channel(ChannelKind::Ao), ValueType::F64, Attribute::Raw, Some("line-3/read/di-1@DI-00/aoValueRaw"));
        check(channel(ChannelKind::Ao), ValueType::F64, Attribute::Min, None);
        check(Origin::Internal, ValueType::I16, Attribute::Value, Some("line-3/read/di-1@DI-00/wirValue"));
        check(Origin::Internal, ValueType::F32, Attribute::Value, Some("line-3/read/di-1@DI-00/firValue"));
        check(Origin::Internal, ValueType::F64, Attribute::Value, None);
        check(Origin::Modbus, ValueType::U16, Attribute::Value, None);
    }

    #[test]
    fn each_name_means_what_a_channel_of_its_kind_has() {
        for (index, (kind, known, word)) in NAMES.iter().enumerate() {
            assert!(NAMES[..index].iter().all(|(.., other)| other != word), "{word} stands there twice");
            assert_eq!(attribute(word), Some(*known));
            let origin = Origin::Channel { kind: *kind, mode: Mode::Disabled };
            assert!(TagDef::plain("a/b", kind.value_type(), origin).has(*known), "{kind} has no {known}");
        }
        assert_eq!(attribute("firValue"), Some(Attribute::Value));
        assert_eq!(attribute("value"), None);
        assert_eq!(tag("di-1@DI-00").unwrap().as_str(), "di-1/DI-00");
        assert_eq!(tag("di-1"), None);
    }
}

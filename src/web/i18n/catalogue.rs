//! All messages together.

use super::{
    Msg, certificate, editor, events, expression, field, help, hint, line, live, modbus, module, mqtt, nav, people,
    profile, revision, snmp, start, tagfile, watch, word,
};

/// Every message of the interface, by place.
pub(crate) const ALL: &[&[Msg]] = &[
    nav::ALL,
    start::ALL,
    snmp::ALL,
    snmp::scripts::ALL,
    live::ALL,
    events::ALL,
    mqtt::ALL,
    certificate::ALL,
    certificate::scripts::ALL,
    expression::ALL,
    expression::scripts::ALL,
    expression::help::ALL,
    people::ALL,
    profile::ALL,
    revision::ALL,
    help::ALL,
    word::ALL,
    field::ALL,
    hint::ALL,
    editor::ALL,
    tagfile::ALL,
    watch::ALL,
    line::ALL,
    line::scripts::ALL,
    modbus::ALL,
    modbus::scripts::ALL,
    modbus::help::ALL,
    module::ALL,
    module::scripts::ALL,
    module::fields::ALL,
    module::words::ALL,
    module::help::ALL,
];

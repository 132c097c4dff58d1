//! Floor 1: what runs. No protocol, no SQL.

pub mod bridges;
pub mod changes;
pub mod commands;
pub mod configure;
pub mod events;
pub mod handle;
pub mod image;
pub mod lines;
pub mod modules;
pub mod plan;
pub mod routes;
pub mod safe_mode;
pub mod snmp;
pub mod status;
pub mod supervisor;
pub mod unit;

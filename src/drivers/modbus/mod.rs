//! Modbus masters: one line and the devices on it.
//!
//! In reading order: the unit ([`unit`]) with its work and what comes back ([`work`], [`land`]); whose turn it is
//! ([`schedule`], [`queue`], [`guests`]); what goes out ([`flight`], [`write`]); devices, their tags, health and figures; the line
//! and its thread ([`line`]); remote I/O modules ([`io`]); `tokio_modbus`'s client interface over a line ([`client`]).

pub mod client;
mod device;
mod figures;
mod flight;
mod guests;
mod health;
pub mod io;
mod land;
pub mod line;
mod memory;
mod queue;
mod schedule;
mod tag;
mod taught;
pub mod unit;
mod work;
mod write;

//! Modbus masters: one serial line and the devices on it.
//!
//! In reading order: the unit ([`unit`]) with its devices, schedule, health, writes and figures; the line and its
//! thread ([`line`]); `tokio_modbus`'s client interface over a line ([`client`]).

pub mod client;
mod device;
mod figures;
mod health;
pub mod line;
mod schedule;
pub mod unit;
mod write;

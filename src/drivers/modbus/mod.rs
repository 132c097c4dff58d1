//! Modbus masters: one serial line and the devices on it.
//!
//! In reading order: the unit ([`unit`]) with its work, devices, schedule, health, commands and figures; the line and its
//! thread ([`line`]); `tokio_modbus`'s client interface over a line ([`client`]).

pub mod client;
mod command;
mod device;
mod figures;
mod health;
pub mod line;
mod schedule;
pub mod unit;
mod work;
mod write;

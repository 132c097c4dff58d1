//! Floor 3: a simulated field. Modbus slaves behind a pseudo-terminal that passes bytes at the line's real speed, or
//! behind TCP, that misbehave on demand and measure their master. Used by the demo, by tests and by the benches.
//!
//! In reading order: the serial field and its thread ([`field`]), the TCP server ([`server`]), the devices of both
//! ([`slaves`]), what they hold ([`bank`]) and answer ([`slave`]), faults ([`fault`]), what was measured ([`stats`]), and
//! running a field in a process of its own ([`process`]).

pub mod bank;
mod clock;
pub mod fault;
pub mod field;
pub mod process;
mod pty;
pub mod server;
pub mod slave;
pub mod slaves;
pub mod stats;
mod wires;

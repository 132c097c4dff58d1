//! Floor 3: a simulated field. Modbus RTU slaves behind a pseudo-terminal that passes bytes at the line's real speed,
//! misbehaves on demand, and measures its master. Used by the demo, by tests and by the bench.
//!
//! In reading order: the field and its thread ([`field`]), what its devices hold ([`bank`]) and answer ([`slave`]),
//! faults ([`fault`]), what it measured ([`stats`]), and running it in a process of its own ([`process`]).

pub mod bank;
mod clock;
pub mod fault;
pub mod field;
pub mod process;
mod pty;
pub mod slave;
pub mod stats;
mod wires;

//! Floor 0: what Modbus is made of. Pure: bytes and values in, bytes and values out; no clock, no files.

pub mod address;
pub mod order;
pub mod wire;

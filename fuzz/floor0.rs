//! The pure modules of the package, for fuzzing.

#[path = "../src/modbus/mod.rs"]
pub mod modbus;
#[path = "../src/tag/mod.rs"]
pub mod tag;

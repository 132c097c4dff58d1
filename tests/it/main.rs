//! Every integration test, one binary: it links once.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod floors;
mod serial_line;
mod serial_unit;

//! Every integration test, one binary: it links once.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod configuration;
mod floors;
mod support;
mod serial_line;

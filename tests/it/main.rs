//! Tests through the real doors.
#![allow(clippy::unwrap_used, reason = "a helper of a test fails the test as its body would")]

#[cfg(feature = "broker")]
mod broker;

//! dinrail: the software of an industrial remote-I/O head and Modbus gateway.
//!
//! This page is the map of the house. A module names only modules on lower floors; rooms on one floor never name
//! each other. `tests/it/floors.rs` checks it from the source text.

pub mod app;
pub mod config;
pub mod drivers;
pub mod faces;
pub mod modbus;
pub mod net;
pub mod platform;
pub mod runtime;
pub mod services;
pub mod sim;
pub mod store;
pub mod tag;
pub mod views;
pub mod web;

//! Every integration test, one binary: it links once.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod access;
mod ascii_line;
mod bad_input;
#[cfg(feature = "broker")]
mod broker;
#[cfg(feature = "peers")]
mod browser;
mod bus;
mod configuration;
mod contract;
mod crash;
mod floors;
mod fuzz_seeds;
mod lessons;
mod modbus_server;
mod modules;
mod mqtt;
mod net_ports;
mod no_blink;
#[cfg(feature = "peers")]
mod peers;
mod profiles;
mod remote_module;
mod rtu_over_tcp;
mod serial_line;
mod serial_unit;
mod sim_process;
#[allow(dead_code, reason = "each test takes what it needs")]
mod snmp;
mod support;
mod tcp_line;
mod web;

//! Floor 2: what dinrail shows to others.

#[cfg(feature = "broker")]
pub mod broker;
pub mod modbus_server;
pub mod mqtt;
pub mod snmp;

//! What tests share.

#[cfg(feature = "peers")]
pub(crate) mod browser;
#[cfg(feature = "peers")]
pub(crate) mod cable;
pub(crate) mod certificates;
pub(crate) mod dice;
pub(crate) mod field;
pub(crate) mod gateway;
pub(crate) mod line;
pub(crate) mod line_rig;
pub(crate) mod modbus_client;
#[cfg(feature = "peers")]
pub(crate) mod mosquitto;
pub(crate) mod mqtt_broker;
pub(crate) mod mqtt_bytes;
pub(crate) mod mqtt_law;
pub(crate) mod mqtt_rig;
pub(crate) mod rest;
pub(crate) mod serve;
pub(crate) mod sparkplug;
pub(crate) mod wait;

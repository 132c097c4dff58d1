//! What tests share.

pub(crate) mod gateway;
pub(crate) mod mqtt_broker;
pub(crate) mod mqtt_rig;
pub(crate) mod wait;

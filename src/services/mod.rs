//! Floor 2: parts that join runtime and store.

pub mod access_watch;
pub mod certificate_watch;
pub mod configuration;
pub mod event_log;
pub mod health_watch;
pub mod queue_sweep;
pub mod watchdog;

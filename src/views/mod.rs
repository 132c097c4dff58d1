//! Floor 0: how points look elsewhere, pure. Used by the faces that send them and by the browser's preview.

pub mod commands;
pub mod discovery;
pub mod feasibility;
pub mod json;
pub mod mib;
pub mod payload;
pub mod posts;
mod preset;
pub mod preview;
pub mod register_map;
mod samples;
pub mod sparkplug;

//! Floor 0: what an I/O channel does, whatever hardware carries it. Pure: times are passed in.

pub mod model;
pub mod settings;

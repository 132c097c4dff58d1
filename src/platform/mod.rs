//! Floor 1: the host.

pub mod clock;

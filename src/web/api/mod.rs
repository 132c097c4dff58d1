//! REST.

pub(crate) mod v1;

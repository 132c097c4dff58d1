//! What tests share.

pub(crate) mod field;
pub(crate) mod gateway;
pub(crate) mod rest;
pub(crate) mod wait;

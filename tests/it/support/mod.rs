//! What tests share.

pub(crate) mod field;
#[cfg(feature = "peers")]
pub(crate) mod cable;
pub(crate) mod gateway;
pub(crate) mod rest;
pub(crate) mod wait;

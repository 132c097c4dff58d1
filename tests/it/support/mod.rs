//! What tests share.

#[cfg(feature = "peers")]
pub(crate) mod cable;
pub(crate) mod field;
pub(crate) mod gateway;
pub(crate) mod rest;
pub(crate) mod wait;

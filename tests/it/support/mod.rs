//! What tests share.

#[cfg(feature = "peers")]
pub(crate) mod browser;
pub(crate) mod gateway;
pub(crate) mod wait;

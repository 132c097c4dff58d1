//! Floor 1: how connections come in and go out. The one TLS module, allow-lists, caps, the accept loop.

pub mod gate;
pub mod listen;
pub mod pem;
pub mod tls;

#[cfg(test)]
mod tests;

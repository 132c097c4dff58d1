//! Floor 1: how connections come in and go out. The one TLS module, the doors with their lists, caps, the accept loop, the brake on
//! guessing.

pub mod dial;
pub mod door;
pub mod gate;
pub mod listen;
pub mod listeners;
pub mod network;
pub mod pkcs12;
pub mod throttle;
pub mod tls;
pub mod udp;

#[cfg(test)]
mod tests;

//! Local I/O: modules whose hardware hangs on this host.
//!
//! One unit per module, and in it one plain thread that owns the hardware and the state machines of the channels:
//! reading the kernel's files blocks, and edges of pulses are due on half a millisecond. The thread sleeps until the next
//! scan, edge or end of a filter, or until it is told something. What the hardware can do is behind [`backend::Backend`].

mod backend;
mod gpio;
mod iio;
mod keep;
mod message;
mod pace;
mod pwm;
mod rack;
mod simulated;
mod sysfs;
#[cfg(test)]
mod tests;
mod thread;
pub mod unit;

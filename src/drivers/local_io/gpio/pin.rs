//! What lines are to the driver: the kernel's, and scripted ones of tests.

use crate::config::module::driver::gpio::GpioLine;

/// Which way a line goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::drivers::local_io) enum Direction {
    /// Read.
    Input,
    /// Driven.
    Output,
}

/// One change of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::drivers::local_io) struct Edge {
    /// The level it went to.
    pub(in crate::drivers::local_io) level: bool,
    /// Microseconds between the change and the reading of the events; 0 = it came later than the level was read.
    pub(in crate::drivers::local_io) ago_us: u64,
    /// Rising by one with each change of the line; a gap tells of changes that were lost.
    pub(in crate::drivers::local_io) sequence: u32,
}

/// Opens lines.
pub(in crate::drivers::local_io) trait Pins: Send {
    /// Takes the line for this program alone. An output shows what it showed before, or nothing where it was none.
    fn open(&mut self, line: &GpioLine, direction: Direction) -> Result<Box<dyn Pin>, String>;
}

/// An open line. Levels are on or off, whichever voltage that is.
pub(in crate::drivers::local_io) trait Pin: Send {
    /// The level now, of an output too.
    fn level(&mut self) -> Result<bool, String>;

    /// Drives an output.
    fn set(&mut self, level: bool) -> Result<(), String>;

    /// The changes that wait, oldest first.
    fn events(&mut self, into: &mut Vec<Edge>) -> Result<(), String>;
}

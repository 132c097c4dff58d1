//! The kernel's lines.

use super::pin::{Direction, Edge, Pin, Pins};
use crate::config::module::driver::gpio::{Bias, Drive, GpioLine, GpioName};
use gpiocdev::chip::Chip;
use gpiocdev::line::{self, EdgeDetection, EdgeKind, EventClock, Offset, Value};
use gpiocdev::{Request, request};
use rustix::io::Errno;
use rustix::time::{ClockId, clock_gettime};
use std::path::Path;

/// Changes the kernel keeps for a line between two looks: the most it takes for one request (`GPIO_V2_LINES_MAX` x 16 of
/// linux/gpio.h), half a second of a train of 1 kHz.
const EVENTS: u32 = 1024;
/// Events taken by one call.
const AT_ONCE: usize = 64;

/// Opens the kernel's lines.
#[derive(Debug)]
pub(in crate::drivers::local_io) struct Kernel;

#[derive(Debug)]
struct KernelPin {
    request: Request,
    offset: Offset,
    place: String,
    /// The chip tells changes.
    events: bool,
    /// When the level was read last, in nanoseconds of the kernel's clock.
    looked_ns: u64,
}

impl Pins for Kernel {
    fn open(&mut self, line: &GpioLine, direction: Direction) -> Result<Box<dyn Pin>, String> {
        let path = line.chip_path();
        let told = |error: &gpiocdev::Error| sentence(&line.place(), error);
        let chip = Chip::from_path(&path).map_err(|error| no_chip(&path, &error))?;
        let offset = match &line.line {
            GpioName::Offset(offset) => *offset,
            GpioName::Name(name) => {
                let found = chip.find_line_info(name);
                found.map(|info| info.offset).ok_or_else(|| format!("{path} has no line `{name}`"))?
            }
        };
        let begin = || {
            let mut builder = Request::builder();
            builder.on_chip(Path::new(&path)).with_consumer("dinrail").with_line(offset);
            if line.active_low {
                builder.as_active_low();
            }
            let bias = match line.bias {
                Bias::AsIs => None,
                Bias::Disabled => Some(line::Bias::Disabled),
                Bias::PullUp => Some(line::Bias::PullUp),
                Bias::PullDown => Some(line::Bias::PullDown),
            };
            if bias.is_some() {
                builder.with_bias(bias);
            }
            builder
        };
        let (request, events) = match direction {
            Direction::Input => input(begin, line).map_err(|error| told(&error))?,
            Direction::Output => {
                let info = chip.line_info(offset).map_err(|error| told(&error))?;
                // A line that is an output already goes on with what it shows, also over a restart of the program.
                let before = if info.direction == line::Direction::Output {
                    let mut as_it_is = Request::builder();
                    as_it_is.on_chip(Path::new(&path)).with_consumer("dinrail").with_line(offset).as_is();
                    if line.active_low {
                        as_it_is.as_active_low();
                    }
                    as_it_is.request().and_then(|held| held.value(offset)).map_err(|error| told(&error))?
                } else {
                    Value::Inactive
                };
                let mut builder = begin();
                builder.as_output(before).with_drive(match line.drive {
                    Drive::PushPull => line::Drive::PushPull,
                    Drive::OpenDrain => line::Drive::OpenDrain,
                    Drive::OpenSource => line::Drive::OpenSource,
                });
                (builder.request().map_err(|error| told(&error))?, false)
            }
        };
        Ok(Box::new(KernelPin { request, offset, place: line.place(), events, looked_ns: 0 }))
    }
}

/// With events where the chip can tell them; without, what is shorter than a scan is not seen.
fn input(begin: impl Fn() -> request::Builder, line: &GpioLine) -> gpiocdev::Result<(Request, bool)> {
    let mut builder = begin();
    builder
        .as_input()
        .with_edge_detection(EdgeDetection::BothEdges)
        .with_event_clock(EventClock::Monotonic)
        .with_kernel_event_buffer_size(EVENTS);
    if !line.debounce.is_zero() {
        builder.with_debounce_period(line.debounce);
    }
    match builder.request() {
        Ok(request) => Ok((request, true)),
        Err(error) if cannot_tell(&error) => {
            tracing::warn!(line = %line.place(), "the chip tells no changes: those shorter than a scan are not seen");
            begin().as_input().request().map(|request| (request, false))
        }
        Err(error) => Err(error),
    }
}

/// Whether the chip has no interrupts: the kernel answers ENXIO, EINVAL or EOPNOTSUPP then.
fn cannot_tell(error: &gpiocdev::Error) -> bool {
    matches!(errno(error), Some(Errno::NXIO | Errno::INVAL | Errno::OPNOTSUPP))
}

/// The kernel's own number of an error.
fn errno(error: &gpiocdev::Error) -> Option<Errno> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        let text = error.to_string();
        // "No such file or directory (os error 2)": the library says the number in its text only.
        let number = text.strip_suffix(')').and_then(|text| text.rsplit(' ').next()?.parse().ok());
        if let Some(number) = number {
            return Some(Errno::from_raw_os_error(number));
        }
        cause = error.source();
    }
    None
}

impl Pin for KernelPin {
    fn level(&mut self) -> Result<bool, String> {
        self.looked_ns = monotonic_ns();
        let value = self.request.value(self.offset).map_err(|error| sentence(&self.place, &error))?;
        Ok(value == Value::Active)
    }

    fn set(&mut self, level: bool) -> Result<(), String> {
        let value = if level { Value::Active } else { Value::Inactive };
        self.request.set_value(self.offset, value).map_err(|error| sentence(&self.place, &error))
    }

    fn events(&mut self, into: &mut Vec<Edge>) -> Result<(), String> {
        if !self.events {
            return Ok(());
        }
        let told = |error: &gpiocdev::Error| sentence(&self.place, error);
        let mut buffer = self.request.new_edge_event_buffer(AT_ONCE);
        // A line that never rests must not hold the module up.
        for _ in 0..2 * EVENTS {
            if !buffer.has_event().map_err(|error| told(&error))? {
                break;
            }
            let event = buffer.read_event().map_err(|error| told(&error))?;
            into.push(Edge {
                level: event.kind == EdgeKind::Rising,
                ago_us: self.looked_ns.saturating_sub(event.timestamp_ns) / 1000,
                sequence: event.line_seqno,
            });
        }
        Ok(())
    }
}

/// The clock of the events.
fn monotonic_ns() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(now.tv_nsec).unwrap_or(0))
}

/// The error with its causes.
fn error_text(error: &gpiocdev::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

fn no_chip(path: &str, error: &gpiocdev::Error) -> String {
    let file = std::fs::File::open(path).map(drop);
    match file.map_err(|error| error.kind()) {
        Err(std::io::ErrorKind::NotFound) => {
            format!("{path} is missing; is the device connected, and its kernel driver loaded?")
        }
        Err(std::io::ErrorKind::PermissionDenied) => {
            format!("{path} may not be used; give the user of dinrail the right to it, as by a udev rule")
        }
        _ => format!("{path}: {}", error_text(error)),
    }
}

fn sentence(place: &str, error: &gpiocdev::Error) -> String {
    if errno(error) == Some(Errno::BUSY) {
        return format!("line {place} is in use by another program or driver");
    }
    format!("line {place}: {}", error_text(error))
}

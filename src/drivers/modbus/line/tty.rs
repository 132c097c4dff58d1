//! The terminal device: opened for us alone, raw, at any speed.

use crate::config::link::{SerialConfig, SerialMode};
use crate::modbus::wire::{Parity, Wire};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{FileType, FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use rustix::termios::{ControlModes, InputModes, OptionalActions, QueueSelector};
use serial2::rs4xx::{Rs485Config, TransceiverMode};
use std::ffi::OsStr;

/// Why a serial line cannot be opened; each names what the operator does next. Trying again later may cure all of them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Nothing at this path: plug it in, or correct the path.
    #[error("{} does not exist", .0)]
    Missing(String),
    /// Another program has it: stop that one.
    #[error("{} is in use by another program", .0)]
    InUse(String),
    /// The user of this process may not: usually group `dialout`.
    #[error("no permission to open {} (is the user in the group that owns it, usually `dialout`?)", .0)]
    Permission(String),
    /// A file, a directory, some other device.
    #[error("{} is not a serial line", .0)]
    NotATerminal(String),
    /// The hardware cannot do it: choose others.
    #[error("{} cannot do {wire}", .path)]
    Settings {
        /// Which line.
        path: String,
        /// Asked for.
        wire: Wire,
    },
    /// No connection: the reason says what to look at.
    #[error("cannot connect to {address}: {why}")]
    Connect {
        /// Host and port.
        address: String,
        /// Why not.
        why: String,
    },
    /// Anything else the system says.
    #[error("cannot open {}: {source}", .path)]
    System {
        /// Which line.
        path: String,
        /// What the system said.
        source: Errno,
    },
}

/// An open line; closing gives up the exclusive use.
#[derive(Debug)]
pub(super) struct Tty {
    fd: OwnedFd,
}

impl Tty {
    /// Opens and configures; the note says what the driver of this port could not do and is done without.
    pub(super) fn open(config: &SerialConfig) -> Result<(Self, Option<String>), OpenError> {
        let path = || config.path.clone();
        let system = |source| OpenError::System { path: path(), source };
        check_terminal(config)?;
        // Non-blocking: a port whose carrier line is low would otherwise hold us in open for ever.
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let fd =
            rustix::fs::open(config.path.as_str(), flags, Mode::empty()).map_err(|err| cannot_open(config, err))?;
        if !rustix::termios::isatty(&fd) {
            return Err(OpenError::NotATerminal(path()));
        }
        // Before anything is changed: a line that another program uses must not notice us. The lock is for programs
        // that lock too and holds against root; TIOCEXCL keeps all others out.
        rustix::fs::flock(&fd, FlockOperation::NonBlockingLockExclusive).map_err(|err| match err {
            Errno::WOULDBLOCK => OpenError::InUse(path()),
            other => system(other),
        })?;
        rustix::termios::ioctl_tiocexcl(&fd).map_err(system)?;
        let tty = Self { fd };
        tty.configure(config.wire).map_err(|err| match err {
            Errno::INVAL => OpenError::Settings { path: path(), wire: config.wire },
            other => system(other),
        })?;
        let speed = rustix::termios::tcgetattr(&tty.fd).map_err(system)?.output_speed();
        // A UART divides its clock: within 2 % a character's last bit is still sampled rightly.
        if config.wire.baud / 50 < speed.abs_diff(config.wire.baud) {
            return Err(OpenError::Settings { path: path(), wire: config.wire });
        }
        let note = tty.set_mode(config.mode);
        rustix::termios::tcflush(&tty.fd, QueueSelector::IOFlush).map_err(system)?;
        Ok((tty, note))
    }

    fn configure(&self, wire: Wire) -> Result<(), Errno> {
        let mut termios = rustix::termios::tcgetattr(&self.fd)?;
        termios.make_raw();
        let modes = &mut termios.control_modes;
        modes.remove(ControlModes::CSIZE | ControlModes::PARENB | ControlModes::PARODD | ControlModes::CSTOPB);
        modes.remove(ControlModes::CRTSCTS);
        modes.insert(ControlModes::CLOCAL | ControlModes::CREAD | character(wire));
        termios.input_modes.remove(InputModes::IXOFF | InputModes::IXANY);
        // A character with wrong parity arrives as NUL, and the CRC refuses the frame.
        termios.input_modes.set(InputModes::INPCK, wire.parity != Parity::None);
        termios.set_speed(wire.baud)?;
        rustix::termios::tcsetattr(&self.fd, OptionalActions::Now, &termios)
    }

    /// RS-485 direction by the kernel, where the port's driver has it.
    fn set_mode(&self, mode: SerialMode) -> Option<String> {
        let rs485 = |full_duplex| {
            let mut settings = Rs485Config::new();
            settings.set_full_duplex(full_duplex);
            TransceiverMode::Rs485(settings)
        };
        let (wanted, name) = match mode {
            // Untouched: most ports know only this, and refuse the question.
            SerialMode::Rs232 => return None,
            SerialMode::Rs422 => (TransceiverMode::Rs422, "RS-422"),
            SerialMode::Rs485TwoWire => (rs485(false), "RS-485 (2 wires)"),
            SerialMode::Rs485FourWire => (rs485(true), "RS-485 (4 wires)"),
        };
        let refused = match self.fd.try_clone() {
            Ok(copy) => serial2::SerialPort::from(copy).set_rs4xx_mode(wanted).err(),
            Err(err) => Some(err),
        }?;
        Some(format!("the port's driver does not switch to {name} itself ({refused}); the hardware must"))
    }

    /// What is read, written and waited for.
    pub(super) fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// Lets go of bytes received and not read, as after opening.
    pub(super) fn forget_input(&self) -> Result<(), Errno> {
        rustix::termios::tcflush(&self.fd, QueueSelector::IFlush)
    }
}

/// Data bits, parity and stop bits as the kernel is told them.
fn character(wire: Wire) -> ControlModes {
    let data = if wire.data_bits == 7 { ControlModes::CS7 } else { ControlModes::CS8 };
    let parity = match wire.parity {
        Parity::None => ControlModes::empty(),
        Parity::Even => ControlModes::PARENB,
        Parity::Odd => ControlModes::PARENB | ControlModes::PARODD,
    };
    let stop = if wire.stop_bits == 2 { ControlModes::CSTOPB } else { ControlModes::empty() };
    data | parity | stop
}

/// Refuses what is no terminal before it is opened: opening alone starts a watchdog, rewinds a tape, wakes the writer of
/// a pipe.
fn check_terminal(config: &SerialConfig) -> Result<(), OpenError> {
    let found = rustix::fs::stat(config.path.as_str()).map_err(|err| cannot_open(config, err))?;
    let character = FileType::from_raw_mode(found.st_mode) == FileType::CharacterDevice;
    // The kernel sorts its devices by kind; a pty has no entry there and shows itself when it is open.
    let (major, minor) = (rustix::fs::major(found.st_rdev), rustix::fs::minor(found.st_rdev));
    let kind = std::fs::read_link(format!("/sys/dev/char/{major}:{minor}/subsystem")).ok();
    let other = kind.is_some_and(|kind| kind.file_name() != Some(OsStr::new("tty")));
    if character && !other { Ok(()) } else { Err(OpenError::NotATerminal(config.path.clone())) }
}

fn cannot_open(config: &SerialConfig, err: Errno) -> OpenError {
    let path = config.path.clone();
    match err {
        Errno::NOENT | Errno::NXIO | Errno::NODEV | Errno::NOTDIR => OpenError::Missing(path),
        Errno::BUSY => OpenError::InUse(path),
        Errno::ACCESS | Errno::PERM => OpenError::Permission(path),
        Errno::ISDIR => OpenError::NotATerminal(path),
        source => OpenError::System { path, source },
    }
}

impl Drop for Tty {
    fn drop(&mut self) {
        // A pty keeps the flag while its other end lives, and would refuse the next owner. A line that is gone has
        // nothing left to give back.
        rustix::termios::ioctl_tiocnxcl(self.fd.as_fd()).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // A pty has no parity and always 8 data bits: what a real port is told can be seen only here.
    #[track_caller]
    fn check(data_bits: u8, parity: Parity, stop_bits: u8, expect: ControlModes) {
        assert_eq!(character(Wire { baud: 9600, data_bits, parity, stop_bits }), expect);
    }

    #[test]
    fn a_port_is_told_the_character_of_the_line() {
        let odd = ControlModes::PARENB | ControlModes::PARODD;
        check(8, Parity::None, 1, ControlModes::CS8);
        check(8, Parity::None, 2, ControlModes::CS8 | ControlModes::CSTOPB);
        check(8, Parity::Even, 1, ControlModes::CS8 | ControlModes::PARENB);
        check(8, Parity::Odd, 1, ControlModes::CS8 | odd);
        check(7, Parity::Even, 1, ControlModes::CS7 | ControlModes::PARENB);
        check(7, Parity::Odd, 2, ControlModes::CS7 | odd | ControlModes::CSTOPB);
    }
}

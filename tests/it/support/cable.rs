//! Two pseudo-terminals joined by a thread: a serial line between two programs that each open a tty.

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::OptionalActions;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// An RTU frame has at most 256 bytes; what a pty holds beyond this is read in the next round.
const PIECE: usize = 1024;

/// The line. Dropped, both paths vanish and whoever has one open sees a hang-up.
pub(crate) struct Cable {
    paths: [PathBuf; 2],
    stop: Arc<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

struct End {
    ours: OwnedFd,
    /// Held open, so that a program that closes its end and opens it again is no hang-up for us.
    _theirs: OwnedFd,
    path: PathBuf,
}

impl Cable {
    pub(crate) fn new() -> Self {
        let ends = [End::open(), End::open()].map(|end| end.expect("the system has pseudo-terminals"));
        let paths = [ends[0].path.clone(), ends[1].path.clone()];
        let stop = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).unwrap());
        let stopped = Arc::clone(&stop);
        let copy = move || copy(&ends, &stopped);
        let thread = std::thread::Builder::new().name("cable".to_owned()).spawn(copy).unwrap();
        Self { paths, stop, thread: Some(thread) }
    }

    /// What the master opens.
    pub(crate) fn master(&self) -> &Path {
        &self.paths[0]
    }

    /// What the slave opens.
    pub(crate) fn slave(&self) -> &Path {
        &self.paths[1]
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        rustix::io::write(&self.stop, &1u64.to_ne_bytes()).ok();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed by itself.
            thread.join().ok();
        }
    }
}

impl End {
    fn open() -> rustix::io::Result<Self> {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let name = ptsname(&ours, Vec::new())?;
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let theirs = rustix::fs::open(name.as_c_str(), flags, Mode::empty())?;
        // Raw from the start: an echo of the terminal would look like another station.
        let mut termios = rustix::termios::tcgetattr(&theirs)?;
        termios.make_raw();
        rustix::termios::tcsetattr(&theirs, OptionalActions::Now, &termios)?;
        rustix::io::ioctl_fionbio(&ours, true)?;
        let path = PathBuf::from(name.into_string().map_err(|_| Errno::ILSEQ)?);
        Ok(Self { ours, _theirs: theirs, path })
    }
}

/// Hands bytes over both ways until it is stopped. Never spins: every round waits for bytes.
fn copy(ends: &[End; 2], stop: &OwnedFd) {
    let mut buffer = [0; PIECE];
    loop {
        let mut fds = [
            PollFd::from_borrowed_fd(ends[0].ours.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(ends[1].ours.as_fd(), PollFlags::IN),
            PollFd::new(stop, PollFlags::IN),
        ];
        // Looks up now and then even if nothing is said, so that a lost wake-up cannot hold a test for ever.
        let patience = Timespec::try_from(Duration::from_secs(1)).unwrap();
        match poll(&mut fds, Some(&patience)) {
            Ok(_) | Err(Errno::INTR) => (),
            Err(_) => return,
        }
        if !fds[2].revents().is_empty() {
            return;
        }
        let readable = [!fds[0].revents().is_empty(), !fds[1].revents().is_empty()];
        for (from, to) in [(0, 1), (1, 0)] {
            if readable[from] {
                match rustix::io::read(&ends[from].ours, &mut buffer) {
                    // A program that does not read fills its pty up: the bytes are lost, as on a wire.
                    Ok(count) => _ = rustix::io::write(&ends[to].ours, &buffer[..count]).ok(),
                    Err(Errno::AGAIN | Errno::INTR) => (),
                    Err(_) => return,
                }
            }
        }
    }
}

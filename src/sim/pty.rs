//! The pseudo-terminal: our end, and the path the master opens.

use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::OptionalActions;
use std::io;
use std::path::{Path, PathBuf};

/// An open pair. Dropped, the path vanishes and whoever has it open sees a hang-up.
#[derive(Debug)]
pub(super) struct Pty {
    ours: OwnedFd,
    /// Held open so that a master that closes and opens again is no hang-up for us.
    _theirs: OwnedFd,
    path: PathBuf,
    link: Option<PathBuf>,
}

impl Pty {
    /// Opens a pair; `link` is made to point to it, so that a later pair can have the same name.
    pub(super) fn open(link: Option<&Path>) -> io::Result<Self> {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let name = ptsname(&ours, Vec::new())?;
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let theirs = rustix::fs::open(name.as_c_str(), flags, Mode::empty())?;
        // Raw from the start: an echo of the terminal would look like a second master.
        let mut termios = rustix::termios::tcgetattr(&theirs)?;
        termios.make_raw();
        rustix::termios::tcsetattr(&theirs, OptionalActions::Now, &termios)?;
        rustix::io::ioctl_fionbio(&ours, true)?;
        let path = PathBuf::from(name.into_string().map_err(|_| Errno::ILSEQ)?);
        if let Some(link) = link {
            match std::fs::remove_file(link) {
                Err(err) if err.kind() != io::ErrorKind::NotFound => return Err(err),
                _ => std::os::unix::fs::symlink(&path, link)?,
            }
        }
        Ok(Self { ours, _theirs: theirs, path, link: link.map(Path::to_owned) })
    }

    pub(super) fn fd(&self) -> &OwnedFd {
        &self.ours
    }

    /// What the master opens.
    pub(super) fn path(&self) -> &Path {
        self.link.as_deref().unwrap_or(&self.path)
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        if let Some(link) = &self.link {
            // Already gone is as good.
            std::fs::remove_file(link).ok();
        }
    }
}

//! The data folder has one program at a time.

use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// Holds the folder until it is dropped, or the process ends in whatever way.
#[derive(Debug)]
pub struct DataFolderLock {
    _held: OwnedFd,
}

/// Why the folder cannot be held.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another program has it: stop that one, or use its REST API.
    #[error("dinrail is running on {path} already: stop it first, or use its browser page or REST API")]
    Held {
        /// The folder.
        path: PathBuf,
    },
    /// The folder cannot be used: mend its permissions or name another.
    #[error("{path} cannot be used")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
}

impl DataFolderLock {
    /// Holds `folder`, which is made if there is none.
    pub fn take(folder: &Path) -> Result<Self, LockError> {
        let unusable = |source: std::io::Error| LockError::Folder { path: folder.to_owned(), source };
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(unusable)?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
        let held = open(folder.join("lock"), flags, Mode::RUSR | Mode::WUSR).map_err(|err| unusable(err.into()))?;
        match flock(&held, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { _held: held }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(LockError::Held { path: folder.to_owned() }),
            Err(err) => Err(unusable(err.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_held_once() {
        let folder = tempfile::tempdir().unwrap();
        let first = DataFolderLock::take(folder.path()).unwrap();
        assert!(matches!(DataFolderLock::take(folder.path()), Err(LockError::Held { .. })));
        drop(first);
        DataFolderLock::take(folder.path()).unwrap();
    }
}

//! The data folder has one program at a time, and is nobody else's to read or write.

use rustix::fs::{FlockOperation, Mode, OFlags, flock, open};
use rustix::process::geteuid;
use std::fs::{self, Metadata, Permissions};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// The file every stored secret is encrypted with.
const KEY: &str = "key";

/// Holds the folder until it is dropped, or the process ends in whatever way.
#[derive(Debug)]
pub struct DataFolderLock {
    _held: OwnedFd,
    warnings: Vec<String>,
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
    /// Somebody else owns the key: he can read it, and put another in its place.
    #[error(
        "{path} belongs to user {owner}, and dinrail runs as user {us}: `chown` it, or run dinrail as its owner; what it \
         protects must be its owner's alone"
    )]
    Foreign {
        /// The key file.
        path: PathBuf,
        /// The user id of its owner.
        owner: u32,
        /// Ours.
        us: u32,
    },
    /// Others can read the key, and that cannot be changed.
    #[error("{path} can be read by other users, and dinrail cannot change that: `chmod 600` it")]
    Open {
        /// The key file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: std::io::Error,
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
    /// Holds `folder`, which is made if there is none, and keeps others out of it as [`keep_private`] does.
    pub fn take(folder: &Path) -> Result<Self, LockError> {
        let unusable = |source: std::io::Error| LockError::Folder { path: folder.to_owned(), source };
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(unusable)?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::CLOEXEC;
        let held = open(folder.join("lock"), flags, Mode::RUSR | Mode::WUSR).map_err(|err| unusable(err.into()))?;
        match flock(&held, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { _held: held, warnings: keep_private(folder)? }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(LockError::Held { path: folder.to_owned() }),
            Err(err) => Err(unusable(err.into())),
        }
    }

    /// What others could read or change until now, as sentences.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// Takes away what rights others have to the files of a data folder, and to write into it; answers a sentence for each.
/// What cannot be mended is told, and refused where it is the key.
pub fn keep_private(folder: &Path) -> Result<Vec<String>, LockError> {
    let unusable = |source: std::io::Error| LockError::Folder { path: folder.to_owned(), source };
    let mut warnings = Vec::new();
    let entries = fs::read_dir(folder).map_err(unusable)?;
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        // Without a target it is a link to nowhere or just gone.
        let Ok(found) = fs::metadata(&path) else { continue };
        if !found.is_file() {
            continue;
        }
        if path.file_name().is_some_and(|name| name == KEY) {
            check_key_owner(&path, &found)?;
            let open = |source| LockError::Open { path: path.clone(), source };
            warnings.extend(restrict(&path, &found, 0o077).map_err(open)?);
        } else {
            let failed = |error| Some(format!("{} is open to other users, and stays so: {error}", path.display()));
            warnings.extend(restrict(&path, &found, 0o077).unwrap_or_else(failed));
        }
    }
    // Its files may be listed, for the sake of backups; they must not be replaced.
    let found = fs::metadata(folder).map_err(unusable)?;
    let failed = |error| Some(format!("{} can be written by other users, and stays so: {error}", folder.display()));
    warnings.extend(restrict(folder, &found, 0o022).unwrap_or_else(failed));
    Ok(warnings)
}

fn check_key_owner(path: &Path, found: &Metadata) -> Result<(), LockError> {
    let us = geteuid().as_raw();
    if [us, 0].contains(&found.uid()) {
        return Ok(());
    }
    Err(LockError::Foreign { path: path.to_owned(), owner: found.uid(), us })
}

/// Takes these rights away; answers the sentence for it, or nothing where they are not given.
fn restrict(path: &Path, found: &Metadata, rights: u32) -> std::io::Result<Option<String>> {
    let mode = found.permissions().mode() & 0o7777;
    if mode & rights == 0 {
        return Ok(None);
    }
    let kept = mode & !rights;
    fs::set_permissions(path, Permissions::from_mode(kept))?;
    // Some file systems take the call and keep no modes.
    if fs::metadata(path)?.permissions().mode() & rights != 0 {
        return Err(std::io::Error::other("this file system keeps no permissions"));
    }
    Ok(Some(format!("{} was open to other users of this host (mode {mode:o}); it is not any more", path.display())))
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

    #[test]
    fn what_others_can_read_is_taken_from_them_and_told() {
        let folder = tempfile::tempdir().unwrap();
        let modes =
            [("key", 0o644), ("dinrail.db", 0o640), ("dinrail.db-wal", 0o666), ("web.pem", 0o604), ("fine", 0o600)];
        for (name, mode) in modes {
            let path = folder.path().join(name);
            fs::write(&path, name).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        }
        fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).unwrap();
        let held = DataFolderLock::take(folder.path()).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        for (name, _) in modes {
            assert_eq!(mode(&folder.path().join(name)), 0o600, "{name}");
        }
        assert_eq!(mode(folder.path()), 0o755);
        assert_eq!(held.warnings().len(), 5, "{:?}", held.warnings());
        assert!(held.warnings().iter().any(|warning| warning.contains("key was open to other users")));
        drop(held);
        assert!(DataFolderLock::take(folder.path()).unwrap().warnings().is_empty());
    }

    #[test]
    fn a_key_of_somebody_else_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, "x").unwrap();
        // Only root can give a file away; for others a key of root's is the nearest thing, and that is good.
        if std::os::unix::fs::chown(&path, Some(4242), None).is_err() {
            return;
        }
        let refused = DataFolderLock::take(folder.path()).unwrap_err();
        assert!(matches!(refused, LockError::Foreign { owner: 4242, .. }), "{refused}");
        assert!(refused.to_string().contains("`chown` it"));
    }
}

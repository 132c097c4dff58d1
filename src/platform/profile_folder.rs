//! The user's own device profiles: files `<id>.json` in the folder `profiles` of the data folder.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

/// Files beyond this number are not looked at.
pub const MOST: usize = 500;

/// The folder; made when the first file is put there.
#[derive(Debug, Clone)]
pub struct ProfileFolder(PathBuf);

impl ProfileFolder {
    /// The folder of this data folder.
    pub fn of(data: &Path) -> Self {
        Self(data.join("profiles"))
    }

    /// The ids of the files, sorted; none when there is no folder.
    pub fn ids(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(&self.0) else { return Vec::new() };
        let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let ids = names.filter_map(|name| name.strip_suffix(".json").map(str::to_owned));
        let mut ids: Vec<String> = ids.filter(|id| is_id(id)).take(MOST).collect();
        ids.sort_unstable();
        ids
    }

    /// The bytes of a file of at most `limit`; a larger one is an error.
    pub fn read(&self, id: &str, limit: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        // A file that grows while it is read is bounded all the same.
        fs::File::open(self.path(id)?)?.take(limit as u64 + 1).read_to_end(&mut bytes)?;
        if limit < bytes.len() {
            Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than a profile is"))
        } else {
            Ok(bytes)
        }
    }

    /// Puts a file there, whole or not at all.
    pub fn write(&self, id: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(id)?;
        fs::create_dir_all(&self.0)?;
        let beside = self.0.join(format!(".{id}.new"));
        let mut file = fs::File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(beside, path)
    }

    /// Takes a file away.
    pub fn remove(&self, id: &str) -> io::Result<()> {
        fs::remove_file(self.path(id)?)
    }

    fn path(&self, id: &str) -> io::Result<PathBuf> {
        if is_id(id) { Ok(self.0.join(format!("{id}.json"))) } else { Err(io::ErrorKind::InvalidInput.into()) }
    }
}

/// Whether a text can name a profile: letters, digits, `-`, `_` and `.`, no dot at the front, at most 80; so it never leaves
/// the folder.
pub fn is_id(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !text.is_empty() && text.len() <= 80 && !text.starts_with('.') && text.bytes().all(good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_come_and_go_and_stay_in_their_folder() {
        let data = tempfile::tempdir().unwrap();
        let folder = ProfileFolder::of(data.path());
        assert!(folder.ids().is_empty());
        folder.write("acme-m1", b"{}").unwrap();
        folder.write("Acme_M2.v1", b"[]").unwrap();
        folder.write("acme-m1", b"{1}").unwrap();
        assert_eq!(folder.ids(), ["Acme_M2.v1", "acme-m1"]);
        assert_eq!(folder.read("acme-m1", 10).unwrap(), b"{1}");
        assert!(folder.read("acme-m1", 2).is_err());
        for outside in ["../lock", "a/b", "", ".hidden", "a b", "ä"] {
            assert!(folder.write(outside, b"x").is_err() && folder.read(outside, 10).is_err(), "{outside}");
        }
        folder.remove("acme-m1").unwrap();
        assert!(folder.remove("acme-m1").is_err());
        assert_eq!(folder.ids(), ["Acme_M2.v1"]);
    }
}

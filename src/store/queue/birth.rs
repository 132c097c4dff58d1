//! The number of the last birth of an edge node (Sparkplug 3.0, `bdSeq`), which goes on over restarts: a death that the
//! broker tells late must not be taken for one of the present session.
//!
//! A file of a few bytes beside the queue's, since that one is only there while something waits, and is put aside when it
//! is damaged; the number must outlive both.

use crate::store::beside;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The numbers of one connection.
#[derive(Debug)]
pub struct BirthNumbers {
    path: PathBuf,
    /// The last number, as far as this run knows it.
    last: Option<u8>,
}

impl BirthNumbers {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, last: None }
    }

    /// The next number, 0..255, kept on the disk before it is answered. Where the disk takes nothing it goes on in memory.
    pub async fn take(&mut self) -> (u8, Option<io::Error>) {
        let (path, known) = (self.path.clone(), self.last);
        let taken = beside(move || {
            let number = known.or_else(|| read(&path)).map_or(0, |last| last.wrapping_add(1));
            (number, write(&path, number).err())
        });
        let (number, error) = taken.await.unwrap_or_else(|error| {
            (known.map_or(0, |last| last.wrapping_add(1)), Some(io::Error::other(error.to_string())))
        });
        self.last = Some(number);
        (number, error)
    }
}

/// Nothing where there is no number, or the file holds something else: then counting begins anew.
fn read(path: &Path) -> Option<u8> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// By another file that takes its place: at every moment there is one that is whole.
fn write(path: &Path, number: u8) -> io::Result<()> {
    let news = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&news)?;
    writeln!(file, "{number}")?;
    file.sync_all()?;
    fs::rename(&news, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn numbers_go_on_over_restarts_and_begin_again_after_255() {
        let folder = tempfile::tempdir().unwrap();
        let numbers = || BirthNumbers::new(folder.path().join("births-c1"));
        let mut first = numbers();
        for expect in 0..=255 {
            let (number, error) = first.take().await;
            assert!(error.is_none());
            assert_eq!(number, expect);
        }
        let mut second = numbers();
        assert_eq!(second.take().await.0, 0);
        assert_eq!(numbers().take().await.0, 1);
        fs::write(folder.path().join("births-c1"), "no number").unwrap();
        assert_eq!(numbers().take().await.0, 0);
    }

    #[tokio::test]
    async fn without_a_disk_numbers_go_on_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let mut numbers = BirthNumbers::new(folder.path().join("no-folder").join("births-c1"));
        for expect in [0, 1, 2] {
            let (number, error) = numbers.take().await;
            assert!(error.is_some());
            assert_eq!(number, expect);
        }
    }
}

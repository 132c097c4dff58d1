//! The kernel's files of one value each.

use std::io;
use std::path::Path;

/// Longest text of such a file that is read.
const LONGEST: u64 = 4096;

/// The text of a file without the line's end; the error is a sentence that says what to do.
pub(super) fn read(path: &Path) -> Result<String, String> {
    use io::Read as _;
    let mut text = String::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(LONGEST).read_to_string(&mut text));
    match read {
        Ok(_) => Ok(text.trim().to_owned()),
        Err(error) => Err(sentence(path, &error)),
    }
}

/// A number from a file.
pub(super) fn number(path: &Path) -> Result<f64, String> {
    let text = read(path)?;
    let found = text.parse().ok().filter(|x: &f64| x.is_finite());
    found.ok_or_else(|| {
        let text: String = text.chars().take(40).collect();
        format!("{} holds no number but `{text}`", path.display())
    })
}

/// Writes a file that is there.
pub(super) fn write(path: &Path, text: &str) -> Result<(), String> {
    use io::Write as _;
    let written = std::fs::OpenOptions::new().write(true).open(path).and_then(|mut file| {
        // A plain file of a test keeps the end of a longer text; the kernel's know no length.
        file.set_len(0).or_else(|error| if path.starts_with("/sys") { Ok(()) } else { Err(error) })?;
        file.write_all(text.as_bytes())
    });
    written.map_err(|error| sentence(path, &error))
}

fn sentence(path: &Path, error: &io::Error) -> String {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => format!("{path} is missing; is the device connected, and its kernel driver loaded?"),
        io::ErrorKind::PermissionDenied => {
            format!("{path} may not be used; give the user of dinrail the right to it, as by a udev rule")
        }
        io::ErrorKind::ResourceBusy => format!("{path} is in use by another program or driver"),
        _ => format!("{path}: {error}"),
    }
}

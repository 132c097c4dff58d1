//! The serial ports this host offers, for whoever must type a path.

use std::path::Path;

/// Names that survive replugging come first: `/dev/serial/by-id`, then `by-path`, then the plain devices.
const FOLDERS: [&str; 2] = ["/dev/serial/by-id", "/dev/serial/by-path"];
/// Plain devices that are serial lines, by the beginning of their name.
const PREFIXES: [&str; 6] = ["ttyUSB", "ttyACM", "ttyS", "ttyAMA", "ttymxc", "ttyO"];
/// More than any host has; a folder that is none of the kernel's must not make a long answer.
const MOST: usize = 256;

/// One port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SerialPort {
    /// The path for the settings.
    pub path: String,
    /// Where it leads, when `path` is a stable name for it.
    pub device: Option<String>,
}

/// What is there now. Plain devices that the kernel only reserves (`ttyS` without hardware) are left out.
pub fn serial_ports() -> Vec<SerialPort> {
    let stable = FOLDERS.iter().flat_map(|folder| {
        entries(Path::new(folder)).into_iter().map(|path| {
            let device = std::fs::canonicalize(&path).ok().map(|device| device.display().to_string());
            SerialPort { path, device }
        })
    });
    let plain = entries(Path::new("/sys/class/tty")).into_iter().filter_map(|class| {
        let name = Path::new(&class).file_name()?.to_str()?.to_owned();
        let serial = PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        // A port without hardware has type 0 (PORT_UNKNOWN, linux/serial_core.h); USB adapters have no such file.
        let absent = std::fs::read_to_string(Path::new(&class).join("type")).is_ok_and(|kind| kind.trim() == "0");
        (serial && !absent).then(|| SerialPort { path: format!("/dev/{name}"), device: None })
    });
    stable.chain(plain).take(MOST).collect()
}

/// The entries of a folder, sorted; none if there is no such folder.
fn entries(folder: &Path) -> Vec<String> {
    let Ok(found) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<String> =
        found.filter_map(Result::ok).filter_map(|entry| Some(entry.path().to_str()?.to_owned())).collect();
    paths.sort();
    paths
}

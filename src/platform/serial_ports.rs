//! The serial ports this host offers, for whoever must type a path; and the latency timer of USB adapters.

use std::io;
use std::path::{Path, PathBuf};

/// Names that survive replugging come first: `serial/by-id`, then `serial/by-path`, then the plain devices.
const FOLDERS: [&str; 2] = ["serial/by-id", "serial/by-path"];
/// Plain devices that are serial lines, by the beginning of their name.
const PREFIXES: [&str; 6] = ["ttyUSB", "ttyACM", "ttyS", "ttyAMA", "ttymxc", "ttyO"];
/// More than any host has; a folder that is none of the kernel's must not make a long answer.
const MOST: usize = 256;
/// From a tty up to the USB device whose name it bears: port, interface, device, and hubs are beyond.
const LEVELS: usize = 4;
/// The shortest time an adapter collects what it receives before it hands it over; 16 ms from the factory (`latency_timer` of
/// `ftdi_sio`).
const QUICK_MS: u32 = 1;

/// One port.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SerialPort {
    /// The path for the settings.
    pub path: String,
    /// Where it leads, when `path` is a stable name for it.
    pub device: Option<String>,
    /// The kernel's driver, e.g. `ftdi_sio`.
    pub driver: Option<String>,
    /// What the USB adapter calls itself.
    pub product: Option<String>,
    /// How long the USB adapter collects what it receives, in milliseconds, where it has such a timer.
    pub latency_timer_ms: Option<u32>,
}

/// How long a USB adapter collects what it receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LatencyTimer {
    /// In milliseconds, as it is now.
    pub ms: u32,
    /// What to do about it, when it is long and cannot be set from here.
    pub advice: Option<String>,
}

/// Where a host keeps its devices and what the kernel says of them.
#[derive(Debug, Clone)]
pub struct SerialHost {
    dev: PathBuf,
    sys: PathBuf,
}

impl SerialHost {
    /// This host.
    pub fn new() -> Self {
        Self::at(Path::new("/dev"), Path::new("/sys"))
    }

    /// Another place with the same layout.
    pub fn at(dev: &Path, sys: &Path) -> Self {
        Self { dev: dev.to_owned(), sys: sys.to_owned() }
    }

    /// What is there now. Plain devices that the kernel only reserves (`ttyS` without hardware) are left out.
    pub fn ports(&self) -> Vec<SerialPort> {
        let stable = FOLDERS.iter().flat_map(|folder| {
            entries(&self.dev.join(folder)).into_iter().filter_map(|path| {
                let device = std::fs::canonicalize(&path).ok();
                let name = device.as_deref().and_then(Path::file_name).and_then(|name| name.to_str());
                let port = name.map(|name| self.described(name)).unwrap_or_default();
                let device = device.map(|device| device.display().to_string());
                Some(SerialPort { path: path.to_str()?.to_owned(), device, ..port })
            })
        });
        let plain = entries(&self.sys.join("class/tty")).into_iter().filter_map(|class| {
            let name = class.file_name()?.to_str()?;
            let serial = PREFIXES.iter().any(|prefix| name.starts_with(prefix));
            // A port without hardware has type 0 (PORT_UNKNOWN, linux/serial_core.h); USB adapters have no such file.
            let absent = read(&class.join("type")).is_some_and(|kind| kind == "0");
            (serial && !absent).then(|| self.described(name))
        });
        stable.chain(plain).take(MOST).collect()
    }

    /// A plain device and what the kernel says of it.
    fn described(&self, name: &str) -> SerialPort {
        let device = self.sys.join("class/tty").join(name).join("device");
        let driver = std::fs::canonicalize(device.join("driver")).ok();
        let above = std::fs::canonicalize(&device).ok();
        let product = above.and_then(|above| above.ancestors().take(LEVELS).find_map(|at| read(&at.join("product"))));
        SerialPort {
            path: self.dev.join(name).display().to_string(),
            device: None,
            driver: driver.and_then(|driver| Some(driver.file_name()?.to_str()?.to_owned())),
            product,
            latency_timer_ms: read(&device.join("latency_timer")).and_then(|ms| ms.parse().ok()),
        }
    }

    /// Lets the USB adapter behind this tty hand over at once what it receives; `None` when it has no such timer.
    pub fn quicken(&self, tty: &str) -> Option<LatencyTimer> {
        let device = std::fs::canonicalize(tty).ok()?;
        let file = self.sys.join("class/tty").join(device.file_name()?).join("device/latency_timer");
        let now = || -> Option<u32> { read(&file)?.parse().ok() };
        let before = now()?;
        if before <= QUICK_MS {
            return Some(LatencyTimer { ms: before, advice: None });
        }
        let refused = write(&file).err();
        let ms = now().unwrap_or(before);
        let advice = (QUICK_MS < ms).then(|| {
            let why = refused.map_or_else(|| "it stays as it is".to_owned(), |err| err.to_string());
            format!(
                "the USB adapter holds what it receives for {ms} ms, which slows every request: let a udev rule write \
                 {QUICK_MS} to {} ({why})",
                file.display()
            )
        });
        Some(LatencyTimer { ms, advice })
    }
}

impl Default for SerialHost {
    fn default() -> Self {
        Self::new()
    }
}

/// Without making the file: a path that is none of the kernel's stays as it was.
fn write(file: &Path) -> io::Result<()> {
    use std::io::Write as _;
    std::fs::OpenOptions::new().write(true).truncate(true).open(file)?.write_all(QUICK_MS.to_string().as_bytes())
}

/// The text of a small file of the kernel's, trimmed; `None` when there is none.
fn read(file: &Path) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    Some(text.trim().chars().take(200).collect::<String>()).filter(|text| !text.is_empty())
}

/// The entries of a folder, sorted; none if there is no such folder.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(found) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = found.filter_map(Result::ok).map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    /// A host with one FTDI adapter on `ttyUSB0`, one UART, and one that is only reserved.
    fn host(folder: &Path) -> SerialHost {
        let (dev, sys) = (folder.join("dev"), folder.join("sys"));
        let usb = sys.join("devices/usb1/1-1");
        let tty = usb.join("1-1:1.0/ttyUSB0");
        fs::create_dir_all(tty.join("tty/ttyUSB0")).unwrap();
        fs::create_dir_all(sys.join("bus/usb-serial/drivers/ftdi_sio")).unwrap();
        fs::create_dir_all(dev.join("serial/by-id")).unwrap();
        fs::create_dir_all(dev.join("serial/by-path")).unwrap();
        for name in ["ttyUSB0", "ttyS0", "ttyS1", "console"] {
            fs::create_dir_all(sys.join("class/tty").join(name)).unwrap();
            fs::write(dev.join(name), "").unwrap();
        }
        symlink(&tty, sys.join("class/tty/ttyUSB0/device")).unwrap();
        symlink(sys.join("bus/usb-serial/drivers/ftdi_sio"), tty.join("driver")).unwrap();
        symlink("../../ttyUSB0", dev.join("serial/by-id/usb-FTDI_A9-if00-port0")).unwrap();
        symlink("../../ttyUSB0", dev.join("serial/by-path/usb-0:1:1.0-port0")).unwrap();
        fs::write(usb.join("product"), "FT232R USB UART\n").unwrap();
        fs::write(tty.join("latency_timer"), "16\n").unwrap();
        fs::write(sys.join("class/tty/ttyS0/type"), "4\n").unwrap();
        fs::write(sys.join("class/tty/ttyS1/type"), "0\n").unwrap();
        SerialHost::at(&dev, &sys)
    }

    #[test]
    fn ports_are_told_with_adapter_and_driver_stable_names_first() {
        let folder = tempfile::tempdir().unwrap();
        let host = host(folder.path());
        let ports = host.ports();
        let names: Vec<&str> = ports.iter().filter_map(|port| port.path.rsplit('/').next()).collect();
        assert_eq!(names, ["usb-FTDI_A9-if00-port0", "usb-0:1:1.0-port0", "ttyS0", "ttyUSB0"]);
        let [by_id, by_path, uart, plain] = &ports[..] else { panic!() };
        for stable in [by_id, by_path] {
            assert_eq!(stable.device.as_deref(), plain.path.as_str().into());
        }
        for port in [by_id, by_path, plain] {
            assert_eq!(port.driver.as_deref(), Some("ftdi_sio"));
            assert_eq!(port.product.as_deref(), Some("FT232R USB UART"));
            assert_eq!(port.latency_timer_ms, Some(16));
        }
        assert_eq!((&uart.driver, &uart.product, uart.latency_timer_ms), (&None, &None, None));
    }

    #[test]
    fn the_latency_timer_is_set_also_by_a_stable_name() {
        let folder = tempfile::tempdir().unwrap();
        let host = host(folder.path());
        let stable = folder.path().join("dev/serial/by-id/usb-FTDI_A9-if00-port0");
        let expect = Some(LatencyTimer { ms: 1, advice: None });
        assert_eq!(host.quicken(stable.to_str().unwrap()), expect);
        assert_eq!(host.ports()[0].latency_timer_ms, Some(1));
        assert_eq!(host.quicken(stable.to_str().unwrap()), expect);
        assert_eq!(host.quicken(folder.path().join("dev/ttyS0").to_str().unwrap()), None);
        assert_eq!(host.quicken("/dev/no-such-line"), None);
    }

    #[test]
    fn a_latency_timer_that_cannot_be_set_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let host = host(folder.path());
        let file = folder.path().join("sys/class/tty/ttyUSB0/device/latency_timer");
        fs::remove_file(&file).unwrap();
        // A number of the kernel's that not even the superuser can change.
        symlink("/proc/sys/kernel/ngroups_max", &file).unwrap();
        let told = host.quicken(folder.path().join("dev/ttyUSB0").to_str().unwrap()).unwrap();
        let advice = told.advice.unwrap();
        assert!(advice.starts_with("the USB adapter holds what it receives for 65536 ms"), "{advice}");
        assert!(advice.contains("let a udev rule write 1 to ") && advice.contains("(Permission denied"), "{advice}");
    }
}

//! The host's network interfaces, as the kernel shows them below `/sys/class/net`.

use std::fs;
use std::path::Path;

/// One network interface.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Interface {
    /// The kernel's number of it; not 0.
    pub index: u32,
    /// The kernel's name of it.
    pub name: String,
    /// Its ARP hardware type: 1 Ethernet, 772 loopback.
    pub hardware: u32,
    /// Bytes of a packet at most.
    pub mtu: u32,
    /// Megabits per second, 0 if unknown.
    pub speed: u64,
    /// Hardware address; empty where it has none.
    pub address: Vec<u8>,
    /// `IFF_UP` and others.
    pub flags: u64,
    /// Whether it can pass packets; none if the driver does not say.
    pub running: Option<bool>,
    /// Bytes, packets, dropped, errors of what was received.
    pub received: [u64; 4],
    /// Bytes, packets, dropped, errors of what was sent.
    pub sent: [u64; 4],
}

/// Every interface; those that cannot be read are left out.
pub fn list() -> Vec<Interface> {
    let Ok(entries) = fs::read_dir("/sys/class/net") else { return Vec::new() };
    entries.filter_map(|entry| read(&entry.ok()?.path())).collect()
}

fn read(folder: &Path) -> Option<Interface> {
    let text = |file: &str| fs::read_to_string(folder.join(file)).map(|text| text.trim().to_owned()).ok();
    let number = |file: &str| text(file).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    let small = |file: &str| u32::try_from(number(file)).unwrap_or(0);
    let flags = text("flags").and_then(|text| u64::from_str_radix(text.trim_start_matches("0x"), 16).ok());
    let counts =
        |way: &str| ["bytes", "packets", "dropped", "errors"].map(|what| number(&format!("statistics/{way}_{what}")));
    let address = text("address").unwrap_or_default();
    let address: Vec<u8> = address.split(':').filter_map(|part| u8::from_str_radix(part, 16).ok()).collect();
    let index = small("ifindex");
    Some(Interface {
        index: (index != 0).then_some(index)?,
        name: folder.file_name()?.to_str()?.to_owned(),
        hardware: small("type"),
        mtu: small("mtu"),
        speed: number("speed"),
        address: if address.iter().all(|byte| *byte == 0) { Vec::new() } else { address },
        flags: flags.unwrap_or(0),
        running: match text("operstate")?.as_str() {
            "up" => Some(true),
            "unknown" => None,
            _ => Some(false),
        },
        received: counts("rx"),
        sent: counts("tx"),
    })
}

/// Seconds since the host started, its processes, and its memory in KiB; 0 where the kernel does not say.
pub fn host() -> (u64, u64, u64) {
    let file = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let uptime = file("/proc/uptime").split('.').next().and_then(|text| text.parse().ok()).unwrap_or(0);
    let load = file("/proc/loadavg");
    let processes = load.split_whitespace().nth(3).and_then(|text| text.split('/').nth(1)?.parse().ok());
    let memory = file("/proc/meminfo");
    let memory =
        memory.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().trim_end_matches(" kB").parse().ok());
    (uptime, processes.unwrap_or(0), memory.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_there_and_the_host_has_run_for_a_while() {
        let all = list();
        let loopback = all.iter().find(|one| one.name == "lo").expect("every host has a loopback");
        assert_eq!((loopback.hardware, loopback.address.len()), (772, 0));
        let (uptime, processes, memory) = host();
        assert!(0 < uptime && 0 < processes && 1024 < memory);
    }
}

//! Which boot of the host this is.

/// The kernel's name of this boot, another one after each (`Documentation/admin-guide/sysctl/kernel.rst`, `random`).
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// The name of this boot of the host; `None` where the host does not say.
pub fn boot_id() -> Option<String> {
    let text = std::fs::read_to_string(BOOT_ID).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boot_has_one_name() {
        assert!(boot_id().is_some_and(|name| name.len() == 36));
        assert_eq!(boot_id(), boot_id());
    }
}

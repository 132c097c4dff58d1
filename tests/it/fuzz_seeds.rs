//! The seeds of the fuzz targets, through the same functions.

#[path = "../../fuzz/bodies.rs"]
mod bodies;

use std::path::Path;

/// Feeds every seed of a target; how many there are.
fn replay(target: &str, body: fn(&[u8])) -> usize {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let seeds: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    for seed in &seeds {
        let bytes = std::fs::read(seed).unwrap();
        let done = std::panic::catch_unwind(|| body(&bytes));
        assert!(done.is_ok(), "the seed {} breaks a rule", seed.display());
    }
    seeds.len()
}

#[test]
fn every_seed_keeps_the_rules() {
    assert!(16 <= replay("rtu", bodies::rtu));
    assert!(16 <= replay("ascii", bodies::ascii));
    assert!(8 <= replay("mbap", bodies::mbap));
    assert!(16 <= replay("server", bodies::server));
    assert!(8 <= replay("snmp", bodies::snmp));
    assert!(12 <= replay("sparkplug", bodies::sparkplug));
    assert!(40 <= replay("words", bodies::words));
}

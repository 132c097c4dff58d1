//! The kernel's own lines, on its simulator where it has one (Documentation/admin-guide/gpio/gpio-sim.rst).

use super::{Stand, module};
use crate::tag::attribute::Attribute;
use crate::tag::value::Value;
use serde_json::json;
use std::io;
use std::path::{Path, PathBuf};

/// A simulated chip of eight lines; it goes with its drop.
struct Sim {
    config: PathBuf,
    chip: String,
    lines: PathBuf,
}

impl Sim {
    fn start() -> io::Result<Self> {
        let config = Path::new("/sys/kernel/config/gpio-sim").join(format!("dinrail-{}", std::process::id()));
        std::fs::create_dir(&config)?;
        let bank = config.join("bank0");
        let made = std::fs::create_dir(&bank)
            .and_then(|()| std::fs::write(bank.join("num_lines"), "8"))
            .and_then(|()| std::fs::write(config.join("live"), "1"))
            .and_then(|()| {
                let text = |path: PathBuf| std::fs::read_to_string(path).map(|text| text.trim().to_owned());
                Ok((text(bank.join("chip_name"))?, text(config.join("dev_name"))?))
            });
        let (chip, device) = made.inspect_err(|_| Self::remove(&config))?;
        let lines = Path::new("/sys/devices/platform").join(device).join(&chip);
        Ok(Self { config, chip, lines })
    }

    fn remove(config: &Path) {
        // What cannot be removed is of no harm to another run, which has another name.
        std::fs::write(config.join("live"), "0").ok();
        std::fs::remove_dir(config.join("bank0")).ok();
        std::fs::remove_dir(config).ok();
    }

    fn pull(&self, line: u32, up: bool) {
        let file = self.lines.join(format!("sim_gpio{line}/pull"));
        std::fs::write(file, if up { "pull-up" } else { "pull-down" }).unwrap();
    }

    fn level(&self, line: u32) -> bool {
        std::fs::read_to_string(self.lines.join(format!("sim_gpio{line}/value"))).unwrap().trim() == "1"
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        Self::remove(&self.config);
    }
}

#[test]
fn the_kernels_lines_count_edges_and_drive_outputs_where_it_has_a_simulator() {
    let sim = match Sim::start() {
        Ok(sim) => sim,
        Err(error) => {
            eprintln!(
                "not run on the kernel's lines: it has no gpio-sim here ({error}); the scripted lines stand for it"
            );
            return;
        }
    };
    eprintln!("run on {} of gpio-sim", sim.chip);
    let driver =
        json!({"kind": "gpio", "chip": sim.chip, "lines": [{"channel": 0, "line": 0}, {"channel": 8, "line": 1}]});
    let channels = [json!({"channel": 0, "mode": "counter"}), json!({"channel": 8})];
    let mut stand = Stand::new(&module("dio-8-8", &driver, &channels), false, None);
    assert_eq!(stand.rack.trouble().first, None);
    for _ in 0..200 {
        sim.pull(0, true);
        sim.pull(0, false);
    }
    stand.scan(10);
    assert_eq!(stand.state(0).aspect(Attribute::Count), Some(Value::U64(200)));
    stand.write(8, Attribute::Value, Value::Bool(true)).unwrap();
    assert!(sim.level(1));
    stand.shows(8, &Value::Bool(true));
}

#[test]
fn a_chip_that_is_not_there_is_named_with_what_to_do() {
    let driver = json!({"kind": "gpio", "chip": "gpiochip999", "lines": [{"channel": 0, "line": 0}]});
    let stand = Stand::new(&module("di-16", &driver, &[json!({"channel": 0})]), false, None);
    let text = stand.rack.trouble().first.unwrap().1;
    assert!(text.starts_with("/dev/gpiochip999 is missing; is the device connected"), "{text}");
}

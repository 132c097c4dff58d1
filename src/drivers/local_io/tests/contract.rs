//! What every kind of hardware must do alike.

use super::super::backend::{Backend, Make};
use super::super::gpio::Gpio;
use super::super::gpio::scripted::Scripted;
use super::files::{iio_tree, pwm_tree};
use super::{Stand, module};
use crate::runtime::commands::WriteError;
use crate::tag::attribute::Attribute;
use crate::tag::quality::{Quality, Reason};
use crate::tag::value::Value;
use serde_json::{Value as Json, json};
use std::path::Path;
use std::sync::Arc;

/// One kind of hardware with an output at channel 0, another at channel 1, and one more that is not wired.
struct Hardware {
    name: &'static str,
    model: &'static str,
    driver: Json,
    make: Option<Make>,
    /// What the output 0 shows, as the hardware has it, in the channel's unit.
    shown: Box<dyn Fn() -> Value>,
    /// Takes the hardware of output 0 away, or gives it back; `None` where it cannot be lost.
    break_it: Option<Box<dyn Fn(bool)>>,
    on: Value,
    off: Value,
}

fn all(folder: &Path) -> Vec<Hardware> {
    let chip = Scripted::default();
    let (a, b) = (chip.clone(), chip.clone());
    let make: Make = Arc::new(move |_| Box::new(Gpio::new(Box::new(chip.clone()))) as Box<dyn Backend>);
    let gpio = Hardware {
        name: "gpio",
        model: "do-16",
        driver: json!({"kind": "gpio", "chip": "sim", "lines": [{"channel": 0, "line": 0}, {"channel": 1, "line": 1}]}),
        make: Some(make),
        shown: Box::new(move || Value::Bool(a.level("/dev/sim 0"))),
        break_it: Some(Box::new(move |broken| b.set_broken("/dev/sim 0", broken))),
        on: Value::Bool(true),
        off: Value::Bool(false),
    };
    let (iio, pwm) = (folder.join("iio"), folder.join("pwm"));
    iio_tree(&iio);
    pwm_tree(&pwm);
    let raw = iio.join("iio:device1/out_voltage0_raw");
    let gone = raw.with_file_name("gone");
    let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_default().trim().parse().unwrap_or(f64::NAN);
    let seen = raw.clone();
    let dac = Hardware {
        name: "iio",
        model: "ao-4",
        driver: json!({"kind": "iio", "root": iio, "channels": [
            {"channel": 0, "device": "dac", "output": "voltage0"}, {"channel": 1, "device": "dac", "output": "voltage1"}]}),
        make: None,
        shown: Box::new(move || Value::F64(read(&seen) * 2.5 / 1000.0)),
        break_it: Some(Box::new(move |broken| {
            let (from, to) = if broken { (&raw, &gone) } else { (&gone, &raw) };
            std::fs::rename(from, to).unwrap();
        })),
        on: Value::F64(7.5),
        off: Value::F64(0.0),
    };
    let duty = pwm.join("pwmchip0/pwm0/duty_cycle");
    let gone = duty.with_file_name("gone");
    let seen = duty.clone();
    let pulses = Hardware {
        name: "pwm",
        model: "ao-4",
        driver: json!({"kind": "pwm", "root": pwm, "outputs": [
            {"channel": 0, "chip": "pwmchip0", "line": 0}, {"channel": 1, "chip": "pwmchip0", "line": 1}]}),
        make: None,
        shown: Box::new(move || Value::F64(read(&seen) / 1_000_000.0 * 10.0)),
        break_it: Some(Box::new(move |broken| {
            let (from, to) = if broken { (&duty, &gone) } else { (&gone, &duty) };
            std::fs::rename(from, to).unwrap();
        })),
        on: Value::F64(2.5),
        off: Value::F64(0.0),
    };
    vec![gpio, dac, pulses]
}

impl Hardware {
    fn module(&self, safe: Json, more: &[Json]) -> Json {
        let mut channels = vec![json!({"channel": 0, "safe": safe}), json!({"channel": 1})];
        channels.extend_from_slice(more);
        module(self.model, &self.driver, &channels)
    }

    fn stand(&self, safe: Json, power_on: bool) -> Stand {
        Stand::new(&self.module(safe, &[]), power_on, self.make.clone())
    }
}

#[test]
fn an_output_is_read_back_then_written_and_nothing_moves_before() {
    let folder = tempfile::tempdir().unwrap();
    for hardware in all(folder.path()) {
        let mut stand = hardware.stand(json!("hold"), false);
        stand.shows(0, &hardware.off);
        assert_eq!(stand.write(0, Attribute::Value, hardware.on.clone()), Ok(hardware.on.clone()), "{}", hardware.name);
        stand.shows(0, &hardware.on);
        assert_eq!((hardware.shown)().as_f64(), hardware.on.as_f64(), "{}", hardware.name);
        stand.scan(100);
        stand.shows(0, &hardware.on);
        stand.shows(1, &hardware.off);
        // Another run of the program finds it as it is.
        let again = hardware.stand(json!("hold"), false);
        again.shows(0, &hardware.on);
    }
}

#[test]
fn a_channel_without_hardware_says_where_to_name_it_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    for hardware in all(folder.path()) {
        let mut stand = hardware.stand(json!("hold"), false);
        stand.write(0, Attribute::Value, hardware.on.clone()).unwrap();
        stand.edit(&hardware.module(json!("hold"), &[json!({"channel": 2})]));
        stand.scan(10);
        let (trouble, name) = (stand.rack.trouble(), hardware.name);
        assert!(trouble.broken == 1 && trouble.first.unwrap().1.contains("name it in the driver's"), "{name}");
        assert_eq!((stand.state(2).quality, stand.state(2).reason), (Quality::Bad, Reason::NoModule), "{name}");
        stand.shows(0, &hardware.on);
        assert_eq!((hardware.shown)().as_f64(), hardware.on.as_f64(), "{name}");
    }
}

#[test]
fn lost_hardware_is_bad_refuses_writes_and_returns_at_its_safe_value() {
    let folder = tempfile::tempdir().unwrap();
    for hardware in all(folder.path()) {
        let Some(break_it) = &hardware.break_it else { continue };
        let name = hardware.name;
        let safe = if hardware.on == Value::Bool(true) { json!("off") } else { json!(0) };
        let mut stand = hardware.stand(safe, false);
        stand.write(0, Attribute::Value, hardware.on.clone()).unwrap();
        break_it(true);
        stand.scan(100);
        let state = stand.state(0);
        assert_eq!((state.quality, state.reason), (Quality::Bad, Reason::NoModule), "{name}");
        assert_eq!(state.value.and_then(|value| value.as_f64()), hardware.on.as_f64(), "{name}: the last value stays");
        stand.shows(1, &hardware.off);
        assert!(matches!(stand.write(0, Attribute::Value, hardware.on.clone()), Err(WriteError::Module(_))), "{name}");
        assert!(!stand.rack.open(stand.now), "{name}");
        break_it(false);
        assert!(stand.rack.open(stand.now), "{name}");
        stand.scan(100);
        stand.shows(0, &hardware.off);
        assert_eq!((hardware.shown)().as_f64(), hardware.off.as_f64(), "{name}");
        stand.write(0, Attribute::Value, hardware.on.clone()).unwrap();
        stand.shows(0, &hardware.on);
    }
}

#[test]
fn safe_mode_drives_the_safe_value_and_refuses_writes_until_it_ends() {
    let folder = tempfile::tempdir().unwrap();
    for hardware in all(folder.path()) {
        let safe = if hardware.on == Value::Bool(true) { json!("on") } else { json!(hardware.on.as_f64()) };
        let mut stand = hardware.stand(safe, false);
        stand.rack.set_safe(Some("entered by hand".to_owned()), stand.now);
        stand.shows(0, &hardware.on);
        assert_eq!((hardware.shown)().as_f64(), hardware.on.as_f64(), "{}", hardware.name);
        let refused = stand.write(0, Attribute::Value, hardware.off.clone());
        assert_eq!(refused, Err(WriteError::SafeMode("entered by hand".to_owned())));
        stand.rack.set_safe(None, stand.now);
        stand.shows(0, &hardware.on);
        stand.write(0, Attribute::Value, hardware.off.clone()).unwrap();
        stand.shows(0, &hardware.off);
    }
}

#[test]
fn power_on_values_come_with_the_boot_of_the_host_and_not_to_channels_added_later() {
    let folder = tempfile::tempdir().unwrap();
    for hardware in all(folder.path()) {
        let on = if hardware.on == Value::Bool(true) { json!("on") } else { json!(hardware.on.as_f64()) };
        let channels = [json!({"channel": 0, "power_on": on}), json!({"channel": 1, "power_on": on})];
        let first = module(hardware.model, &hardware.driver, &channels[..1]);
        let both = module(hardware.model, &hardware.driver, &channels);
        for boot in [false, true] {
            let mut stand = Stand::new(&first, boot, hardware.make.clone());
            stand.shows(0, if boot { &hardware.on } else { &hardware.off });
            stand.edit(&both);
            stand.scan(10);
            stand.shows(1, &hardware.off);
        }
    }
}

#[test]
fn simulated_outputs_are_remembered_and_signals_are_in_the_unit_of_the_mode() {
    let driver = json!({"kind": "simulated", "signals": [
        {"channel": 0, "signal": "constant", "value": 12}, {"channel": 1, "signal": "ramp", "period_s": 1}]});
    let channels = |mode: &str| {
        [
            json!({"channel": 0, "mode": "4-20mA", "scale": {"from": [4, 20], "to": [0, 100]}}),
            json!({"channel": 1, "mode": mode}),
        ]
    };
    let mut stand = Stand::new(&module("ai-8", &driver, &channels("0-10V")), false, None);
    stand.scan(500);
    stand.shows(0, &Value::F64(50.0));
    stand.shows(1, &Value::F64(5.0));
    stand.edit(&module("ai-8", &driver, &channels("4-20mA")));
    stand.scan(250);
    stand.shows(1, &Value::F64(16.0));
    stand.shows(0, &Value::F64(50.0));
    let mut stand = Stand::new(&module("rtd-6", &json!({"kind": "simulated"}), &[json!({"channel": 0})]), false, None);
    stand.scan(100);
    stand.shows(0, &Value::F64(20.0));
    let relay = |safe: &str| module("relay-4", &json!({"kind": "simulated"}), &[json!({"channel": 0, "safe": safe})]);
    let mut stand = Stand::new(&relay("off"), false, None);
    stand.write(0, Attribute::Value, Value::Bool(true)).unwrap();
    stand.edit(&relay("on"));
    stand.scan(10);
    stand.shows(0, &Value::Bool(true));
    assert_eq!(stand.value(0), Some(Value::Bool(true)));
}

#[test]
fn a_line_that_somebody_else_set_is_driven_again() {
    let folder = tempfile::tempdir().unwrap();
    let chip = Scripted::default();
    let outside = chip.clone();
    let make: Make = Arc::new(move |_| Box::new(Gpio::new(Box::new(chip.clone()))) as Box<dyn Backend>);
    let hardware = Hardware { make: Some(make), ..all(folder.path()).swap_remove(0) };
    let mut stand = hardware.stand(json!("hold"), false);
    stand.write(0, Attribute::Value, Value::Bool(true)).unwrap();
    outside.change("/dev/sim 0", false, 100);
    stand.scan(10);
    stand.scan(10);
    assert!(outside.level("/dev/sim 0"));
    stand.shows(0, &Value::Bool(true));
}

//! The kernel's files, as a tree of plain ones.

use super::{Stand, module};
use crate::tag::attribute::Attribute;
use crate::tag::value::Value;
use serde_json::json;
use std::path::Path;

fn file(folder: &Path, name: &str, text: &str) {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join(name), format!("{text}\n")).unwrap();
}

/// A converter and an output converter, as the kernel shows them.
pub(super) fn iio_tree(root: &Path) {
    let (adc, dac) = (root.join("iio:device0"), root.join("iio:device1"));
    for (name, text) in [
        ("name", "ads1115"),
        ("in_voltage0_raw", "1000"),
        ("in_voltage0_scale", "5"),
        ("in_voltage1_raw", "100"),
        ("in_voltage_scale", "10"),
        ("in_voltage1_offset", "20"),
        ("in_voltage0-voltage1_raw", "2400"),
        ("in_voltage-voltage_scale", "0.5"),
        ("in_current0_raw", "120"),
        ("in_current0_scale", "0.1"),
        ("in_resistance0_raw", "2770"),
        ("in_resistance_scale", "0.05"),
        ("in_temp_input", "25000"),
        ("in_voltage7_raw", "4096"),
        ("in_voltage7_scale", "0.001"),
    ] {
        file(&adc, name, text);
    }
    file(&dac, "name", "dac");
    for line in 0..2 {
        file(&dac, &format!("out_voltage{line}_raw"), "0");
    }
    file(&dac, "out_voltage_scale", "2.5");
}

/// A chip with two outputs that are there already.
pub(super) fn pwm_tree(root: &Path) {
    file(&root.join("pwmchip0"), "export", "");
    for line in 0..2 {
        let folder = root.join(format!("pwmchip0/pwm{line}"));
        for (name, text) in [("period", "0"), ("duty_cycle", "0"), ("polarity", "normal"), ("enable", "0")] {
            file(&folder, name, text);
        }
    }
}

#[test]
fn converters_are_read_in_the_units_of_the_kernel() {
    let folder = tempfile::tempdir().unwrap();
    iio_tree(folder.path());
    let channels = json!([
        {"channel": 0, "device": "ads1115", "input": "voltage0"},
        {"channel": 1, "device": "iio:device0", "input": "voltage1"},
        {"channel": 2, "device": "ads1115", "input": "voltage0-voltage1", "gain": 4},
        {"channel": 3, "device": "ads1115", "input": "current0"},
    ]);
    let driver = json!({"kind": "iio", "root": folder.path(), "channels": channels});
    let modes = ["0-10V", "0-10V", "4-20mA", "0-20mA"];
    let used: Vec<_> = modes.iter().enumerate().map(|(n, mode)| json!({"channel": n, "mode": mode})).collect();
    let mut stand = Stand::new(&module("ai-8", &driver, &used), false, None);
    stand.shows(0, &Value::F64(5.0));
    // (100 + 20) x 10 mV
    stand.shows(1, &Value::F64(1.2));
    // 1200 mV over a shunt of 250 ohm
    stand.shows(2, &Value::F64(4.8));
    stand.shows(3, &Value::F64(12.0));
    file(&folder.path().join("iio:device0"), "in_voltage0_raw", "1500");
    stand.scan(100);
    stand.shows(0, &Value::F64(7.5));
}

#[test]
fn sensors_are_read_as_resistance_voltage_or_temperature() {
    let folder = tempfile::tempdir().unwrap();
    iio_tree(folder.path());
    let rtd = json!({"kind": "iio", "root": folder.path(), "channels": [
        {"channel": 0, "device": "ads1115", "input": "resistance0"}, {"channel": 1, "device": "ads1115", "input": "temp"}]});
    let stand = Stand::new(&module("rtd-6", &rtd, &[json!({"channel": 0}), json!({"channel": 1})]), false, None);
    // 138.5 ohm of a Pt100 (IEC 60751: 138.51 ohm at 100 degC)
    let hot = stand.value(0).unwrap().as_f64().unwrap();
    assert!((hot - 100.0).abs() < 0.05, "{hot}");
    stand.shows(1, &Value::F64(25.0));
    let tc = json!({"kind": "iio", "root": folder.path(), "channels": [
        {"channel": 0, "device": "ads1115", "input": "voltage7", "cold_junction": {"device": "ads1115", "input": "temp"}}]});
    let stand = Stand::new(&module("tc-8", &tc, &[json!({"channel": 0, "mode": "K"})]), false, None);
    // 4.096 mV is 100 degC of a type K above 0 degC (IEC 60584-1); the junction at 25 degC adds 1.000 mV: 5.096 mV.
    let hot = stand.value(0).unwrap().as_f64().unwrap();
    assert!((hot - 124.3).abs() < 0.2, "{hot}");
}

#[test]
fn what_is_missing_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    iio_tree(folder.path());
    let trouble = |driver: serde_json::Value| {
        let stand = Stand::new(&module("ai-8", &driver, &[json!({"channel": 0})]), false, None);
        stand.rack.trouble().first.unwrap().1
    };
    let driver = |root: &Path, device: &str, input: &str| json!({"kind": "iio", "root": root, "channels": [{"channel": 0, "device": device, "input": input}]});
    let text = trouble(driver(folder.path(), "mcp3424", "voltage0"));
    assert!(text.contains("no device `mcp3424`") && text.contains("is it connected"), "{text}");
    let text = trouble(driver(folder.path(), "ads1115", "voltage5"));
    assert!(text.contains("in_voltage5_raw is missing"), "{text}");
    let text = trouble(driver(&folder.path().join("none"), "ads1115", "voltage0"));
    assert!(text.contains("cannot be listed"), "{text}");
    file(&folder.path().join("iio:device2"), "name", "ads1115");
    let text = trouble(driver(folder.path(), "ads1115", "voltage0"));
    assert!(text.contains("name the folder of one"), "{text}");
    file(&folder.path().join("iio:device0"), "in_voltage0_raw", "n/a");
    let text = trouble(driver(folder.path(), "iio:device0", "voltage0"));
    assert!(text.contains("holds no number but `n/a`"), "{text}");
}

#[test]
fn a_pwm_output_shows_its_share_and_keeps_it_over_another_period() {
    let folder = tempfile::tempdir().unwrap();
    pwm_tree(folder.path());
    let output = folder.path().join("pwmchip0/pwm0");
    let read = |name: &str| std::fs::read_to_string(output.join(name)).unwrap().trim().to_owned();
    let driver = |period_us: u32, inverted: bool| {
        json!({"kind": "pwm", "root": folder.path(), "outputs": [
            {"channel": 0, "chip": "pwmchip0", "line": 0, "period_us": period_us, "inverted": inverted}]})
    };
    let used = [json!({"channel": 0, "mode": "4-20mA"})];
    let mut stand = Stand::new(&module("ao-4", &driver(1000, false), &used), false, None);
    stand.write(0, Attribute::Value, Value::F64(12.0)).unwrap();
    assert_eq!([read("period"), read("duty_cycle"), read("enable")], ["1000000", "500000", "1"]);
    stand.edit(&module("ao-4", &driver(200, false), &used));
    stand.scan(100);
    assert_eq!([read("period"), read("duty_cycle")], ["200000", "100000"]);
    stand.shows(0, &Value::F64(12.0));
    stand.edit(&module("ao-4", &driver(200, true), &used));
    assert_eq!(read("polarity"), "inversed");
    let used = [json!({"channel": 0})];
    let mut stand = Stand::new(&module("do-16", &driver(200, true), &used), false, None);
    stand.write(0, Attribute::Value, Value::Bool(true)).unwrap();
    assert_eq!(read("duty_cycle"), "200000");
}

#[test]
fn an_output_that_is_not_exported_yet_is_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    pwm_tree(folder.path());
    let driver =
        json!({"kind": "pwm", "root": folder.path(), "outputs": [{"channel": 0, "chip": "pwmchip0", "line": 5}]});
    let stand = Stand::new(&module("do-16", &driver, &[json!({"channel": 0})]), false, None);
    // A plain file does what the kernel does not: nothing. So the output is missing still.
    let asked = std::fs::read_to_string(folder.path().join("pwmchip0/export")).unwrap();
    assert_eq!(asked.trim(), "5");
    assert!(stand.rack.trouble().first.unwrap().1.contains("pwm5"));
}

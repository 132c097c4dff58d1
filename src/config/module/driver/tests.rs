use super::DriverConfig;
use super::gpio::GpioName;
use super::simulated::Course;
use crate::config::GatewayConfig;
use serde_json::{Value as Json, json};

fn read(model: &str, driver: Json) -> (Option<DriverConfig>, Vec<String>) {
    let module = json!({"name": "m", "slot": 1, "model": model, "driver": driver});
    let (config, problems) = GatewayConfig::parse(&json!({"format": "dinrail/1", "modules": [module]}));
    let problems = problems.iter().map(|problem| format!("{}: {}", problem.pointer, problem.detail)).collect();
    (config.modules.into_iter().next().map(|module| module.driver), problems)
}

#[track_caller]
fn refuses(model: &str, driver: Json, pointer: &str, part: &str) {
    let (_, problems) = read(model, driver);
    let place = format!("/modules/0/driver{pointer}: ");
    let found = problems.iter().any(|problem| problem.starts_with(&place) && problem.contains(part));
    assert!(found, "{place} {part} not in {problems:?}");
}

#[track_caller]
fn takes(model: &str, driver: Json) -> DriverConfig {
    let (driver, problems) = read(model, driver);
    assert_eq!(problems, [""; 0]);
    driver.unwrap()
}

#[test]
fn signals_are_read_with_their_courses() {
    let driver = json!({"kind": "simulated", "signals": [
        {"channel": 0, "signal": "constant", "value": 4.5},
        {"channel": 1, "signal": "ramp", "low": 4, "high": 20, "period_s": 2},
        {"channel": 2, "signal": "random-walk", "seed": 7},
        {"channel": 3, "signal": "csv", "csv": "seconds,value\n0,4\n1.5,20\n"},
    ]});
    let DriverConfig::Simulated(config) = takes("ai-8", driver) else { panic!() };
    assert_eq!(config.signals[0].course, Course::Constant(4.5));
    assert_eq!(config.signals[3].course, Course::Csv(vec![(0.0, 4.0), (1.5, 20.0)]));
}

#[test]
fn a_signal_that_cannot_be_is_refused_at_its_member() {
    let one = |signal: Json| json!({"kind": "simulated", "signals": [signal]});
    let at = "/signals/0";
    refuses(
        "do-16",
        one(json!({"channel": 0, "signal": "constant", "value": 1})),
        &format!("{at}/channel"),
        "an output",
    );
    refuses("di-16", one(json!({"channel": 16, "signal": "square"})), &format!("{at}/channel"), "0..15");
    refuses("ai-8", one(json!({"channel": 0, "signal": "saw"})), &format!("{at}/signal"), "is one of");
    refuses("ai-8", one(json!({"channel": 0, "signal": "constant"})), &format!("{at}/value"), "is missing");
    refuses("ai-8", one(json!({"channel": 0, "signal": "sine", "low": 5, "high": 5})), &format!("{at}/high"), "above");
    refuses("ai-8", one(json!({"channel": 0, "signal": "sine", "period_s": 0})), &format!("{at}/period_s"), "0.01..");
    refuses("ai-8", one(json!({"channel": 0, "signal": "sine", "value": 0})), &format!("{at}/value"), "not a member");
    for (text, part) in
        [("0,1\n1;2", "row 2"), ("0,1\n0,2", "row 2 is not later"), ("-1,1", "row 1"), ("a,b", "no row")]
    {
        refuses("ai-8", one(json!({"channel": 0, "signal": "csv", "csv": text})), &format!("{at}/csv"), part);
    }
    let twice =
        json!({"kind": "simulated", "signals": [{"channel": 0, "signal": "square"}, {"channel": 0, "signal": "ramp"}]});
    refuses("di-16", twice, "/signals/1/channel", "already");
}

#[test]
fn gpio_lines_are_read_by_number_and_by_name() {
    let driver = json!({"kind": "gpio", "chip": "gpiochip0", "lines": [
        {"channel": 0, "line": 17, "active_low": true, "bias": "pull-up", "debounce_ms": 0.5},
        {"channel": 8, "line": "RELAY", "chip": "/dev/gpiochip1", "drive": "open-drain"},
    ]});
    let DriverConfig::Gpio(config) = takes("dio-8-8", driver) else { panic!() };
    assert_eq!(config.lines[0].place(), "/dev/gpiochip0 17");
    assert_eq!(config.lines[1].line, GpioName::Name("RELAY".to_owned()));
    let line = |line: Json| json!({"kind": "gpio", "lines": [line]});
    refuses("di-16", line(json!({"channel": 0, "line": 1})), "/lines/0/chip", "is missing");
    refuses("di-16", line(json!({"channel": 0, "line": -1, "chip": "a"})), "/lines/0/line", "number of the line");
    refuses(
        "di-16",
        line(json!({"channel": 0, "line": 1, "chip": "a", "drive": "push-pull"})),
        "/lines/0/drive",
        "input",
    );
    refuses(
        "do-16",
        line(json!({"channel": 0, "line": 1, "chip": "a", "debounce_ms": 1})),
        "/lines/0/debounce_ms",
        "output",
    );
    refuses("ai-8", json!({"kind": "gpio"}), "/kind", "needs another driver");
    let twice = json!({"kind": "gpio", "chip": "a", "lines": [{"channel": 0, "line": 1}, {"channel": 1, "line": 1}]});
    refuses("di-16", twice, "/lines", "already");
}

#[test]
fn iio_channels_fit_what_their_channel_measures() {
    let driver = json!({"kind": "iio", "channels": [
        {"channel": 0, "device": "ads1115", "input": "voltage0-voltage1", "gain": 4},
    ]});
    takes("ai-8", driver);
    let tc = json!({"kind": "iio", "root": "/tmp", "channels": [
        {"channel": 0, "device": "adc", "input": "voltage0", "cold_junction": {"device": "lm75", "input": "temp"}},
    ]});
    takes("tc-8", tc);
    let one = |channel: Json| json!({"kind": "iio", "channels": [channel]});
    let at = "/channels/0";
    refuses("ai-8", one(json!({"channel": 0, "device": "a", "input": "temp"})), &format!("{at}/input"), "`voltage0`");
    refuses(
        "ai-8",
        one(json!({"channel": 0, "device": "../a", "input": "voltage0"})),
        &format!("{at}/device"),
        "no path",
    );
    refuses(
        "ai-8",
        one(json!({"channel": 0, "device": "a", "input": "voltage0/x"})),
        &format!("{at}/input"),
        "converter",
    );
    refuses("ao-4", one(json!({"channel": 0, "device": "a", "input": "voltage0"})), &format!("{at}/output"), "missing");
    refuses(
        "ai-8",
        one(json!({"channel": 0, "device": "a", "input": "voltage0", "gain": 0})),
        &format!("{at}/gain"),
        "not 0",
    );
    refuses("di-16", json!({"kind": "iio"}), "/kind", "needs another driver");
}

#[test]
fn pwm_outputs_are_for_outputs() {
    takes("ao-4", json!({"kind": "pwm", "outputs": [{"channel": 0, "chip": "pwmchip0", "line": 1, "period_us": 200}]}));
    refuses("ai-8", json!({"kind": "pwm"}), "/kind", "for outputs");
    let one = |output: Json| json!({"kind": "pwm", "outputs": [output]});
    refuses("do-16", one(json!({"channel": 0, "chip": "a/b", "line": 0})), "/outputs/0/chip", "no path");
    refuses("do-16", one(json!({"channel": 0, "chip": "a", "line": 0, "period_us": 0})), "/outputs/0/period_us", "1..");
}

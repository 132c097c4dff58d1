//! Inputs that are followed by the events of their hardware.

use super::super::backend::{Backend, Make};
use super::super::gpio::Gpio;
use super::super::gpio::scripted::Scripted;
use super::{Stand, module};
use crate::tag::attribute::Attribute;
use crate::tag::value::Value;
use serde_json::{Value as Json, json};
use std::sync::Arc;

const LINE: &str = "/dev/sim 0";

fn stand(channels: &[Json]) -> (Stand, Scripted) {
    let chip = Scripted::default();
    let pins = chip.clone();
    let make: Make = Arc::new(move |_| Box::new(Gpio::new(Box::new(pins.clone()))) as Box<dyn Backend>);
    let lines: Vec<Json> = (0..16).map(|n| json!({"channel": n, "line": n})).collect();
    let driver = json!({"kind": "gpio", "chip": "sim", "lines": lines});
    (Stand::new(&module("dio-8-8", &driver, channels), false, Some(make)), chip)
}

fn count(stand: &Stand, channel: u8) -> Option<f64> {
    stand.state(channel).aspect(Attribute::Count)?.as_f64()
}

#[test]
fn a_train_of_1_khz_between_scans_loses_no_count() {
    let (mut stand, chip) = stand(&[json!({"channel": 0, "mode": "counter"})]);
    let mut pulses = 0;
    // Scans come every 10 ms, and once the host has no time for a third of a second.
    for gap_ms in [10_u32; 50].into_iter().chain([333]).chain([10; 50]) {
        for pulse in (0..gap_ms).rev() {
            let ago = u64::from(pulse) * 1000;
            chip.change(LINE, true, ago + 900);
            chip.change(LINE, false, ago + 400);
            pulses += 1;
        }
        stand.scan(gap_ms);
    }
    assert_eq!(count(&stand, 0), Some(f64::from(pulses)));
    assert_eq!((pulses, stand.rack.lost_events()), (1333, 0));
}

#[test]
fn changes_that_the_kernel_could_not_keep_are_counted_as_lost() {
    let (mut stand, chip) = stand(&[json!({"channel": 0, "mode": "counter"})]);
    for ago in (0..2000_u64).rev() {
        chip.change(LINE, ago % 2 == 1, ago * 100 + 50);
    }
    stand.scan(200);
    assert_eq!(stand.rack.lost_events(), 0, "only the next event tells");
    chip.change(LINE, true, 10);
    stand.scan(10);
    assert_eq!(stand.rack.lost_events(), 2000 - 1024);
    stand.shows(0, &Value::Bool(true));
}

#[test]
fn a_change_has_the_time_of_its_event() {
    let (mut stand, chip) = stand(&[json!({"channel": 0})]);
    stand.shows(0, &Value::Bool(false));
    chip.change(LINE, true, 7_000);
    stand.scan(10);
    stand.shows(0, &Value::Bool(true));
    let at = stand.state(0).at.unwrap();
    assert_eq!((stand.now.mono_us - at.mono_us, stand.now.unix_ms - at.unix_ms), (7_000, 7));
}

#[test]
fn a_bounce_shorter_than_the_filter_is_not_counted_whatever_the_scan() {
    let (mut stand, chip) = stand(&[json!({"channel": 0, "mode": "counter", "filter_ms": 2})]);
    for (level, ago) in [(true, 9_000), (false, 8_500), (true, 8_000), (false, 3_000), (true, 2_500), (false, 2_400)] {
        chip.change(LINE, level, ago);
    }
    stand.scan(10);
    assert_eq!(count(&stand, 0), Some(1.0));
}

#[test]
fn an_edit_of_one_channel_opens_no_line_of_another_anew() {
    let all = |mode: &str| {
        [json!({"channel": 0, "mode": "counter"}), json!({"channel": 1, "mode": mode}), json!({"channel": 8})]
    };
    let (mut stand, chip) = stand(&all("di"));
    for ago in [5_000, 3_000, 1_000] {
        chip.change(LINE, true, ago);
        chip.change(LINE, false, ago - 500);
    }
    stand.write(8, Attribute::Value, Value::Bool(true)).unwrap();
    stand.scan(10);
    let driver = |debounce: f64| {
        let mut lines: Vec<Json> = (0..16).map(|n| json!({"channel": n, "line": n})).collect();
        lines[1]["debounce_ms"] = json!(debounce);
        json!({"kind": "gpio", "chip": "sim", "lines": lines})
    };
    stand.edit(&module("dio-8-8", &driver(0.0), &all("counter")));
    stand.scan(10);
    assert_eq!([0, 1, 8].map(|n| chip.opened(&format!("/dev/sim {n}"))), [1, 1, 1], "a mode opens nothing");
    stand.edit(&module("dio-8-8", &driver(2.0), &all("counter")));
    stand.scan(10);
    assert_eq!([0, 1, 8].map(|n| chip.opened(&format!("/dev/sim {n}"))), [1, 2, 1], "only the line that changed");
    assert_eq!((count(&stand, 0), chip.driven("/dev/sim 8")), (Some(3.0), 1));
    stand.shows(8, &Value::Bool(true));
}

#[test]
fn a_train_of_pulses_drives_every_edge() {
    let pulse = json!({"channel": 8, "mode": "pulse", "pulse_count": 20, "pulse_on_ms": 0.5, "pulse_off_ms": 0.5});
    let (mut stand, chip) = stand(&[pulse]);
    stand.write(8, Attribute::Pulsing, Value::Bool(true)).unwrap();
    for _ in 0..200 {
        let Some(due) = stand.rack.next_change() else { break };
        stand.now.mono_us = due.max(stand.now.mono_us);
        stand.rack.settle(stand.now);
    }
    assert_eq!((chip.driven("/dev/sim 8"), chip.level("/dev/sim 8")), (40, false));
}

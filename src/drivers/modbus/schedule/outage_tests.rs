//! A device that is silent for an hour, beside one that is not: schedule and health together, as a transcript.

use super::*;
use crate::config::port::Timeout;
use crate::drivers::modbus::health::DeviceHealth;
use std::fmt::Write as _;

const MS: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);
const LOST: JobKey = JobKey { device: DeviceKey(2), job: 0 };
const NEIGHBOUR: JobKey = JobKey { device: DeviceKey(1), job: 0 };

#[test]
fn a_device_back_after_an_hour_cost_its_neighbour_nothing_and_is_read_in_full_at_its_first_answer() {
    let began = Instant::now();
    let mut now = began;
    let mut schedule = Schedule::new(1, 5, now);
    let mut health = DeviceHealth::new(2);
    for (key, phase) in [(NEIGHBOUR, 0.5), (LOST, 0.0)] {
        schedule.add(key, Some(1000 * MS), 20 * MS, Start::Fresh(phase), now);
    }
    let (leaves, returns) = (began + 10_000 * MS, began + 10_000 * MS + HOUR);
    let (mut probes, mut neighbour, mut text) = (Vec::new(), 0_u32, String::new());
    while now < returns + 70_000 * MS {
        let there = now < leaves || returns <= now;
        let at = now.duration_since(began).as_secs_f64();
        match schedule.next(now, |_| health.timeout(Timeout::Auto)) {
            Choice::Read(NEIGHBOUR) => {
                neighbour += u32::from(!there);
                now += 20 * MS;
                schedule.done(NEIGHBOUR, 20 * MS, now);
            }
            Choice::Read(key) => {
                let took = if there { 20 * MS } else { health.timeout(Timeout::Auto) };
                now += took;
                schedule.done(key, took, now);
                if there {
                    health.answered(10 * MS);
                } else {
                    writeln!(text, "missed").unwrap();
                    health.attempt_missed();
                    if health.missed(1, now) {
                        schedule.park(key);
                        schedule.set_probe(key.device, health.probe_at());
                    }
                }
                if returns <= now && text.ends_with("answered\n") {
                    writeln!(text, "read").unwrap();
                }
            }
            Choice::Probe(device) => {
                let took = if there { 20 * MS } else { health.timeout(Timeout::Auto) };
                now += took;
                schedule.probe_spent(took, now);
                if there {
                    assert!(health.answered(10 * MS), "it was silent");
                    writeln!(text, "answered").unwrap();
                    assert!(now < returns + 70_000 * MS, "heard at the latest one pause after it is back");
                    schedule.set_probe(device, None);
                    schedule.revive(LOST, now);
                } else {
                    probes.push((at, took));
                    health.missed(1, now);
                    schedule.set_probe(device, health.probe_at());
                }
            }
            Choice::Wait(until) => now = until,
            Choice::Nothing => panic!("there is always something to read"),
        }
    }
    assert_eq!(text, "missed\nmissed\nanswered\nread\n");
    assert!(health.is_online());
    assert!((3599..=3601).contains(&neighbour), "the neighbour was read {neighbour} times in the hour");
    // Doubling from 1 s to 60 s, give or take the jitter of 15 %: 6 probes in the first minute, then about one a minute.
    assert!((62..=70).contains(&probes.len()), "{} probes", probes.len());
    let pauses: Vec<f64> = probes.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    assert!(pauses.iter().all(|pause| *pause < 60.0 * 1.15 + 3.0), "{pauses:?}");
    let spent: Duration = probes.iter().map(|(_, took)| *took).sum();
    assert!(spent < HOUR / 200, "{spent:?} of the hour went into probes");
}

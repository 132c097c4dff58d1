//! The unit and its thread as they run in the product, on lines that the test moves: real time, a real store.

use super::super::backend::{Backend, Make};
use super::super::gpio::Gpio;
use super::super::gpio::scripted::Scripted;
use super::super::unit::{Memory, ModuleUnit};
use super::{module, read};
use crate::config::module::ModuleConfig;
use crate::config::tags::definitions;
use crate::runtime::commands::{Asker, Commands};
use crate::runtime::events::Events;
use crate::runtime::image::{Image, Reader};
use crate::runtime::modules::Modules;
use crate::runtime::safe_mode::{Cause, SafeMode, SafeState};
use crate::runtime::status::Detail;
use crate::runtime::unit::{Health, UnitContext};
use crate::store::{Store, StoreLimits};
use crate::tag::attribute::Attribute;
use crate::tag::id::TagName;
use crate::tag::value::Value;
use serde_json::{Value as Json, json};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Longest time any of this may take on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(20);
/// From the trip to the last output.
const SAFE_WITHIN: Duration = Duration::from_millis(100);
/// Channels 8 to 15 of a `dio-8-8` are its outputs.
const OUTPUTS: std::ops::Range<u8> = 8..16;

/// One module's unit at work.
struct Rig {
    chip: Scripted,
    commands: Commands,
    reader: Reader,
    safe: SafeMode,
    health: watch::Receiver<Health>,
    stop: CancellationToken,
    task: JoinHandle<()>,
    _config: watch::Sender<ModuleConfig>,
}

fn line(channel: u8) -> String {
    format!("/dev/sim {channel}")
}

fn dio(scan_ms: u32, channels: &[Json]) -> Json {
    let lines: Vec<Json> = (0..16).map(|n| json!({"channel": n, "line": n})).collect();
    let mut module = module("dio-8-8", &json!({"kind": "gpio", "chip": "sim", "lines": lines}), channels);
    module["scan_ms"] = json!(scan_ms);
    module
}

/// Outputs that are off when nobody is there.
fn outputs(more: &Json) -> Vec<Json> {
    let output = |channel| {
        let mut output = json!({"channel": channel, "safe": "off"});
        output.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        output
    };
    OUTPUTS.map(output).collect()
}

/// Waits until it holds.
async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "{what} did not come");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

impl Rig {
    async fn start(module: &Json, chip: &Scripted, memory: Option<Memory>) -> Self {
        let config = read(module);
        let image = Image::new();
        image.declare(definitions(&config));
        let (commands, safe) = (Commands::new(image.clone(), Events::channel().0), SafeMode::default());
        let (lead, follow) = watch::channel(config.modules.into_iter().next().unwrap());
        let pins = chip.clone();
        let make: Make = Arc::new(move |_| Box::new(Gpio::new(Box::new(pins.clone()))) as Box<dyn Backend>);
        let unit = ModuleUnit::new(follow, image.clone(), commands.clone(), Modules::default(), safe.follow());
        let unit = unit.with_hardware(make);
        let unit = if let Some(memory) = memory { unit.with_memory(memory) } else { unit };
        let (health, seen) = watch::channel(Health::Starting);
        let stop = CancellationToken::new();
        let ctx = UnitContext { stop: stop.clone(), health, detail: watch::channel(Detail::None).0 };
        #[allow(clippy::disallowed_methods, reason = "the supervisor's part, in a test")]
        let task = tokio::spawn(async move { unit.run(ctx).await.unwrap() });
        let reader = image.reader();
        let rig = Self { chip: chip.clone(), commands, reader, safe, health: seen, stop, task, _config: lead };
        until("the module", || *rig.health.borrow() == Health::Up).await;
        rig
    }

    fn attribute(&self, channel: u8, attribute: Attribute) -> Option<Value> {
        let state = self.reader.get(&TagName::parse(&format!("m/c{channel}")).unwrap()).unwrap().state;
        if attribute == Attribute::Value { state.value.clone() } else { state.aspect(attribute) }
    }

    async fn write(&self, channel: u8, attribute: Attribute, value: Value) {
        let tag = TagName::parse(&format!("m/c{channel}")).unwrap();
        let asker = Asker { source: "test".to_owned(), actor: String::new(), unix_ms: 0 };
        self.commands.write(&tag, attribute, value, asker).await.unwrap();
    }

    async fn all_on(&self) {
        for channel in OUTPUTS {
            self.write(channel, Attribute::Value, Value::Bool(true)).await;
        }
        assert!(OUTPUTS.map(line).all(|line| self.chip.level(&line)));
    }

    fn trip(&self, on: bool) {
        let causes = if on { vec![Cause::Hand] } else { vec![] };
        self.safe.set(SafeState { causes, since_ms: on.then_some(0) });
    }

    async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(PATIENCE, self.task).await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn safe_values_stand_on_the_lines_within_100_ms_of_the_trip_however_slow_the_scan() {
    let chip = Scripted::default();
    // With a scan a minute long, only a thread that is woken can do it.
    let rig = Rig::start(&dio(60_000, &outputs(&json!({}))), &chip, None).await;
    let mut times = Vec::new();
    for _ in 0..9 {
        rig.all_on().await;
        let began = Instant::now();
        rig.trip(true);
        until("the safe values", || !OUTPUTS.map(line).any(|line| chip.level(&line))).await;
        times.push(began.elapsed());
        rig.trip(false);
        let again = || rig.attribute(8, Attribute::SafeMode) == Some(Value::Bool(false));
        until("the end of the safe mode", again).await;
    }
    times.sort_unstable();
    // The middle one: another process may have the core for as long as it likes.
    assert!(times[4] < SAFE_WITHIN, "{times:?}");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_orderly_stop_leaves_the_safe_values_on_the_lines() {
    let chip = Scripted::default();
    let rig = Rig::start(&dio(60_000, &outputs(&json!({}))), &chip, None).await;
    rig.all_on().await;
    rig.stop().await;
    assert!(!OUTPUTS.map(line).any(|line| chip.level(&line)), "whoever sees the stop done finds them there");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lost_lines_are_tried_again_and_come_back_with_their_safe_values() {
    let chip = Scripted::default();
    let rig = Rig::start(&dio(5, &outputs(&json!({}))), &chip, None).await;
    rig.all_on().await;
    chip.set_broken(&line(8), true);
    until("the loss", || matches!(&*rig.health.borrow(), Health::Degraded(why) if why.contains("`c8`"))).await;
    chip.set_broken(&line(8), false);
    until("the return", || *rig.health.borrow() == Health::Up).await;
    assert_eq!(OUTPUTS.map(|channel| chip.level(&line(channel))).collect::<Vec<_>>(), {
        let mut levels = vec![true; 8];
        levels[0] = false;
        levels
    });
    assert_eq!((chip.opened(&line(8)), chip.opened(&line(9))), (2, 1), "the others stayed open");
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_train_of_half_milliseconds_has_every_pulse() {
    let chip = Scripted::default();
    let train = json!({"channel": 8, "mode": "pulse", "pulse_count": 100, "pulse_on_ms": 0.5, "pulse_off_ms": 0.5});
    let rig = Rig::start(&dio(10, &[train]), &chip, None).await;
    rig.write(8, Attribute::Pulsing, Value::Bool(true)).await;
    until("the end of the train", || rig.attribute(8, Attribute::Pulsing) == Some(Value::Bool(false))).await;
    assert_eq!((chip.driven(&line(8)), chip.level(&line(8))), (200, false));
    rig.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_pulses_in_a_second_are_all_counted() {
    let chip = Scripted::default();
    let rig = Rig::start(&dio(10, &[json!({"channel": 0, "mode": "counter"})]), &chip, None).await;
    let count = || rig.attribute(0, Attribute::Count).as_ref().and_then(Value::as_f64);
    let field = chip.clone();
    #[allow(clippy::disallowed_methods, reason = "the field's own thread, which waits for nothing but time")]
    let pulses = std::thread::spawn(move || {
        for _ in 0..1000 {
            field.change("/dev/sim 0", true, 0);
            std::thread::sleep(Duration::from_micros(500));
            field.change("/dev/sim 0", false, 0);
            std::thread::sleep(Duration::from_micros(500));
        }
    });
    pulses.join().unwrap();
    until("the last pulse", || count() == Some(1000.0)).await;
    rig.stop().await;
}

/// One run of the program in this boot of the host: what the output shows, and what a person then makes of it.
async fn run_in_boot(folder: &Path, boot: &str, chip: &Scripted, then: bool) -> Option<Value> {
    let store = Store::open(folder, StoreLimits::default()).await.unwrap();
    let memory = Memory { counts: store.kept_counts(), boots: store.host_boots(), boot: Some(boot.to_owned()) };
    let output = json!({"channel": 8, "power_on": "on", "safe": "hold"});
    let rig = Rig::start(&dio(5, &[output]), chip, Some(memory)).await;
    let shown = rig.attribute(8, Attribute::Value);
    rig.write(8, Attribute::Value, Value::Bool(then)).await;
    rig.stop().await;
    store.close().await;
    shown
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn power_on_values_come_once_in_each_boot_of_the_host_over_restarts_of_the_program() {
    let (folder, chip) = (tempfile::tempdir().unwrap(), Scripted::default());
    let (on, off) = (Some(Value::Bool(true)), Some(Value::Bool(false)));
    let run = async |boot, then| run_in_boot(folder.path(), boot, &chip, then).await;
    assert_eq!(run("first", false).await, off, "a module that is new has not booted with the host");
    assert_eq!(run("first", false).await, off, "another run in the same boot");
    assert_eq!(run("second", false).await, on, "the host has booted");
    assert_eq!(run("second", true).await, off, "once only: a person has switched it off since");
    assert_eq!(run("second", false).await, on, "and on again: it is as it was left");
}

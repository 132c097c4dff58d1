//! Racks on every kind of hardware, with a clock of the test's own.

mod contract;
mod events;
mod files;
mod kernel;
mod thread;

use super::backend::{Make, backend};
use super::rack::Rack;
use crate::config::GatewayConfig;
use crate::config::tags::definitions;
use crate::runtime::commands::{Command, WriteError};
use crate::runtime::image::{Image, Reader};
use crate::tag::attribute::Attribute;
use crate::tag::id::TagName;
use crate::tag::reading::{Stamp, TagState};
use crate::tag::value::Value;
use serde_json::{Value as Json, json};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::oneshot;

/// A rack and its image.
struct Stand {
    rack: Rack,
    image: Image,
    reader: Reader,
    now: Stamp,
}

fn read(module: &Json) -> GatewayConfig {
    let (config, problems) = GatewayConfig::parse(&json!({"format": "dinrail/1", "modules": [module]}));
    assert_eq!(problems, []);
    config
}

/// A module with channels that are named after their numbers.
fn module(model: &str, driver: &Json, channels: &[Json]) -> Json {
    let channels: Vec<Json> = channels
        .iter()
        .map(|channel| {
            let mut channel = channel.clone();
            channel["id"] = json!(format!("id{}", channel["channel"]));
            channel["name"] = json!(format!("c{}", channel["channel"]));
            channel
        })
        .collect();
    json!({"id": "m", "name": "m", "slot": 1, "model": model, "driver": driver, "channels": channels})
}

impl Stand {
    fn new(module: &Json, power_on: bool, make: Option<Make>) -> Self {
        let config = read(module);
        let image = Image::new();
        image.declare(definitions(&config));
        let now = Stamp { unix_ms: 1_800_000_000_000, mono_us: 1_000_000 };
        let make = make.unwrap_or_else(|| Arc::new(backend));
        let first = config.modules.into_iter().next().unwrap();
        let mut rack = Rack::new(first.clone(), &image, HashMap::new(), power_on, make);
        rack.configure(first, now);
        let reader = image.reader();
        let mut stand = Self { rack, image, reader, now };
        stand.scan(0);
        stand
    }

    fn edit(&mut self, module: &Json) {
        let config = read(module);
        self.image.declare(definitions(&config));
        self.rack.configure(config.modules.into_iter().next().unwrap(), self.now);
    }

    /// Some milliseconds later, as the thread would do it.
    fn scan(&mut self, ms: u32) {
        self.now.unix_ms += i64::from(ms);
        self.now.mono_us += u64::from(ms) * 1000;
        self.rack.scan(self.now);
        self.rack.tell(self.now);
    }

    fn state(&self, channel: u8) -> TagState {
        self.reader.get(&TagName::parse(&format!("m/c{channel}")).unwrap()).unwrap().state
    }

    fn value(&self, channel: u8) -> Option<Value> {
        self.state(channel).value
    }

    #[track_caller]
    fn shows(&self, channel: u8, expect: &Value) {
        let state = self.state(channel);
        let same = match (state.value.as_ref().and_then(Value::as_f64), expect.as_f64()) {
            (Some(found), Some(expect)) => (found - expect).abs() < 0.01,
            _ => state.value.as_ref() == Some(expect),
        };
        assert!(
            same && state.reason.code() == 0,
            "channel {channel}: {:?} {}, not {expect:?}",
            state.value,
            state.reason
        );
    }

    fn write(&mut self, channel: u8, attribute: Attribute, value: Value) -> Result<Value, WriteError> {
        let (reply, mut answer) = oneshot::channel();
        let tag = TagName::parse(&format!("m/c{channel}")).unwrap();
        let command = Command { tag, attribute, value, asker: "test".into(), reply };
        self.rack.write(command, self.now);
        answer.try_recv().expect("the answer comes at once")
    }
}

//! Entities that Home Assistant finds by itself (its documentation, "MQTT", section "MQTT Discovery", and the pages of the
//! integrations `binary_sensor.mqtt`, `switch.mqtt`, `sensor.mqtt`, `number.mqtt`, `text.mqtt`).

use super::posts::{Form, posts};
use crate::config::catalogue::Catalogue;
use crate::config::cloud::CloudConfig;
use crate::config::commands::Dialect;
use crate::config::mqtt::ConnectionConfig;
use crate::config::preset::Preset;
use crate::config::subscription::CommandTemplates;
use crate::config::topic::TopicContext;
use crate::tag::attribute::Attribute;
use crate::tag::def::TagDef;
use crate::tag::value::ValueType;
use serde_json::{Map, Value as Json, json};

/// Without limits of its own a number in Home Assistant goes from 1 to 100.
const WIDE: f64 = 1e12;
/// The smallest step of a number there.
const STEP: f64 = 0.001;

/// Where Home Assistant is told of the entities of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    prefix: String,
    node: String,
}

/// What Home Assistant is told of one entity: topic and payload, retained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// `homeassistant/sensor/line-3_site_6/oven_temperature_4_11/config`.
    pub topic: String,
    /// JSON.
    pub payload: String,
}

impl Place {
    /// Of a connection to Home Assistant. Each connection has a node of its own, so that none takes another's away.
    pub fn of(connection: &ConnectionConfig, appliance: &str) -> Option<Self> {
        match &connection.cloud {
            Some(CloudConfig::HomeAssistant(home)) => {
                // Where the name begins is said too: `line` with `3_ha` is not `line_3` with `ha`.
                let node = format!("{appliance}_{}_{}", connection.identity.name, appliance.len());
                Some(Self { prefix: home.prefix.clone(), node })
            }
            _ => None,
        }
    }

    /// Every topic of ours, so that the broker tells what it still keeps.
    pub fn filter(&self) -> String {
        format!("{}/+/{}/+/config", self.prefix, self.node)
    }

    /// Whether a topic is one of ours.
    pub fn has(&self, topic: &str) -> bool {
        let rest = topic.strip_prefix(self.prefix.as_str()).and_then(|rest| rest.strip_prefix('/'));
        rest.is_some_and(|rest| {
            let levels: Vec<&str> = rest.split('/').collect();
            matches!(levels.as_slice(), [_, node, _, "config"] if *node == self.node)
        })
    }
}

/// The entities of a connection, over these tags.
pub fn entities(connection: &ConnectionConfig, appliance: &str, catalogue: &Catalogue<'_>) -> Vec<Entity> {
    let Some(place) = Place::of(connection, appliance) else { return Vec::new() };
    let publications = connection
        .publications
        .iter()
        .filter(|publication| publication.identity.enabled && publication.preset == Some(Preset::Discovery));
    let mut entities: Vec<Entity> = Vec::new();
    for publication in publications {
        for post in posts(publication, appliance, catalogue) {
            let Form::Value(messages) = post.form else { continue };
            let def = catalogue.def(post.tags[0]);
            for (attribute, topic) in messages {
                let view = View { connection, appliance, def, attribute, topic: &topic };
                entities.push(view.entity(&place));
            }
        }
    }
    entities
}

/// One entity to be.
struct View<'a> {
    connection: &'a ConnectionConfig,
    appliance: &'a str,
    def: &'a TagDef,
    attribute: Attribute,
    /// Where its state is published.
    topic: &'a str,
}

impl View<'_> {
    fn entity(&self, place: &Place) -> Entity {
        let (group, name) = (self.def.name.group(), self.def.name.name());
        // The lengths keep `a_b/c` and `a/b_c` apart; a topic of discovery has letters, digits, `_` and `-` alone.
        let mut object = format!("{group}_{name}_{}_{}", group.len(), name.len());
        let mut shown = self.def.name.as_str().to_owned();
        if self.attribute != Attribute::Value {
            object = format!("{object}_{}", self.attribute);
            shown = format!("{shown} {}", self.attribute);
        }
        let mut config = Map::new();
        let mut set = |member: &str, json: Json| drop(config.insert(member.to_owned(), json));
        set("name", json!(shown));
        set("unique_id", json!(format!("dinrail_{}_{object}", place.node)));
        set("state_topic", json!(self.topic));
        let component = self.component(&mut set);
        self.availability(&mut set);
        set(
            "device",
            json!({"identifiers": [format!("dinrail_{}", self.appliance)], "name": self.appliance,
                "manufacturer": "dinrail", "sw_version": env!("CARGO_PKG_VERSION")}),
        );
        set("origin", json!({"name": "dinrail", "sw_version": env!("CARGO_PKG_VERSION")}));
        let topic = format!("{}/{component}/{}/{object}/config", place.prefix, place.node);
        Entity { topic, payload: Json::Object(config).to_string() }
    }

    /// What it is there, with the members that belong to that.
    fn component(&self, set: &mut impl FnMut(&str, Json)) -> &'static str {
        let command = self.command_topic();
        if self.is_bit() {
            set("value_template", json!("{{ 'ON' if value_json.value else 'OFF' }}"));
            let Some(command) = command else { return "binary_sensor" };
            set("command_topic", json!(command));
            for (member, text) in
                [("payload_on", "true"), ("payload_off", "false"), ("state_on", "ON"), ("state_off", "OFF")]
            {
                set(member, json!(text));
            }
            return "switch";
        }
        set("value_template", json!("{{ value_json.value }}"));
        let is_number =
            self.def.kind.is_numeric() && matches!(self.attribute, Attribute::Value | Attribute::Min | Attribute::Max);
        if is_number && !self.def.unit.is_empty() {
            set("unit_of_measurement", json!(unit(&self.def.unit)));
        }
        match (command, self.def.kind) {
            (Some(command), ValueType::String) => {
                set("command_topic", json!(command));
                set("command_template", json!("{{ {'value': value} | tojson }}"));
                "text"
            }
            (Some(command), kind) => {
                let bound = |limit: Option<f64>, usual: f64| limit.unwrap_or(usual);
                let range = kind.integer_range().filter(|_| !self.def.scaled);
                #[allow(clippy::cast_precision_loss, reason = "limits of 64 bits are cut to what a form needs")]
                let (low, high) = range.map_or((-WIDE, WIDE), |(low, high)| (low as f64, high as f64));
                set("command_topic", json!(command));
                set("min", json!(bound(self.def.write_min, low.max(-WIDE))));
                set("max", json!(bound(self.def.write_max, high.min(WIDE))));
                set("step", if range.is_some() { json!(1) } else { json!(STEP) });
                set("mode", json!("box"));
                "number"
            }
            (None, _) => {
                if is_number {
                    set("state_class", json!("measurement"));
                }
                "sensor"
            }
        }
    }

    fn is_bit(&self) -> bool {
        match self.attribute {
            Attribute::Value => self.def.kind == ValueType::Bool,
            other => matches!(
                other,
                Attribute::Counting
                    | Attribute::Overflow
                    | Attribute::Pulsing
                    | Attribute::Forced
                    | Attribute::SafeMode
            ),
        }
    }

    /// Where its value can be written: by a subscription of the same connection, in its plain form.
    fn command_topic(&self) -> Option<String> {
        if self.attribute != Attribute::Value || !self.def.can_write(Attribute::Value) {
            return None;
        }
        let subscription = self.connection.subscriptions.iter().find(|subscription| {
            subscription.identity.enabled
                && subscription.dialect == Dialect::Own
                && subscription.pointer.is_none()
                && subscription.templates == CommandTemplates::default()
                && subscription.tags.iter().any(|pattern| pattern.matches(&self.def.name))
        })?;
        let context =
            TopicContext { appliance: self.appliance, tag: Some(&self.def.name), attribute: Some(Attribute::Value) };
        Some(subscription.topic.render(context))
    }

    /// Birth and last will say whether we are there.
    fn availability(&self, set: &mut impl FnMut(&str, Json)) {
        let (Some(birth), Some(will)) = (&self.connection.birth, &self.connection.last_will) else { return };
        if birth.topic == will.topic {
            let context = TopicContext { appliance: self.appliance, tag: None, attribute: None };
            set("availability_topic", json!(birth.topic.render(context)));
            set("payload_available", json!(birth.payload));
            set("payload_not_available", json!(will.payload));
        }
    }
}

/// As Home Assistant writes it.
fn unit(unit: &str) -> &str {
    match unit {
        "degC" => "°C",
        "degF" => "°F",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::GatewayConfig;
    use crate::config::tags::definitions;

    fn found(publication: Json) -> Vec<(String, Json)> {
        let mut values =
            json!({"name": "values", "preset": "discovery", "tags": ["*/*"], "trigger": {"on_change": true}});
        values.as_object_mut().unwrap().extend(publication.as_object().unwrap().clone());
        let (config, problems) = GatewayConfig::parse(&json!({
            "format": "dinrail/1",
            "appliance": {"name": "line-3"},
            "internal": [{"name": "level", "type": "f64", "unit": "degC"}, {"name": "on", "type": "bool"},
                {"name": "note", "type": "string"}, {"name": "count", "type": "u16"}],
            "computed": [{"name": "high", "type": "bool", "expression": "internal.level > 5"}, {"name": "twice", "expression": "internal.level * 2", "unit": "kWh"}],
            "mqtt": {"connections": [{"name": "ha", "url": "mqtt://127.0.0.1", "cloud": {"kind": "home-assistant"},
                "publications": [values],
                "subscriptions": [{"name": "s", "topic": "{appliance}/set/{tag}", "tags": ["internal/*"]}]}]},
        }));
        assert_eq!(problems, []);
        let defs = definitions(&config);
        let all = entities(&config.connections[0], "line-3", &Catalogue::new(&defs));
        all.into_iter().map(|entity| (entity.topic, serde_json::from_str(&entity.payload).unwrap())).collect()
    }

    #[track_caller]
    fn check(entity: &(String, Json), topic: &str, own: Json) {
        let (found, config) = entity;
        assert_eq!(found, &format!("homeassistant/{topic}/config"));
        let mut config = config.as_object().unwrap().clone();
        for (member, expect) in [
            ("availability_topic", json!("line-3/status")),
            ("payload_available", json!("online")),
            ("payload_not_available", json!("offline")),
        ] {
            assert_eq!(config.remove(member), Some(expect), "{topic}");
        }
        assert_eq!(config.remove("device").unwrap()["identifiers"], json!(["dinrail_line-3"]));
        assert_eq!(config.remove("origin").unwrap()["name"], json!("dinrail"));
        assert_eq!(Json::Object(config), own, "{topic}");
    }

    #[test]
    fn each_tag_is_the_entity_that_fits_it() {
        let all = found(json!({}));
        assert_eq!(all.len(), 6);
        check(
            &all[0],
            "number/line-3_ha_6/internal_level_8_5",
            json!({"name": "internal/level", "unique_id": "dinrail_line-3_ha_6_internal_level_8_5",
                "state_topic": "line-3/read/internal/level/value", "value_template": "{{ value_json.value }}",
                "unit_of_measurement": "°C", "command_topic": "line-3/set/internal/level", "min": -1e12, "max": 1e12,
                "step": 0.001, "mode": "box"}),
        );
        check(
            &all[1],
            "switch/line-3_ha_6/internal_on_8_2",
            json!({"name": "internal/on", "unique_id": "dinrail_line-3_ha_6_internal_on_8_2",
                "state_topic": "line-3/read/internal/on/value", "value_template": "{{ 'ON' if value_json.value else 'OFF' }}",
                "command_topic": "line-3/set/internal/on", "payload_on": "true", "payload_off": "false",
                "state_on": "ON", "state_off": "OFF"}),
        );
        check(
            &all[2],
            "text/line-3_ha_6/internal_note_8_4",
            json!({"name": "internal/note", "unique_id": "dinrail_line-3_ha_6_internal_note_8_4",
                "state_topic": "line-3/read/internal/note/value", "value_template": "{{ value_json.value }}",
                "command_topic": "line-3/set/internal/note", "command_template": "{{ {'value': value} | tojson }}"}),
        );
        assert_eq!((&all[3].1["min"], &all[3].1["max"], &all[3].1["step"]), (&json!(0.0), &json!(65_535.0), &json!(1)));
    }

    #[test]
    fn what_cannot_be_written_is_a_sensor() {
        let all = found(json!({"tags": ["computed/*"], "topic": "ha/{tag}"}));
        check(
            &all[1],
            "sensor/line-3_ha_6/computed_twice_8_5",
            json!({"name": "computed/twice", "unique_id": "dinrail_line-3_ha_6_computed_twice_8_5",
                "state_topic": "ha/computed/twice", "value_template": "{{ value_json.value }}",
                "unit_of_measurement": "kWh", "state_class": "measurement"}),
        );
        let quality = found(json!({"tags": ["computed/twice"], "attributes": ["quality"]}));
        assert_eq!(quality[0].0, "homeassistant/sensor/line-3_ha_6/computed_twice_8_5_quality/config");
        assert_eq!(quality[0].1["name"], json!("computed/twice quality"));
    }

    #[test]
    fn topics_of_ours_are_known_again() {
        let place = Place { prefix: "home/assistant".into(), node: "line-3_ha_6".into() };
        assert_eq!(place.filter(), "home/assistant/+/line-3_ha_6/+/config");
        assert!(place.has("home/assistant/sensor/line-3_ha_6/x/config"));
        for other in
            ["home/assistant/sensor/line-4_ha_6/x/config", "home/assistant/sensor/line-3_ha_6/config", "home/x"]
        {
            assert!(!place.has(other), "{other}");
        }
    }
}

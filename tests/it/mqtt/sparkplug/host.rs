//! A host application that follows the traffic of an edge node and holds it against the numbered assertions of
//! Sparkplug 3.0. It knows nothing of the edge node but its name.

use crate::support::mqtt_broker::{Heard, Message, Packet};
use crate::support::sparkplug::{Metric, Payload, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The edge node that is looked at.
pub(super) const GROUP: &str = "plant";
pub(super) const NODE: &str = "line-3";

/// A host application.
#[derive(Debug, Default)]
pub(super) struct Host {
    /// Assertions that were looked at, by their ids.
    pub(super) held: BTreeSet<&'static str>,
    /// `bdSeq` of the last will.
    will: Option<u64>,
    subscribed: BTreeSet<(String, u8)>,
    /// While the node is born in the present connection.
    born: bool,
    /// Something was published in the present connection.
    spoke: bool,
    next_seq: u64,
    /// By alias: device and name of the metric, and its type. The device of the node's own is empty.
    aliases: BTreeMap<u64, (String, String, u64)>,
    devices: BTreeSet<String>,
    died: bool,
}

impl Host {
    /// Follows everything that a broker heard.
    #[track_caller]
    pub(super) fn follow(heard: &[Heard]) -> Self {
        let mut host = Self::default();
        for heard in heard {
            host.packet(&heard.packet);
        }
        host
    }

    /// One or more assertions that say the same, without their `tck-id-`.
    #[track_caller]
    fn holds(&mut self, ids: &'static str, it_does: bool, what: impl FnOnce() -> String) {
        assert!(it_does, "tck-id-{ids}: {}", what());
        self.held.extend(ids.split_whitespace());
    }

    #[track_caller]
    fn packet(&mut self, packet: &Packet) {
        let died = std::mem::take(&mut self.died);
        match packet {
            Packet::Connect(connect) => {
                self.holds("principles-persistence-clean-session-311", connect.clean, || format!("{connect:?}"));
                self.born = false;
                self.spoke = false;
                self.subscribed.clear();
                let will = connect.will.as_ref();
                let ids = "message-flow-edge-node-birth-publish-will-message payloads-ndeath-will-message";
                self.holds(ids, will.is_some(), || "no will".into());
                self.register(will.expect("looked at above"));
            }
            Packet::Subscribe(filters) => self.subscribed.extend(filters.iter().cloned()),
            Packet::Publish(message) => self.message(message),
            Packet::Disconnect => {
                let ids = "operational-behavior-edge-node-intentional-disconnect-ndeath
                    operational-behavior-edge-node-intentional-disconnect-packet";
                self.holds(ids, died || !self.born, || "DISCONNECT without NDEATH".into());
            }
            _ => (),
        }
    }

    #[track_caller]
    fn register(&mut self, will: &Message) {
        let topic = format!("spBv1.0/{GROUP}/NDEATH/{NODE}");
        let ids = "message-flow-edge-node-birth-publish-will-message-topic topics-ndeath-topic";
        self.holds(ids, will.topic == topic, || will.topic.clone());
        let ids = "message-flow-edge-node-birth-publish-will-message-qos payloads-ndeath-will-message-qos";
        self.holds(ids, will.qos == 1, || format!("{will:?}"));
        let ids = "message-flow-edge-node-birth-publish-will-message-will-retained payloads-ndeath-will-message-retain";
        self.holds(ids, !will.retain, || format!("{will:?}"));
        let number = self.death(will);
        let id = "message-flow-edge-node-birth-publish-will-message-payload-bdSeq topics-nbirth-bdseq-increment";
        let follows = self.will.is_none_or(|before| number == (before + 1) % 256);
        let before = self.will;
        self.holds(id, follows, || format!("{number} after {before:?}"));
        self.will = Some(number);
    }

    /// The number of a death.
    #[track_caller]
    fn death(&mut self, message: &Message) -> u64 {
        let death = Payload::read(&message.bytes);
        self.holds("topics-ndeath-seq payloads-ndeath-seq", death.seq.is_none(), || format!("{death:?}"));
        let ids = "topics-ndeath-payload message-flow-edge-node-birth-publish-will-message-payload";
        self.holds(ids, death.metrics.len() == 1, || format!("{death:?}"));
        let metric = &death.metrics[0];
        let number = match (metric.name.as_deref(), metric.datatype, &metric.value) {
            (Some("bdSeq"), Some(4), Some(Value::Long(number))) if *number < 256 => Some(*number),
            _ => None,
        };
        self.holds("payloads-ndeath-bdseq", number.is_some(), || format!("{metric:?}"));
        number.expect("looked at above")
    }

    #[track_caller]
    fn message(&mut self, message: &Message) {
        let levels: Vec<&str> = message.topic.split('/').collect();
        self.holds("topic-structure-namespace-a", levels[0] == "spBv1.0", || message.topic.clone());
        let node = (levels[1], levels[3]) == (GROUP, NODE);
        self.holds("topic-structure", node && (4..=5).contains(&levels.len()), || message.topic.clone());
        let device = levels.get(4).copied();
        let kind = levels[2];
        let id = "topic-structure-namespace-device-id-associated-message-types";
        self.holds(id, kind.starts_with('D') == device.is_some(), || message.topic.clone());
        let id = "topic-structure-namespace-device-id-non-associated-message-types";
        self.holds(id, kind.starts_with('N') == device.is_none(), || message.topic.clone());
        if kind == "NDEATH" {
            let number = self.death(message);
            let will = self.will;
            self.holds("payloads-ndeath-will-message-publisher", Some(number) == will, || {
                format!("{number}, {will:?}")
            });
            (self.born, self.died) = (false, true);
            return;
        }
        let payload = Payload::read(&message.bytes);
        let plain = message.qos == 0 && !message.retain;
        if kind == "NBIRTH" {
            return self.node_birth(message, &payload, plain);
        }
        let device = device.expect("looked at above").to_owned();
        let seq = payload.seq.unwrap_or(u64::MAX);
        let expected = self.next_seq;
        let ids = "payloads-sequence-num-always-included payloads-sequence-num-incrementing";
        self.holds(ids, seq == expected, || format!("{seq}, not {expected}: {message:?}"));
        self.next_seq = (seq + 1) % 256;
        self.holds("payloads-timestamp-in-UTC", payload.timestamp.is_some_and(is_now), || format!("{payload:?}"));
        for metric in &payload.metrics {
            self.metric(metric);
        }
        self.chronological(&payload);
        match kind {
            "DBIRTH" => self.device_birth(device, &payload, plain),
            "DDATA" => self.data(&device, &payload, plain),
            "DDEATH" => {
                self.holds("topics-ddeath-mqtt topics-ddeath-seq-num topics-ddeath-topic", plain, || {
                    format!("{message:?}")
                });
                self.holds("operational-behavior-device-ddeath", self.devices.contains(&device), || device.clone());
                self.devices.remove(&device);
            }
            other => panic!("{other} is no message of an edge node with devices alone"),
        }
    }

    #[track_caller]
    fn node_birth(&mut self, message: &Message, birth: &Payload, plain: bool) {
        let ids = "topics-nbirth-mqtt topics-nbirth-topic payloads-nbirth-qos payloads-nbirth-retain
            message-flow-edge-node-birth-publish-nbirth-qos message-flow-edge-node-birth-publish-nbirth-retained
            message-flow-edge-node-birth-publish-nbirth-topic";
        self.holds(ids, plain, || format!("{message:?}"));
        let ids = "topics-nbirth-seq-num payloads-nbirth-seq payloads-sequence-num-zero-nbirth
            message-flow-edge-node-birth-publish-nbirth-payload-seq";
        self.holds(ids, birth.seq == Some(0), || format!("{birth:?}"));
        let ids = "topics-nbirth-timestamp payloads-nbirth-timestamp";
        self.holds(ids, birth.timestamp.is_some_and(is_now), || format!("{birth:?}"));
        let will = self.will;
        let matching = birth.value("bdSeq") == will.map(Value::Long).as_ref();
        let ids = "topics-nbirth-bdseq-included payloads-nbirth-bdseq topics-nbirth-bdseq-matching payloads-nbirth-bdseq-inc
            message-flow-edge-node-birth-publish-nbirth-payload-bdSeq message-flow-edge-node-birth-publish-nbirth-payload";
        self.holds(ids, matching, || format!("{will:?}: {birth:?}"));
        if self.spoke {
            self.holds("operational-behavior-data-commands-rebirth-action-3", matching, || format!("{birth:?}"));
        }
        let rebirth = birth.metrics.iter().find(|metric| metric.name.as_deref() == Some("Node Control/Rebirth"));
        self.holds("operational-behavior-data-commands-rebirth-name", rebirth.is_some(), || format!("{birth:?}"));
        let rebirth = rebirth.expect("looked at above").clone();
        let ids = "operational-behavior-data-commands-rebirth-name-aliases";
        self.holds(ids, rebirth.alias.is_none(), || format!("{rebirth:?}"));
        let ids = "operational-behavior-data-commands-rebirth-datatype operational-behavior-data-commands-rebirth-value
            topics-nbirth-rebirth-metric payloads-nbirth-rebirth-req";
        let off = rebirth.datatype == Some(11) && rebirth.value == Some(Value::Boolean(false));
        self.holds(ids, off, || format!("{rebirth:?}"));
        let filters = [(format!("spBv1.0/{GROUP}/NCMD/{NODE}"), 1), (format!("spBv1.0/{GROUP}/DCMD/{NODE}/+"), 1)];
        let subscribed = self.subscribed.clone();
        self.holds("message-flow-edge-node-ncmd-subscribe", subscribed.contains(&filters[0]), || {
            format!("{subscribed:?}")
        });
        self.holds("message-flow-device-dcmd-subscribe", subscribed.contains(&filters[1]), || {
            format!("{subscribed:?}")
        });
        self.aliases.clear();
        self.devices.clear();
        for metric in &birth.metrics {
            let told = metric.name.is_some() && metric.datatype.is_some() && metric.value.is_some();
            self.holds("topics-nbirth-metrics", told, || format!("{metric:?}"));
            self.metric(metric);
            if metric.name != rebirth.name {
                self.alias("", metric);
            }
        }
        self.chronological(birth);
        self.born = true;
        self.spoke = true;
        self.next_seq = 1;
    }

    #[track_caller]
    fn device_birth(&mut self, device: String, birth: &Payload, plain: bool) {
        let ids = "message-flow-device-birth-publish-nbirth-wait message-flow-device-birth-publish-dbirth-match-edge-node-topic";
        self.holds(ids, self.born, || device.clone());
        let ids = "topics-dbirth-mqtt topics-dbirth-topic topics-dbirth-seq topics-dbirth-timestamp payloads-dbirth-qos
            payloads-dbirth-retain payloads-dbirth-seq payloads-dbirth-seq-inc payloads-dbirth-timestamp
            message-flow-device-birth-publish-dbirth-topic message-flow-device-birth-publish-dbirth-payload
            message-flow-device-birth-publish-dbirth-payload-seq message-flow-device-birth-publish-dbirth-qos
            message-flow-device-birth-publish-dbirth-retained";
        self.holds(ids, plain, || format!("{birth:?}"));
        self.aliases.retain(|_, (of, _, _)| *of != device);
        for metric in &birth.metrics {
            let told = metric.name.is_some() && metric.datatype.is_some() && (metric.value.is_some() || metric.is_null);
            self.holds("topics-dbirth-metrics payloads-metric-datatype-req", told, || format!("{metric:?}"));
            self.alias(&device, metric);
        }
        self.devices.insert(device);
    }

    #[track_caller]
    fn data(&mut self, device: &str, data: &Payload, plain: bool) {
        self.holds("payloads-ddata-order", self.born && self.devices.contains(device), || {
            format!("{device}: {data:?}")
        });
        let ids = "topics-ddata-mqtt topics-ddata-topic topics-ddata-seq-num topics-ddata-timestamp payloads-ddata-qos
            payloads-ddata-retain payloads-ddata-seq payloads-ddata-seq-inc payloads-ddata-timestamp";
        self.holds(ids, plain, || format!("{data:?}"));
        self.holds("topics-ddata-payload", !data.metrics.is_empty(), || format!("{data:?}"));
        for metric in &data.metrics {
            let alone = metric.alias.is_some() && metric.name.is_none();
            self.holds("payloads-alias-data-cmd-requirement", alone, || format!("{metric:?}"));
            let known = self.aliases.get(&metric.alias.expect("looked at above")).cloned();
            let told = known.as_ref().is_some_and(|(of, _, _)| of == device);
            self.holds("operational-behavior-data-publish-dbirth", told, || format!("{metric:?}: {known:?}"));
            let (_, _, datatype) = known.expect("looked at above");
            let fits = metric.is_null || metric.value.as_ref().is_some_and(|value| is_of(value, datatype));
            self.holds("payloads-metric-datatype-value", fits, || format!("{metric:?} is not of type {datatype}"));
        }
    }

    /// What holds for a metric of any message.
    #[track_caller]
    fn metric(&mut self, metric: &Metric) {
        self.holds("payloads-name-birth-data-requirement", metric.timestamp.is_some(), || format!("{metric:?}"));
        self.holds("payloads-name-requirement", metric.name.is_some() || metric.alias.is_some(), || {
            format!("{metric:?}")
        });
        for (key, datatype, value) in &metric.properties {
            if key == "Quality" {
                self.holds("payloads-propertyset-quality-value-type", *datatype == 3, || format!("{metric:?}"));
                let code = [0, 192, 500].map(Value::Int).contains(value);
                self.holds("payloads-propertyset-quality-value-value", code, || format!("{metric:?}"));
            }
        }
    }

    #[track_caller]
    fn chronological(&mut self, payload: &Payload) {
        let times: Vec<_> =
            payload.metrics.iter().filter(|metric| !metric.is_historical).map(|metric| metric.timestamp).collect();
        self.holds("operational-behavior-data-publish-dbirth-order", times.is_sorted(), || format!("{payload:?}"));
    }

    #[track_caller]
    fn alias(&mut self, device: &str, metric: &Metric) {
        self.holds("payloads-alias-birth-requirement", metric.alias.is_some(), || format!("{metric:?}"));
        let alias = metric.alias.expect("looked at above");
        let (name, datatype) = (metric.name.clone().unwrap_or_default(), metric.datatype.unwrap_or_default());
        let taken = self.aliases.insert(alias, (device.to_owned(), name, datatype));
        self.holds("payloads-alias-uniqueness", taken.is_none(), || format!("{metric:?}: {taken:?}"));
        let of_type = metric.value.as_ref().is_none_or(|value| is_of(value, datatype));
        self.holds("payloads-metric-datatype-value", of_type, || format!("{metric:?}"));
    }
}

/// Milliseconds of this time, not seconds and not of another.
fn is_now(timestamp: u64) -> bool {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    u128::from(timestamp).abs_diff(now) < 600_000
}

/// Sparkplug 3.0, 6.4.16: which values a type has.
fn is_of(value: &Value, datatype: u64) -> bool {
    match datatype {
        1..=3 | 5..=7 => matches!(value, Value::Int(_)),
        4 | 8 | 13 => matches!(value, Value::Long(_)),
        9 => matches!(value, Value::Float(_)),
        10 => matches!(value, Value::Double(_)),
        11 => matches!(value, Value::Boolean(_)),
        12 | 14 | 15 => matches!(value, Value::String(_)),
        17 | 22..=34 => matches!(value, Value::Bytes(_)),
        _ => false,
    }
}

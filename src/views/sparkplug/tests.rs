use super::command::{self, CommandError, REBIRTH};
use super::datatype::DataType;
use super::message::{data, device_birth, device_death, node_birth, node_death};
use super::metric::metric;
use super::model::{Aliases, Device, devices};
use super::payload::{Metric, MetricValue, Payload, PropertyContent};
use super::show::shown;
use super::state::HostState;
use super::topic::{Aim, Topics, state};
use crate::config::GatewayConfig;
use crate::config::catalogue::Catalogue;
use crate::config::tags::definitions;
use crate::tag::attribute::Attribute;
use crate::tag::channel::ChannelKind;
use crate::tag::def::{Origin, TagDef};
use crate::tag::quality::Reason;
use crate::tag::reading::{Raw, Reading, Stamp, TagState};
use crate::tag::value::{Value, ValueType};
use crate::views::json::TagRef;
use proptest::prelude::*;
use prost::Message as _;
use serde_json::{Value as Json, json};

const NOW: Stamp = Stamp { unix_ms: 1_767_323_045_678, mono_us: 5_000_000 };

/// A plant of two devices, of which an edge node publishes what is said.
fn gateway(publications: Json) -> GatewayConfig {
    let tag = |name: &str, address: u16, kind: &str| json!({"name": name, "table": "holding", "address": address, "type": kind});
    let (config, problems) = GatewayConfig::parse(&json!({
        "format": "dinrail/1",
        "ports": [{"name": "COM1", "kind": "serial", "path": "/dev/ttyS0"}],
        "devices": [
            {"name": "meter1", "port": "COM1", "unit_id": 1, "tags": [
                {"name": "voltage", "table": "holding", "address": 0, "type": "f32", "unit": "V"}, tag("energy", 2, "u64"),
            ]},
            {"name": "oven", "port": "COM1", "unit_id": 2, "tags": [tag("temperature", 0, "i16")]},
        ],
        "mqtt": {"connections": [{"name": "site", "url": "mqtt://127.0.0.1", "sparkplug": {"group": "plant", "edge_node": "line-3"},
            "publications": publications}]},
    }));
    assert_eq!(problems, []);
    config
}

fn model(config: &GatewayConfig) -> Vec<Device> {
    let defs = definitions(config);
    devices(&config.connections[0].publications, "line-3", &Catalogue::new(&defs))
}

fn lines(devices: &[Device]) -> Vec<String> {
    let line = |device: &Device| {
        let metrics: Vec<String> =
            device.metrics.iter().map(|metric| format!("{} {}", metric.name, metric.datatype.as_str())).collect();
        format!("{}: {}", device.name, metrics.join(", "))
    };
    devices.iter().map(line).collect()
}

fn sparkplug(members: Json) -> Json {
    let mut publication = json!({"name": "p", "tags": ["*/*"], "payload": "sparkplug"});
    publication.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    publication
}

#[test]
fn a_device_is_the_group_of_its_tags_or_the_one_that_is_named() {
    let by_group = gateway(json!([sparkplug(json!({"attributes": ["value", "max"]}))]));
    assert_eq!(
        lines(&model(&by_group)),
        [
            "meter1: voltage Float, voltage/max Float, energy UInt64, energy/max UInt64",
            "oven: temperature Int16, temperature/max Int16",
        ]
    );
    let named = gateway(json!([sparkplug(json!({"device": "hall {2}", "tags": ["oven/*", "meter1/voltage"]}))]));
    assert_eq!(lines(&model(&named)), ["hall {2}: oven/temperature Int16, meter1/voltage Float"]);
    // The same metric of two publications is one, and what is switched off shows nothing.
    let twice = json!([
        sparkplug(json!({"tags": ["oven/*"]})),
        sparkplug(json!({"name": "q", "tags": ["*/temperature"], "trigger": {"interval_ms": 60_000}})),
        sparkplug(json!({"name": "r", "enabled": false})),
    ]);
    assert_eq!(lines(&model(&gateway(twice))), ["oven: temperature Int16"]);
}

#[test]
fn an_alias_is_kept_as_long_as_its_metric_and_never_used_again() {
    let mut devices = model(&gateway(json!([sparkplug(json!({}))])));
    let mut aliases = Aliases::default();
    assert_eq!((aliases.of(&devices[0]), aliases.of(&devices[1])), (vec![16, 17], vec![18]));
    devices[0].metrics.swap(0, 1);
    assert_eq!(aliases.of(&devices[0]), [17, 16]);
    devices[0].metrics[0].datatype = DataType::Double;
    assert_eq!(aliases.of(&devices[0]), [19, 16]);
    let gone = devices[0].metrics.pop().unwrap();
    assert_eq!(aliases.of(&devices[0]), [19]);
    devices[0].metrics.push(gone);
    assert_eq!(aliases.of(&devices[0]), [19, 20]);
    let oven = devices.pop().unwrap();
    aliases.keep(&devices);
    assert_eq!(aliases.of(&oven), [21]);
}

fn tag(kind: ValueType, origin: Origin) -> TagDef {
    TagDef::plain("d/t", kind, origin)
}

#[test]
fn every_attribute_has_a_type_that_its_values_have() {
    let ai = Origin::Channel { kind: ChannelKind::Ai, mode: ChannelKind::Ai.modes()[0] };
    for kind in ValueType::ALL {
        for origin in [Origin::Modbus, Origin::Internal, ai] {
            let def = tag(kind, origin);
            let mut read = TagState::default();
            let value = match kind {
                ValueType::Bool => Value::Bool(true),
                ValueType::String => Value::Text("x".into()),
                _ => Value::U64(1),
            };
            read.apply(Reading::Good { value, raw: Raw::from_slice(&[1, 0x102]), at: NOW });
            for attribute in def.attributes() {
                let metric = metric("m".into(), TagRef { def: &def, state: &read }, attribute, NOW);
                let datatype = DataType::numbered(metric.datatype.unwrap()).unwrap();
                assert_eq!(datatype, DataType::of(&def, attribute));
                let fits = match (datatype, &metric.value) {
                    (_, None) => metric.is_null == Some(true) && def.channel().is_some(),
                    (DataType::DateTime, Some(value)) => matches!(value, MetricValue::Long(_)),
                    (DataType::UInt16Array, Some(value)) => *value == MetricValue::Bytes(vec![1, 0, 2, 1]),
                    (datatype, Some(value)) => datatype.decode(value).is_some(),
                };
                assert!(fits, "{kind} {attribute}: {metric:?}");
            }
        }
    }
}

#[test]
fn a_number_keeps_its_bits_and_one_that_does_not_fit_is_null() {
    #[track_caller]
    fn check(datatype: DataType, value: Value, expect: Option<MetricValue>) {
        assert_eq!(datatype.encode(&value), expect);
        if let Some(there) = expect {
            let back = datatype.decode(&there).unwrap();
            assert!(back.same(&value) || matches!(value, Value::F64(_)), "{back:?}");
        }
    }
    check(DataType::Int16, Value::I64(-2), Some(MetricValue::Int(0xFFFF_FFFE)));
    check(DataType::Int16, Value::I64(40_000), None);
    check(DataType::Int32, Value::I64(-1), Some(MetricValue::Int(u32::MAX)));
    check(DataType::Int64, Value::I64(i64::MIN), Some(MetricValue::Long(1 << 63)));
    check(DataType::UInt16, Value::U64(65_536), None);
    check(DataType::UInt32, Value::F64(7.0), Some(MetricValue::Int(7)));
    check(DataType::UInt32, Value::F64(7.5), None);
    check(DataType::UInt64, Value::U64(u64::MAX), Some(MetricValue::Long(u64::MAX)));
    check(DataType::Float, Value::F32(23.4), Some(MetricValue::Float(23.4)));
    check(DataType::Double, Value::F64(f64::NAN), None);
    check(DataType::Boolean, Value::U64(1), Some(MetricValue::Boolean(true)));
    // Of a narrow number hosts send all bits or its own.
    assert_eq!(DataType::Int16.decode(&MetricValue::Int(0xFFFE)), Some(Value::I64(-2)));
    assert_eq!(DataType::Int16.decode(&MetricValue::Int(0x1_0000)), None);
}

#[test]
fn what_is_bad_has_no_value_or_an_old_one_and_says_so() {
    let def = tag(ValueType::I16, Origin::Modbus);
    let look = |state: &TagState| {
        let later = Stamp { unix_ms: NOW.unix_ms + 9, ..NOW };
        let metric = metric("m".into(), TagRef { def: &def, state }, Attribute::Value, later);
        let properties = metric.properties.unwrap();
        assert_eq!((properties.keys, properties.values[0].datatype), (vec!["Quality".to_owned()], Some(3)));
        (metric.value, metric.is_null, properties.values[0].value.clone(), metric.timestamp.unwrap())
    };
    let quality = |code| Some(PropertyContent::Int(code));
    let now = u64::try_from(NOW.unix_ms).unwrap();
    let mut state = TagState::default();
    assert_eq!(look(&state), (None, Some(true), quality(0), now + 9));
    state.apply(Reading::Good { value: Value::I64(5), raw: Raw::new(), at: NOW });
    assert_eq!(look(&state), (Some(MetricValue::Int(5)), None, quality(192), now));
    state.apply(Reading::Unknown(Reason::Clock));
    assert_eq!(look(&state), (Some(MetricValue::Int(5)), None, quality(500), now));
    state.apply(Reading::Failed(Reason::NoAnswer));
    assert_eq!(look(&state), (Some(MetricValue::Int(5)), None, quality(0), now + 9));
}

#[test]
fn births_name_what_data_tells_by_alias_alone() {
    let config = gateway(json!([sparkplug(json!({"tags": ["meter1/*"]}))]));
    let (defs, devices) = (definitions(&config), model(&config));
    let mut state = TagState::default();
    state.apply(Reading::Good { value: Value::U64(7), raw: Raw::new(), at: Stamp { unix_ms: 1000, mono_us: 0 } });
    let tags = |place: usize| TagRef { def: &defs[place], state: &state };
    let birth = device_birth(devices[0].metrics.iter().map(|shown| (shown, 16, tags(shown.place))), 1, NOW);
    assert_eq!((birth.seq, birth.metrics.len()), (Some(1), 2));
    for metric in &birth.metrics {
        assert!(metric.name.is_some() && metric.alias == Some(16) && metric.datatype.is_some(), "{metric:?}");
    }
    assert_eq!(birth.metrics[0].properties.as_ref().unwrap().keys, ["Quality", "engUnit"]);

    let waiting = |name: &str, at: i64, attribute| {
        let mut state = state.clone();
        state.apply(Reading::Good { value: Value::F32(1.0), raw: Raw::new(), at: Stamp { unix_ms: at, mono_us: 0 } });
        metric(name.into(), TagRef { def: &defs[0], state: &state }, attribute, NOW)
    };
    let waited = Payload {
        metrics: vec![
            waiting("voltage", 3000, Attribute::Value),
            waiting("gone", 1, Attribute::Value),
            waiting("other", 1, Attribute::Reason),
            waiting("voltage", 2000, Attribute::Value),
        ],
        ..Payload::default()
    };
    let known = |name: &str| match name {
        "voltage" => Some((16, DataType::Float)),
        // It was a text when it waited.
        "other" => Some((17, DataType::Float)),
        _ => None,
    };
    let sent = data(waited.clone(), known, true, 255, NOW).unwrap();
    assert_eq!((sent.seq, sent.timestamp), (Some(255), Some(1_767_323_045_678)));
    let told =
        |metric: &Metric| (metric.name.clone(), metric.alias, metric.timestamp, metric.datatype, metric.is_historical);
    assert_eq!(
        sent.metrics.iter().map(told).collect::<Vec<_>>(),
        [(None, Some(16), Some(2000), None, Some(true)), (None, Some(16), Some(3000), None, Some(true))]
    );
    assert_eq!(data(waited.clone(), known, false, 0, NOW).unwrap().metrics[0].is_historical, None);
    assert_eq!(data(waited, |_| None, false, 0, NOW), None);
}

#[test]
fn the_node_is_born_and_dies_with_one_number() {
    let birth = node_birth(255, NOW);
    assert_eq!(birth.seq, Some(0));
    let rebirth = birth.metrics.iter().find(|metric| metric.name.as_deref() == Some(REBIRTH)).unwrap();
    assert_eq!((rebirth.alias, rebirth.datatype, &rebirth.value), (None, Some(11), &Some(MetricValue::Boolean(false))));
    let others = birth.metrics.iter().filter(|metric| metric.name.as_deref() != Some(REBIRTH));
    assert!(others.clone().all(|metric| metric.alias.is_some_and(|alias| alias < 16)));
    let death = node_death(255, NOW);
    assert_eq!((death.seq, death.metrics.len()), (None, 1));
    let bd_seq = &death.metrics[0];
    assert_eq!((bd_seq.name.as_deref(), bd_seq.datatype), (Some("bdSeq"), Some(4)));
    assert_eq!(bd_seq.value, birth.metrics[0].value);
    assert_eq!(device_death(9, NOW), Payload { timestamp: birth.timestamp, metrics: vec![], seq: Some(9) });
}

#[test]
fn topics_are_found_again() {
    let topics = Topics::of(gateway(json!([])).connections[0].sparkplug.as_ref().unwrap());
    assert_eq!(topics.node("NBIRTH"), "spBv1.0/plant/NBIRTH/line-3");
    assert_eq!(topics.device("DDATA", "oven"), "spBv1.0/plant/DDATA/line-3/oven");
    assert_eq!(topics.commands(), ["spBv1.0/plant/NCMD/line-3", "spBv1.0/plant/DCMD/line-3/+"]);
    assert_eq!(state("scada"), "spBv1.0/STATE/scada");
    for (topic, aim) in [
        ("spBv1.0/plant/NCMD/line-3", Some(Aim::Node)),
        ("spBv1.0/plant/DCMD/line-3/oven", Some(Aim::Device("oven"))),
        ("spBv1.0/plant/DCMD/line-3/oven/x", None),
        ("spBv1.0/plant/DCMD/line-33", None),
        ("spBv1.0/plant/NCMD/line-3/oven", None),
        ("spBv1.0/hall/NCMD/line-3", None),
    ] {
        assert_eq!(topics.aim(topic), aim, "{topic}");
    }
}

#[test]
fn a_command_is_found_and_of_its_type_or_refused() {
    let payload = |metrics: Vec<Metric>| Payload { metrics, ..Payload::default() }.encode_to_vec();
    let good = Metric { alias: Some(16), value: Some(MetricValue::Float(1.5)), ..Metric::default() };
    assert_eq!(command::read(&payload(vec![good.clone()])), Ok(vec![good.clone()]));
    assert_eq!(command::read(b"{\"value\": 1}"), Err(CommandError::NotSparkplug));
    assert_eq!(command::read(&[]), Err(CommandError::Metrics(0)));
    assert_eq!(command::read(&payload(vec![Metric::default(); 1001])), Err(CommandError::Metrics(1001)));
    assert_eq!(command::read(&vec![0; 65_537]), Err(CommandError::TooLarge(65_537)));

    let find = |metric: &Metric| {
        command::find(metric, |alias| (alias == 16).then_some(&1), |name| (name == "t").then_some(&2))
    };
    let named = |name: &str| Metric { name: Some(name.into()), ..Metric::default() };
    assert_eq!(
        (find(&good), find(&named("t")), find(&Metric::default())),
        (Ok(&1), Ok(&2), Err(CommandError::Nameless))
    );
    assert_eq!(find(&named("u")).unwrap_err().to_string(), "no birth told of a metric `u`");
    assert_eq!(
        find(&Metric { alias: Some(9), ..named("t") }).unwrap_err().to_string(),
        "no birth told of a metric with alias 9"
    );

    let value = |metric: Metric, datatype| command::value(&metric, datatype);
    assert_eq!(value(good.clone(), DataType::Float), Ok(Value::F32(1.5)));
    assert_eq!(value(good.clone(), DataType::Int16), Err(CommandError::WrongType("Int16")));
    let told = |datatype| Metric { datatype: Some(datatype), ..good.clone() };
    assert_eq!(value(told(9), DataType::Float), Ok(Value::F32(1.5)));
    assert_eq!(value(told(10), DataType::Float), Err(CommandError::WrongType("Float")));
    assert_eq!(value(Metric { is_null: Some(true), ..good.clone() }, DataType::Float), Err(CommandError::Null));
    assert_eq!(value(Metric { value: None, ..good }, DataType::Float), Err(CommandError::Null));

    let rebirth = |on| Metric { value: Some(MetricValue::Boolean(on)), ..named(REBIRTH) };
    assert_eq!((command::is_rebirth(&rebirth(true)), command::is_rebirth(&rebirth(false))), (true, false));
}

#[test]
fn a_host_is_believed_in_the_words_of_version_3_only() {
    let parse = |text: &str| HostState::parse(text.as_bytes());
    let online = r#"{"online":true,"timestamp":1668114759262}"#;
    assert_eq!(parse(online), Some(HostState { online: true, timestamp: 1_668_114_759_262 }));
    assert_eq!(parse(r#"{"timestamp":0,"online":false}"#), Some(HostState { online: false, timestamp: 0 }));
    let long = format!(r#"{{"online":true,"timestamp":1,"x":"{}"}}"#, "x".repeat(5000));
    for text in
        ["ONLINE", "OFFLINE", "", "{}", r#"{"online":1,"timestamp":1}"#, r#"{"online":true,"timestamp":-1}"#, &long]
    {
        assert_eq!(parse(text), None, "{text}");
    }
}

#[test]
fn people_see_names_types_and_values() {
    let config = gateway(json!([sparkplug(json!({"tags": ["oven/*"], "attributes": ["value", "raw"]}))]));
    let (defs, devices) = (definitions(&config), model(&config));
    let mut state = TagState::default();
    state.apply(Reading::Good { value: Value::I64(-5), raw: Raw::from_slice(&[0xFFFB]), at: NOW });
    let oven = defs.iter().find(|def| def.name.as_str() == "oven/temperature").unwrap();
    let tag = TagRef { def: oven, state: &state };
    let birth = device_birth(devices[0].metrics.iter().zip(16..).map(|(shown, alias)| (shown, alias, tag)), 1, NOW);
    let json: Json = serde_json::from_str(&shown(&birth)).unwrap();
    let metric = |name: &str, alias: u64, datatype: &str, value: Json| {
        json!({"name": name, "alias": alias, "timestamp": NOW.unix_ms, "dataType": datatype, "properties": {"Quality": 192},
            "value": value})
    };
    let metrics =
        [metric("temperature", 16, "Int16", json!(-5)), metric("temperature/raw", 17, "UInt16Array", json!([0xFFFB]))];
    assert_eq!(json, json!({"timestamp": NOW.unix_ms, "metrics": metrics, "seq": 1}));
}

proptest! {
    #[test]
    fn payloads_come_back_as_they_were_sent(
        names in prop::collection::vec((".*", any::<u64>(), 0u32..40, any::<bool>(), any::<f64>(), any::<u32>()), 0..8),
        seq in any::<u8>(),
    ) {
        let metric = |(name, alias, datatype, flag, double, int): (String, u64, u32, bool, f64, u32)| Metric {
            name: Some(name),
            alias: Some(alias),
            datatype: Some(datatype),
            is_historical: Some(flag),
            value: Some(if flag { MetricValue::Double(if double.is_nan() { 0.0 } else { double }) } else { MetricValue::Int(int) }),
            ..Metric::default()
        };
        let payload = Payload { timestamp: Some(1), metrics: names.into_iter().map(metric).collect(), seq: Some(seq.into()) };
        prop_assert_eq!(Payload::decode(payload.encode_to_vec().as_slice()).unwrap(), payload);
    }

    #[test]
    fn no_bytes_of_a_host_do_harm(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(metrics) = command::read(&bytes) {
            for metric in &metrics {
                command::is_rebirth(metric);
                for datatype in DataType::ALL {
                    drop(command::value(metric, datatype));
                }
            }
        }
        HostState::parse(&bytes);
    }
}

//! A payload as text, as the specification itself shows them.

use super::datatype::DataType;
use super::payload::{Metric, MetricValue, Payload, PropertyContent};
use crate::tag::value::Value;
use serde_json::{Map, Value as Json};

/// The payload as JSON, for people.
pub fn shown(payload: &Payload) -> String {
    let mut members = Map::new();
    put(&mut members, "timestamp", payload.timestamp);
    members.insert("metrics".to_owned(), payload.metrics.iter().map(metric).collect());
    put(&mut members, "seq", payload.seq);
    serde_json::to_string_pretty(&members).unwrap_or_default()
}

fn metric(metric: &Metric) -> Json {
    let mut members = Map::new();
    put(&mut members, "name", metric.name.as_deref());
    put(&mut members, "alias", metric.alias);
    put(&mut members, "timestamp", metric.timestamp);
    let datatype = metric.datatype.and_then(DataType::numbered);
    put(&mut members, "dataType", datatype.map(DataType::as_str));
    put(&mut members, "isHistorical", metric.is_historical);
    put(&mut members, "isNull", metric.is_null);
    if let Some(set) = &metric.properties {
        let value = |content: &Option<PropertyContent>| match content {
            Some(PropertyContent::Int(n)) => Json::from(*n),
            Some(PropertyContent::String(text)) => Json::from(text.as_str()),
            None => Json::Null,
        };
        let named = set.keys.iter().cloned().zip(set.values.iter().map(|property| value(&property.value)));
        members.insert("properties".to_owned(), named.collect());
    }
    put(&mut members, "value", metric.value.as_ref().map(|value| content(value, datatype)));
    Json::Object(members)
}

fn content(value: &MetricValue, datatype: Option<DataType>) -> Json {
    if let Some(value) = datatype.and_then(|datatype| datatype.decode(value)) {
        return value.to_json();
    }
    match value {
        MetricValue::Int(n) => Json::from(*n),
        MetricValue::Long(n) => Value::U64(*n).to_json(),
        MetricValue::Float(x) => Value::F32(*x).to_json(),
        MetricValue::Double(x) => Value::F64(*x).to_json(),
        MetricValue::Boolean(on) => Json::from(*on),
        MetricValue::String(text) => Json::from(text.as_str()),
        MetricValue::Bytes(bytes) => bytes.chunks_exact(2).map(|two| u16::from_le_bytes([two[0], two[1]])).collect(),
    }
}

fn put(members: &mut Map<String, Json>, name: &str, value: Option<impl Into<Json>>) {
    if let Some(value) = value {
        members.insert(name.to_owned(), value.into());
    }
}

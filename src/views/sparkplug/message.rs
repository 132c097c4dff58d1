//! The messages of an edge node (Sparkplug 3.0, 6.4.17 and on).

use super::command::REBIRTH;
use super::datatype::DataType;
use super::metric::{metric, millis, with_unit};
use super::model::DeviceMetric;
use super::payload::{Metric, MetricValue, Payload};
use crate::tag::reading::Stamp;
use crate::views::json::TagRef;

/// The metric that joins a birth of the node with its death.
pub const BD_SEQ: &str = "bdSeq";

/// NBIRTH: always the first, with `seq` 0. Every metric of the node has an alias but the rebirth, which must not (Sparkplug 3.0,
/// 5.12).
pub fn node_birth(bd_seq: u8, now: Stamp) -> Payload {
    let at = Some(millis(now.unix_ms));
    let own = |name: &str, alias: Option<u64>, datatype: DataType, value: MetricValue| Metric {
        name: Some(name.to_owned()),
        alias,
        timestamp: at,
        datatype: Some(datatype as u32),
        value: Some(value),
        ..Metric::default()
    };
    let text = |text: &str| MetricValue::String(text.to_owned());
    let metrics = vec![
        own(BD_SEQ, Some(1), DataType::Int64, MetricValue::Long(bd_seq.into())),
        own(REBIRTH, None, DataType::Boolean, MetricValue::Boolean(false)),
        own("Properties/Software", Some(2), DataType::String, text(env!("CARGO_PKG_NAME"))),
        own("Properties/Software Version", Some(3), DataType::String, text(env!("CARGO_PKG_VERSION"))),
    ];
    Payload { timestamp: at, metrics, seq: Some(0) }
}

/// NDEATH: nothing but `bdSeq`, and no `seq`.
pub fn node_death(bd_seq: u8, now: Stamp) -> Payload {
    let mut payload = node_birth(bd_seq, now);
    payload.metrics.truncate(1);
    payload.metrics[0].alias = None;
    Payload { seq: None, ..payload }
}

/// DBIRTH: every metric of the device with its name, alias, type and present state.
pub fn device_birth<'a>(
    metrics: impl IntoIterator<Item = (&'a DeviceMetric, u64, TagRef<'a>)>,
    seq: u8,
    now: Stamp,
) -> Payload {
    let metrics = metrics.into_iter().map(|(shown, alias, tag)| {
        let metric = metric(shown.name.clone(), tag, shown.attribute, now);
        Metric { alias: Some(alias), ..with_unit(metric, tag.def, shown.attribute) }
    });
    finished(metrics.collect(), seq, now)
}

/// DDEATH.
pub fn device_death(seq: u8, now: Stamp) -> Payload {
    finished(Vec::new(), seq, now)
}

/// DDATA, made of what waited: `known` answers alias and type of a metric as the last birth of the device told them. `None`
/// where nothing is left to tell, since no metric of it is there any more.
pub fn data(
    waited: Payload,
    known: impl Fn(&str) -> Option<(u64, DataType)>,
    is_historical: bool,
    seq: u8,
    now: Stamp,
) -> Option<Payload> {
    let finish = |metric: Metric| {
        let (alias, datatype) = known(metric.name.as_deref()?)?;
        (metric.datatype == Some(datatype as u32)).then(|| Metric {
            name: None,
            alias: Some(alias),
            datatype: None,
            is_historical: is_historical.then_some(true),
            ..metric
        })
    };
    let metrics: Vec<Metric> = waited.metrics.into_iter().filter_map(finish).collect();
    (!metrics.is_empty()).then(|| finished(metrics, seq, now))
}

/// Values of one message stand in the order of their times (Sparkplug 3.0, 5.11).
fn finished(mut metrics: Vec<Metric>, seq: u8, now: Stamp) -> Payload {
    metrics.sort_by_key(|metric| metric.timestamp);
    Payload { timestamp: Some(millis(now.unix_ms)), metrics, seq: Some(seq.into()) }
}

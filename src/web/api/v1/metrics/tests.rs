use super::*;
use crate::runtime::status::{DeviceStatus, RoundTrip};
use crate::runtime::unit::UnitKind;

#[test]
fn samples_stand_together_under_their_family_and_labels_are_escaped() {
    let traffic = TrafficStatus {
        transactions: 5,
        exceptions: BTreeMap::from([("02".to_owned(), 3)]),
        rtt_ms: RoundTrip { p50: Some(12.5), ..RoundTrip::default() },
        ..TrafficStatus::default()
    };
    let device = DeviceStatus {
        name: "meter1".into(),
        online: true,
        oldest_ms: Some(1250),
        next_due_ms: Some(40),
        traffic,
        ..DeviceStatus::default()
    };
    let all = TrafficStatus {
        timeouts: 7,
        rtt_ms: RoundTrip { p99: Some(20.0), ..RoundTrip::default() },
        ..TrafficStatus::default()
    };
    let line =
        LineStatus { devices: vec![device], utilisation: 0.25, stretch: 1.5, traffic: all, ..LineStatus::default() };
    let unit = |name: &str| UnitStatus {
        key: "line/1".into(),
        kind: UnitKind::Line,
        name: name.into(),
        health: "up",
        reason: None,
        detail: Detail::Line(Box::new(line.clone())),
    };
    let units = [unit("COM1"), unit("a\"b\\c")];
    let text = written(Some(false), [2, 0, 1], &units).to_string();
    assert!(text.contains("\ndinrail_clock_synchronised 0\n"), "{text}");
    assert!(!written(None, [2, 0, 1], &units).to_string().contains("dinrail_clock"));
    for line in [
        "# TYPE dinrail_tags gauge\ndinrail_tags{quality=\"good\"} 2\ndinrail_tags{quality=\"uncertain\"} 0\n",
        "dinrail_unit_up{kind=\"line\",unit=\"COM1\"} 1\ndinrail_unit_up{kind=\"line\",unit=\"a\\\"b\\\\c\"} 1\n",
        "dinrail_device_exceptions_total{line=\"COM1\",device=\"meter1\",code=\"02\"} 3\n",
        "dinrail_device_round_trip_seconds{line=\"COM1\",device=\"meter1\",quantile=\"0.5\"} 0.0125\n",
        "dinrail_line_utilisation_ratio{line=\"COM1\"} 0.25\n",
        "dinrail_line_stretch_ratio{line=\"COM1\"} 1.5\n",
        "dinrail_line_timeouts_total{line=\"COM1\"} 7\n",
        "dinrail_line_round_trip_seconds{line=\"COM1\",quantile=\"0.99\"} 0.02\n",
        "dinrail_device_next_due_seconds{line=\"COM1\",device=\"meter1\"} 0.04\n",
        "dinrail_device_oldest_value_seconds{line=\"COM1\",device=\"meter1\"} 1.25\n",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    let types: Vec<&str> = text.lines().filter(|line| line.starts_with("# TYPE")).collect();
    let mut once = types.clone();
    once.dedup();
    assert_eq!(types, once);
}

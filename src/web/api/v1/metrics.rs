//! Figures for Prometheus, text format 0.0.4.

use crate::config::certificate::CertificateConfig;
use crate::net::door::Door;
use crate::platform::clock;
use crate::platform::clock_sync::clock_sync;
use crate::runtime::modules::{DriverState, ModuleStatus};
use crate::runtime::snmp::SnmpStatus;
use crate::runtime::status::{
    BridgeStatus, BrokerStatus, Detail, LineStatus, ModbusServerStatus, MqttStatus, ServerStatus, TrafficStatus,
    UnitStatus, snapshot,
};
use crate::web::guards::Viewer;
use crate::web::state::WebState;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Below `/api/v1` with everything else.
pub(super) fn router() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(metrics))
}

/// Where scrapers look by themselves.
pub(super) fn at_the_root() -> OpenApiRouter<WebState> {
    OpenApiRouter::default().routes(routes!(metrics_at_the_root))
}

/// Figures for Prometheus.
#[utoipa::path(
    get, path = "/metrics", tag = "status",
    responses((status = 200, description = "Text format 0.0.4", body = String, content_type = "text/plain")),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn metrics(_: Viewer, State(state): State<WebState>) -> Response {
    let sync = clock_sync(clock::is_sensible(clock::now()));
    let mut page = written(sync.synchronised, state.reader().tally(), &snapshot(state.units()));
    page.certificates(&state.settings().certificates);
    state.access().doors().iter().for_each(|door| page.door(door));
    let text = page.to_string();
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}

/// Figures for Prometheus; the same as below `/api/v1`.
#[utoipa::path(
    get, path = "/metrics", operation_id = "metrics_at_the_root", tag = "status",
    responses((status = 200, description = "Text format 0.0.4", body = String, content_type = "text/plain")),
    security(("bearer" = ["viewer"]), ("cookie" = ["viewer"]))
)]
async fn metrics_at_the_root(who: Viewer, state: State<WebState>) -> Response {
    metrics(who, state).await
}

fn written(synchronised: Option<bool>, [good, uncertain, bad]: [usize; 3], units: &[UnitStatus]) -> Page {
    let mut page = Page::default();
    if let Some(synchronised) = synchronised {
        page.gauge(
            "dinrail_clock_synchronised",
            "1 while the clock of the host follows a time source; absent when nobody says.",
            &[],
            u8::from(synchronised),
        );
    }
    page.gauge("dinrail_info", "The program.", &[("version", env!("CARGO_PKG_VERSION"))], 1);
    for (quality, count) in [("good", good), ("uncertain", uncertain), ("bad", bad)] {
        page.gauge("dinrail_tags", "Tags by quality.", &[("quality", quality)], count);
    }
    for unit in units {
        let labels = [("kind", unit.kind.as_str()), ("unit", unit.name.as_str())];
        page.gauge(
            "dinrail_unit_up",
            "1 while the unit is at work without a doubt.",
            &labels,
            u8::from(unit.health == "up"),
        );
        match &unit.detail {
            Detail::Line(line) => page.line(&unit.name, line),
            Detail::Module(module) => page.module(module),
            Detail::Mqtt(mqtt) => match &mqtt.bridge {
                None => page.mqtt(&unit.name, mqtt),
                // A connection may have the same name.
                Some(bridge) => page.bridge(&format!("bridge/{}", unit.name), mqtt, bridge),
            },
            Detail::Broker(broker) => page.broker(broker),
            Detail::ModbusServer(server) => page.modbus_server(server),
            Detail::Snmp(snmp) => page.snmp(snmp),
            Detail::Server(server) => page.server(&unit.name, server),
            Detail::None => (),
        }
    }
    page
}

/// The families, each with its samples together, as the format asks.
#[derive(Default)]
struct Page {
    families: BTreeMap<&'static str, Family>,
}

struct Family {
    help: &'static str,
    kind: &'static str,
    samples: String,
}

/// What the families of traffic are called; their order is that of [`Page::traffic`].
struct TrafficNames {
    counters: [&'static str; 7],
    exceptions: &'static str,
    round_trip: &'static str,
}

const OF_LINES: TrafficNames = TrafficNames {
    counters: [
        "dinrail_line_transactions_total",
        "dinrail_line_timeouts_total",
        "dinrail_line_crc_errors_total",
        "dinrail_line_late_total",
        "dinrail_line_foreign_total",
        "dinrail_line_noise_bytes_total",
        "dinrail_line_echo_total",
    ],
    exceptions: "dinrail_line_exceptions_total",
    round_trip: "dinrail_line_round_trip_seconds",
};

const OF_DEVICES: TrafficNames = TrafficNames {
    counters: [
        "dinrail_device_transactions_total",
        "dinrail_device_timeouts_total",
        "dinrail_device_crc_errors_total",
        "dinrail_device_late_total",
        "dinrail_device_foreign_total",
        "dinrail_device_noise_bytes_total",
        "dinrail_device_echo_total",
    ],
    exceptions: "dinrail_device_exceptions_total",
    round_trip: "dinrail_device_round_trip_seconds",
};

impl Page {
    fn certificates(&mut self, certificates: &[CertificateConfig]) {
        for certificate in certificates {
            self.gauge(
                "dinrail_certificate_not_after_timestamp_seconds",
                "When a certificate ends, in seconds since 1970-01-01 UTC.",
                &[("certificate", &certificate.identity.name)],
                certificate.facts.not_after,
            );
        }
    }

    fn gauge(&mut self, name: &'static str, help: &'static str, labels: &[(&str, &str)], value: impl fmt::Display) {
        self.sample(name, help, "gauge", labels, value);
    }

    fn counter(&mut self, name: &'static str, help: &'static str, labels: &[(&str, &str)], value: u64) {
        self.sample(name, help, "counter", labels, value);
    }

    fn sample(
        &mut self,
        name: &'static str,
        help: &'static str,
        kind: &'static str,
        labels: &[(&str, &str)],
        value: impl fmt::Display,
    ) {
        let family = self.families.entry(name).or_insert_with(|| Family { help, kind, samples: String::new() });
        let labels: Vec<String> = labels.iter().map(|(label, text)| format!("{label}=\"{}\"", escaped(text))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        // Writing to a String does not fail.
        writeln!(family.samples, "{name}{labels} {value}").unwrap_or_default();
    }

    fn door(&mut self, door: &Door) {
        let (labels, counts) = ([("service", door.service().as_str())], door.counts());
        for (name, help, value) in [
            ("dinrail_access_refused_total", "Connections and datagrams no entry of the list names.", counts.addresses),
            ("dinrail_access_refused_requests_total", "Modbus requests their entry does not permit.", counts.requests),
            ("dinrail_access_closed_total", "Connections closed because the list changed.", counts.closed),
        ] {
            self.counter(name, help, &labels, value);
        }
    }

    fn line(&mut self, name: &str, line: &LineStatus) {
        let labels = [("line", name)];
        self.gauge("dinrail_line_open", "1 while the port is open.", &labels, u8::from(line.open));
        self.gauge(
            "dinrail_line_utilisation_ratio",
            "Share of time with characters on the wire.",
            &labels,
            line.utilisation,
        );
        self.gauge(
            "dinrail_line_waiting_ratio",
            "Share of time in which devices were waited for.",
            &labels,
            line.waiting,
        );
        for (name, help, value) in [
            ("dinrail_line_silence_ratio", "Share of time in which silence between frames was kept.", line.silence),
            ("dinrail_line_ours_ratio", "Share of time lost although something was due.", line.ours),
            ("dinrail_line_idle_ratio", "Share of time in which nothing was due.", line.idle),
            ("dinrail_line_load_ratio", "Line time the periods ask for, per time.", line.load),
            ("dinrail_line_stretch_ratio", "Every period takes this many times as long as wanted.", line.stretch),
        ] {
            self.gauge(name, help, &labels, value);
        }
        self.counter("dinrail_line_opened_total", "How often the port was opened.", &labels, line.opened);
        self.counter("dinrail_line_overruns_total", "Polls wanted and not done.", &labels, line.overruns);
        for device in &line.devices {
            let labels = [("line", name), ("device", device.name.as_str())];
            self.gauge("dinrail_device_online", "1 while the device answers.", &labels, u8::from(device.online));
            self.counter("dinrail_device_overruns_total", "Polls wanted and not done.", &labels, device.overruns);
            if let Some(ms) = device.oldest_ms {
                let seconds = Duration::from_millis(ms).as_secs_f64();
                let help = "Age of the oldest value of the device.";
                self.gauge("dinrail_device_oldest_value_seconds", help, &labels, seconds);
            }
            if let Some(ms) = device.next_due_ms {
                let seconds = Duration::from_millis(ms).as_secs_f64();
                self.gauge("dinrail_device_next_due_seconds", "Time until the next read is due.", &labels, seconds);
            }
            self.traffic(&OF_DEVICES, &labels, &device.traffic);
        }
        self.traffic(&OF_LINES, &labels, &line.traffic);
    }

    fn traffic(&mut self, of: &TrafficNames, labels: &[(&str, &str)], traffic: &TrafficStatus) {
        let counters: [(&'static str, u64); 7] = [
            ("Requests sent, retries included.", traffic.transactions),
            ("Requests without an answer in time.", traffic.timeouts),
            ("Frames with a wrong check sum.", traffic.crc_errors),
            ("Answers after their time-out.", traffic.late),
            ("Frames that answer no request.", traffic.foreign),
            ("Bytes that belong to no frame.", traffic.noise),
            ("Own requests that came back before their answers.", traffic.echo),
        ];
        for (name, (help, count)) in of.counters.iter().zip(counters) {
            self.counter(name, help, labels, count);
        }
        for (code, count) in &traffic.exceptions {
            let labels = [labels, &[("code", code.as_str())]].concat();
            self.counter(of.exceptions, "Modbus exceptions by code.", &labels, *count);
        }
        let rtt = traffic.rtt_ms;
        for (quantile, ms) in [("0.5", rtt.p50), ("0.95", rtt.p95), ("0.99", rtt.p99)] {
            if let Some(ms) = ms {
                let labels = [labels, &[("quantile", quantile)]].concat();
                self.gauge(of.round_trip, "Round trip of recent answers.", &labels, ms / 1000.0);
            }
        }
    }

    fn module(&mut self, module: &ModuleStatus) {
        let labels = [("module", module.name.as_str())];
        let open = u8::from(module.state == DriverState::Open);
        self.gauge("dinrail_module_open", "1 while the hardware of the module is at hand.", &labels, open);
        let safe = u8::from(module.safe_mode);
        self.gauge("dinrail_module_safe_mode", "1 while outputs are held at their safe values.", &labels, safe);
        self.gauge("dinrail_module_forced_channels", "Channels forced by hand.", &labels, module.forced);
        self.counter("dinrail_module_scans_total", "Scans of the module.", &labels, module.scans);
        self.counter("dinrail_module_overruns_total", "Scans wanted and not done.", &labels, module.overruns);
        let help = "Changes of inputs that the hardware saw and could not hand over.";
        self.counter("dinrail_module_lost_events_total", help, &labels, module.lost_events);
        self.counter("dinrail_module_opened_total", "How often the hardware was opened.", &labels, module.opened);
        for (quantile, us) in [("0.5", module.jitter.p50_us), ("0.99", module.jitter.p99_us)] {
            let labels = [labels[0], ("quantile", quantile)];
            let seconds = Duration::from_micros(us).as_secs_f64();
            self.gauge("dinrail_module_jitter_seconds", "How far recent scans were from their time.", &labels, seconds);
        }
    }

    fn mqtt(&mut self, name: &str, mqtt: &MqttStatus) {
        let labels = [("connection", name)];
        self.gauge("dinrail_mqtt_connected", "1 while the session is up.", &labels, u8::from(mqtt.connected));
        self.gauge("dinrail_mqtt_in_flight", "Messages that wait for their acknowledgement.", &labels, mqtt.in_flight);
        self.counter("dinrail_mqtt_connects_total", "Sessions made.", &labels, mqtt.connects);
        self.counter("dinrail_mqtt_published_total", "Messages handed to the socket.", &labels, mqtt.published);
        self.counter(
            "dinrail_mqtt_acknowledged_total",
            "Messages acknowledged or written.",
            &labels,
            mqtt.acknowledged,
        );
        self.counter("dinrail_mqtt_failed_total", "Messages given up.", &labels, mqtt.failed);
        self.counter("dinrail_mqtt_received_total", "Commands received.", &labels, mqtt.received);
        self.counter("dinrail_mqtt_refused_total", "Commands refused.", &labels, mqtt.refused);
        self.queue(name, mqtt);
    }

    fn queue(&mut self, name: &str, mqtt: &MqttStatus) {
        let (labels, queue) = ([("connection", name)], &mqtt.queue);
        self.gauge("dinrail_mqtt_queue_records", "Messages produced and not acknowledged.", &labels, queue.records);
        self.gauge("dinrail_mqtt_queue_bytes", "Bytes they take.", &labels, queue.bytes);
        self.gauge("dinrail_mqtt_queue_max_bytes", "The most they may take.", &labels, queue.max_bytes);
        self.gauge("dinrail_mqtt_queue_file_bytes", "Of the bytes, those on the disk.", &labels, queue.file_bytes);
        let troubled = u8::from(queue.trouble.is_some());
        self.gauge("dinrail_mqtt_queue_troubled", "1 while the queue's file cannot be used.", &labels, troubled);
        if let Some(ms) = queue.oldest_ms {
            let seconds = Duration::from_millis(ms).as_secs_f64();
            self.gauge("dinrail_mqtt_queue_oldest_seconds", "Age of the oldest message that waits.", &labels, seconds);
        }
        for row in &mqtt.ledger {
            let labels = [("connection", name), ("publication", &*row.name)];
            let counters = [
                ("dinrail_mqtt_ledger_produced_total", "Messages made by a publication.", row.produced),
                ("dinrail_mqtt_ledger_acknowledged_total", "Of those, acknowledged or written.", row.acknowledged),
            ];
            for (name, help, count) in counters {
                self.counter(name, help, &labels, count);
            }
            self.gauge("dinrail_mqtt_ledger_queued", "Of those, waiting or in flight.", &labels, row.queued);
            for (reason, count) in &row.dropped {
                let labels = [labels[0], labels[1], ("reason", reason)];
                self.counter("dinrail_mqtt_ledger_dropped_total", "Of those, given up, by reason.", &labels, *count);
            }
        }
    }

    fn broker(&mut self, broker: &BrokerStatus) {
        self.gauge("dinrail_broker_clients", "Clients of the embedded broker.", &[], broker.clients.len());
        let (absent, retained) = (broker.absent, broker.retained);
        self.gauge("dinrail_broker_absent_sessions", "Sessions kept for clients who are away.", &[], absent);
        self.gauge("dinrail_broker_retained_messages", "Messages retained by the broker.", &[], retained);
        self.counter("dinrail_broker_messages_in_total", "Messages from clients.", &[], broker.messages_in);
        self.counter("dinrail_broker_messages_out_total", "Messages to clients.", &[], broker.messages_out);
        self.counter("dinrail_broker_returned_total", "Messages that had come round.", &[], broker.returned);
        self.counter("dinrail_broker_refused_total", "Connections and logins refused.", &[], broker.refused);
    }

    fn bridge(&mut self, name: &str, mqtt: &MqttStatus, bridge: &BridgeStatus) {
        self.mqtt(name, mqtt);
        for (family, help, count) in [
            ("dinrail_bridge_brought_total", "Messages of the other broker handed to ours.", bridge.brought),
            ("dinrail_bridge_returned_total", "Messages not passed on as they had come round.", bridge.returned),
            ("dinrail_bridge_missed_total", "Messages that found no room on their way to the bridge.", bridge.missed),
            ("dinrail_bridge_given_up_total", "Messages the other broker closed the connection on.", bridge.given_up),
        ] {
            self.counter(family, help, &[("connection", name)], count);
        }
    }

    fn modbus_server(&mut self, server: &ModbusServerStatus) {
        self.gauge("dinrail_modbus_server_clients", "Clients of the Modbus/TCP server.", &[], server.clients.len());
        let counters = [
            ("dinrail_modbus_server_requests_total", "Requests answered.", server.requests),
            ("dinrail_modbus_server_exceptions_total", "Requests answered with an exception.", server.exceptions),
            ("dinrail_modbus_server_refused_total", "Connections refused by a list or a cap.", server.refused),
            ("dinrail_modbus_server_broken_total", "Connections that spoke no Modbus/TCP.", server.broken),
            ("dinrail_modbus_server_idled_total", "Connections closed after too long a silence.", server.idled),
            ("dinrail_modbus_server_forwarded_total", "Requests handed to a line.", server.forwarded),
            ("dinrail_modbus_server_cached_total", "Reads of devices that the image answered.", server.cached),
        ];
        for (name, help, count) in counters {
            self.counter(name, help, &[], count);
        }
    }

    fn snmp(&mut self, snmp: &SnmpStatus) {
        self.counter("dinrail_snmp_requests_total", "Messages to the SNMP agent.", &[], snmp.requests);
        self.counter("dinrail_snmp_answers_total", "Messages the SNMP agent answered.", &[], snmp.answers);
        let refused = &snmp.refused;
        for (reason, count) in [
            ("address", refused.address),
            ("version", refused.version),
            ("community", refused.community),
            ("user", refused.user),
            ("digest", refused.digest),
            ("decryption", refused.decryption),
            ("level", refused.level),
            ("time", refused.time),
            ("malformed", refused.malformed),
            ("full", refused.full),
        ] {
            let help = "Messages to the SNMP agent that were not let in.";
            self.counter("dinrail_snmp_refused_total", help, &[("reason", reason)], count);
        }
        for receiver in &snmp.receivers {
            let labels = [("receiver", receiver.name.as_str())];
            let waiting = receiver.waiting;
            self.gauge("dinrail_snmp_notifications_waiting", "Notifications that wait.", &labels, waiting);
            self.counter("dinrail_snmp_notifications_sent_total", "Notifications sent.", &labels, receiver.sent);
            let help = "Informs acknowledged.";
            self.counter("dinrail_snmp_notifications_acknowledged_total", help, &labels, receiver.acknowledged);
            let help = "Attempts to deliver a notification that failed; it is kept and tried again.";
            self.counter("dinrail_snmp_notifications_failed_total", help, &labels, receiver.failed);
            let help = "Notifications lost because too many were waiting.";
            self.counter("dinrail_snmp_notifications_dropped_total", help, &labels, receiver.dropped);
        }
    }

    fn server(&mut self, name: &str, server: &ServerStatus) {
        let labels = [("server", name)];
        self.gauge("dinrail_server_connections", "Open connections.", &labels, server.connections);
        let help = "Open connections on which nobody has logged in or shown a token yet.";
        self.gauge("dinrail_server_strangers", help, &labels, server.strangers);
        let counters = [
            ("dinrail_server_refused_total", "Connections refused by a list or a cap.", server.refused),
            ("dinrail_server_put_out_total", "Strangers' connections closed because others came.", server.put_out),
            ("dinrail_server_failed_handshakes_total", "TLS handshakes that failed.", server.failed_handshakes),
        ];
        for (name, help, count) in counters {
            self.counter(name, help, &labels, count);
        }
    }
}

impl fmt::Display for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, family) in &self.families {
            write!(f, "# HELP {name} {}\n# TYPE {name} {}\n{}", family.help, family.kind, family.samples)?;
        }
        Ok(())
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests;

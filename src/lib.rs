//! dinrail: the software of an industrial remote-I/O head and Modbus gateway.
//!
//! This page is the map of the house. A module names only modules on lower floors; rooms of one floor never name each
//! other. `tests/it/floors.rs` checks it from the source text.
//!
//! | floor | module | what lives there |
//! |---|---|---|
//! | 0: values; no tokio, no files, no clock | [`tag`] | names, values, qualities, readings, scales, deadbands |
//! | | [`modbus`] | addresses, orders, words, PDUs, frames, blocks |
//! | | [`expr`] | expressions over points: names used, evaluation with quality, bounded cost |
//! | | [`channel`] | what an I/O channel does: filters, counters, pulses, ranges, linearisation |
//! | | [`config`] | the JSON document, validated settings, rules across parts |
//! | | [`views`] | how points look elsewhere: topics, payloads, the MIB |
//! | | [`tables`] | tags as tables: CSV, XLSX and the files of other programs, in and out |
//! | 1: rooms side by side | [`runtime`] | image, commands, supervisor, units, status, events |
//! | | [`store`] | SQLite: the only SQL |
//! | | [`net`] | TLS, listeners, allow-lists, caps |
//! | | [`platform`] | the host's clock and folders |
//! | 2 | [`drivers`] | the field side: `modbus`, `local_io`, `internal`, `computed` |
//! | | [`faces`] | protocols shown to others: `mqtt` (with bridges), `broker`, `modbus_server`, `snmp` |
//! | | [`services`] | what joins runtime and store: configuration, event log, watches over health, access, certificates and queues |
//! | 3 | [`web`] | browser pages and REST |
//! | | [`sim`] | a simulated field |
//! | over all | [`app`], [`cli`] | the wiring; the command line |
//!
//! Three flows, each one way:
//!
//! ```text
//! field --Reading--> image::Writer | image::Reader --changes--> faces, web
//! face, web --Command--> commands --inbox--> the driver that owns the tag --(the field answers)--> Writer
//! form, REST, import --> document --> check --> store.save(expected revision) --> watch --> supervisor --> units
//! ```
//!
//! **A tag** is a named value, `group/name`. **A point** is (tag, attribute); every face is a view of the same points.
//! **The image** is the latest state of every tag. **A unit** is one supervised running part: a line, an MQTT
//! connection, a server. Each unit is a struct with `run(self, ctx)`, follows its configuration on a watch, and applies
//! a change while it runs; the supervisor restarts what fails and nothing else.

pub mod app;
pub mod channel;
pub mod cli;
pub mod config;
pub mod drivers;
pub mod expr;
pub mod faces;
pub mod modbus;
pub mod net;
pub mod platform;
pub mod runtime;
pub mod services;
pub mod sim;
pub mod store;
pub mod tables;
pub mod tag;
pub mod views;
pub mod web;

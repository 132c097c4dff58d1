//! The web, through its real door: TLS, cookies, roles, REST, streams.

mod access;
mod certificates;
mod clouds;
mod computed;
mod configuration;
mod crowd;
pub(crate) mod door;
mod feasibility;
mod import;
mod lessons;
mod lines;
mod log;
mod objects;
mod plain;
mod roles;
mod safe_mode;
mod server;
mod stream;
mod tags;
mod words;

//! The connection as an edge node of Eclipse Sparkplug 3.0 with payloads of Sparkplug B: what it shows, in which messages, and
//! what it reads of a host.
//!
//! A publication names tags; the group of a tag, or the device that the publication names, is the device it belongs to, and
//! each attribute is a metric. Data waits for the broker with the names of its metrics ([`metric`]); their aliases, `seq` and
//! the mark of what is historical are written when it is sent ([`message::data`]), since only then they are known.

pub mod command;
pub mod datatype;
pub mod message;
pub mod metric;
pub mod model;
pub mod payload;
pub mod show;
pub mod state;
pub mod topic;

#[cfg(test)]
mod tests;

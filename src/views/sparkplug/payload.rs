//! The payload of Sparkplug B as Protocol Buffers have it (Sparkplug 3.0, 6.4.1): the parts an edge node sends and reads.
//! Data sets, templates and metadata are none of ours; reading skips them.

use prost::{Message, Oneof};

/// What a message says.
#[derive(Clone, PartialEq, Message)]
pub struct Payload {
    /// When it was sent, in milliseconds since 1970-01-01 UTC.
    #[prost(uint64, optional, tag = "1")]
    pub timestamp: Option<u64>,
    /// Of what it speaks.
    #[prost(message, repeated, tag = "2")]
    pub metrics: Vec<Metric>,
    /// Its place among the messages of the edge node, 0..255; a death of the node and commands have none.
    #[prost(uint64, optional, tag = "3")]
    pub seq: Option<u64>,
}

/// One metric.
#[derive(Clone, PartialEq, Message)]
pub struct Metric {
    /// Its name; in data and commands the alias stands for it.
    #[prost(string, optional, tag = "1")]
    pub name: Option<String>,
    /// A number of the edge node's own, told with the birth.
    #[prost(uint64, optional, tag = "2")]
    pub alias: Option<u64>,
    /// When the value was taken, in milliseconds since 1970-01-01 UTC.
    #[prost(uint64, optional, tag = "3")]
    pub timestamp: Option<u64>,
    /// See [`DataType`](super::datatype::DataType).
    #[prost(uint32, optional, tag = "4")]
    pub datatype: Option<u32>,
    /// It is of the past, told late.
    #[prost(bool, optional, tag = "5")]
    pub is_historical: Option<bool>,
    /// No historian is to keep it.
    #[prost(bool, optional, tag = "6")]
    pub is_transient: Option<bool>,
    /// There is no value.
    #[prost(bool, optional, tag = "7")]
    pub is_null: Option<bool>,
    /// What is said beside the value.
    #[prost(message, optional, tag = "9")]
    pub properties: Option<PropertySet>,
    /// The value.
    #[prost(oneof = "MetricValue", tags = "10, 11, 12, 13, 14, 15, 16")]
    pub value: Option<MetricValue>,
}

/// A value as the wire has it. Signed numbers are the bits of their two's complement.
#[derive(Clone, PartialEq, Oneof)]
pub enum MetricValue {
    /// Integers of up to 32 bits.
    #[prost(uint32, tag = "10")]
    Int(u32),
    /// Integers of 64 bits, and times.
    #[prost(uint64, tag = "11")]
    Long(u64),
    /// 32-bit float.
    #[prost(float, tag = "12")]
    Float(f32),
    /// 64-bit float.
    #[prost(double, tag = "13")]
    Double(f64),
    /// On or off.
    #[prost(bool, tag = "14")]
    Boolean(bool),
    /// Text.
    #[prost(string, tag = "15")]
    String(String),
    /// Arrays.
    #[prost(bytes = "vec", tag = "16")]
    Bytes(Vec<u8>),
}

/// Properties by their names, in two lists of one length.
#[derive(Clone, PartialEq, Message)]
pub struct PropertySet {
    /// The names.
    #[prost(string, repeated, tag = "1")]
    pub keys: Vec<String>,
    /// The values.
    #[prost(message, repeated, tag = "2")]
    pub values: Vec<PropertyValue>,
}

/// The value of a property.
#[derive(Clone, PartialEq, Message)]
pub struct PropertyValue {
    /// See [`DataType`](super::datatype::DataType).
    #[prost(uint32, optional, tag = "1")]
    pub datatype: Option<u32>,
    /// The value.
    #[prost(oneof = "PropertyContent", tags = "3, 8")]
    pub value: Option<PropertyContent>,
}

/// The values that properties of ours have.
#[derive(Clone, PartialEq, Oneof)]
pub enum PropertyContent {
    /// Integers of up to 32 bits.
    #[prost(uint32, tag = "3")]
    Int(u32),
    /// Text.
    #[prost(string, tag = "8")]
    String(String),
}

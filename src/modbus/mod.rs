//! Floor 0: what Modbus is made of. Pure: bytes and values in, bytes and values out; no clock, no files.
//!
//! In reading order: where a value lies ([`address`]), how its bytes are ordered ([`order`]), how registers become
//! values and back ([`words`]), the messages ([`pdu`], [`shape`]), the serial frames ([`rtu`], [`ascii`]), that of TCP
//! ([`mbap`]), how a reply is found on a line ([`receive`], [`framing`]), its time on the wire ([`wire`]), what a transaction costs ([`cost`]), how tags
//! become few reads ([`blocks`]), what a device teaches about reading it ([`lessons`]); and how a server understands and
//! answers requests ([`server`]).

pub mod address;
pub mod ascii;
pub mod blocks;
pub mod cost;
pub mod framing;
pub mod lessons;
pub mod mbap;
pub mod order;
pub mod pdu;
pub mod receive;
pub mod rtu;
pub mod server;
pub mod shape;
pub mod wire;
pub mod words;

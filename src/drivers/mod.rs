//! Floor 2: the field side. A driver owns a piece of the field and writes what it sees into the image.

pub mod modbus;

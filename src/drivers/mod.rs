//! Floor 2: the field side. A driver owns its tags: it holds their writer and answers their commands.

pub mod computed;
pub mod internal;
pub mod local_io;
pub mod modbus;

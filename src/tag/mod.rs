//! Floor 0: the nouns every other room speaks of. A **point** is (tag, attribute).

pub mod attribute;
pub mod channel;
pub mod deadband;
pub mod def;
pub mod id;
pub mod pattern;
pub mod quality;
pub mod reading;
pub mod scale;
pub mod value;

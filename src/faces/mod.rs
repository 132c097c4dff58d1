//! Floor 2: the image as others see it. Rooms of this floor are strangers to each other.

pub mod mqtt;

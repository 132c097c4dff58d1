//! The versions of the protocol.

/// One protocol version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// SNMPv1: communities, no 64-bit counters, no informs.
    V1,
    /// SNMPv2c: communities.
    V2c,
    /// SNMPv3: users.
    V3,
}

impl Version {
    /// `v1`, `v2c`, `v3`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2c => "v2c",
            Self::V3 => "v3",
        }
    }
}

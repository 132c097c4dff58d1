//! Who shares an address: what caps and throttles count as one.

use std::fmt;
use std::net::IpAddr;

/// One IPv4 address, or the /64 of an IPv6 address: one customer has all of it (RFC 6177).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Network(IpAddr);

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        // A v4 client of a dual-stack listener comes as ::ffff:a.b.c.d.
        match address.to_canonical() {
            IpAddr::V6(six) => Self(IpAddr::V6((u128::from(six) >> 64 << 64).into())),
            four @ IpAddr::V4(_) => Self(four),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(four) => write!(f, "{four}"),
            IpAddr::V6(six) => write!(f, "{six}/64"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_v6_neighbourhood_is_one_and_v4_addresses_are_apart() {
        let network = |text: &str| Network::from(text.parse::<IpAddr>().unwrap());
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:1"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
        assert_eq!(network("::ffff:10.0.0.1"), network("10.0.0.1"));
        assert_ne!(network("10.0.0.1"), network("10.0.0.2"));
    }
}

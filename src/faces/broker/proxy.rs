//! PROXY protocol version 2: tells the broker behind the front who the client really is.
//! <https://www.haproxy.org/download/1.8/doc/proxy-protocol.txt>, section 2.2.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// Version 2, command PROXY.
const PROXY: u8 = 0x21;
const TCP_OVER_V4: u8 = 0x11;
const TCP_OVER_V6: u8 = 0x21;

/// The header that precedes the client's own bytes.
pub(super) fn header(client: SocketAddr, listener: SocketAddr) -> Vec<u8> {
    let mut header = SIGNATURE.to_vec();
    // By the client's family alone: the broker must know an IPv4 client of a listener for both as the front does.
    match client.ip().to_canonical() {
        IpAddr::V4(client) => {
            let listener = match listener.ip().to_canonical() {
                IpAddr::V4(listener) => listener,
                IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
            };
            header.extend([PROXY, TCP_OVER_V4, 0, 12]);
            header.extend(client.octets());
            header.extend(listener.octets());
        }
        IpAddr::V6(client) => {
            header.extend([PROXY, TCP_OVER_V6, 0, 36]);
            header.extend(client.octets());
            header.extend(as_v6(listener.ip()));
        }
    }
    header.extend(client.port().to_be_bytes());
    header.extend(listener.port().to_be_bytes());
    header
}

fn as_v6(address: IpAddr) -> [u8; 16] {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    }
}

/// The one form of an address under which front and broker know a client.
pub(super) fn canonical(client: SocketAddr) -> SocketAddr {
    SocketAddr::new(client.ip().to_canonical(), client.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(client: &str, listener: &str, expect: &[u8]) {
        let header = header(client.parse().unwrap(), listener.parse().unwrap());
        assert_eq!(&header[..12], &SIGNATURE);
        assert_eq!(&header[12..], expect);
    }

    #[test]
    fn both_families_are_written_as_the_standard_says() {
        check("10.1.2.3:258", "10.0.0.1:1883", &[0x21, 0x11, 0, 12, 10, 1, 2, 3, 10, 0, 0, 1, 1, 2, 7, 0x5B]);
        check(
            "[::ffff:10.1.2.3]:258",
            "[::ffff:10.0.0.1]:1883",
            &[0x21, 0x11, 0, 12, 10, 1, 2, 3, 10, 0, 0, 1, 1, 2, 7, 0x5B],
        );
        check("[::ffff:10.1.2.3]:258", "[::]:1883", &[0x21, 0x11, 0, 12, 10, 1, 2, 3, 0, 0, 0, 0, 1, 2, 7, 0x5B]);
        let mut six = vec![0x21, 0x21, 0, 36];
        six.extend([0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9]);
        six.extend([0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        six.extend([1, 2, 7, 0x5B]);
        check("[fd00::9]:258", "[fd00::1]:1883", &six);
    }
}

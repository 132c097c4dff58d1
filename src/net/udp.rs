//! A UDP socket whose answers come from the address that was asked. A host of several addresses would otherwise answer from
//! the one its routes prefer, and who asked takes no answer from a stranger.

use nix::libc::{in_addr, in_pktinfo, in6_addr, in6_pktinfo};
use nix::sys::socket::sockopt::{Ipv4PacketInfo, Ipv6RecvPacketInfo};
use nix::sys::socket::{ControlMessage, ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, sendmsg, setsockopt};
use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::AsRawFd as _;
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// Room for what the kernel says of where a datagram was sent to, of both families (`cmsg(3)`).
const CONTROL: usize = 128;

/// Who sent a datagram, and to which of our addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Way {
    /// Who asked.
    pub peer: SocketAddr,
    /// The address that was asked; none where the socket has only one.
    pub asked: Option<IpAddr>,
}

/// The socket.
#[derive(Debug)]
pub struct AnsweringSocket {
    socket: UdpSocket,
    /// Whether it listens on more than one address.
    many: bool,
}

impl AnsweringSocket {
    /// Listens on an address; an unspecified one is every address of its family, and `[::]` those of IPv4 too where the
    /// host says so.
    pub async fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = UdpSocket::bind(address).await?;
        let many = address.ip().is_unspecified();
        if many && address.is_ipv4() {
            setsockopt(&socket, Ipv4PacketInfo, &true)?;
        } else if many {
            setsockopt(&socket, Ipv6RecvPacketInfo, &true)?;
        }
        Ok(Self { socket, many })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// The next datagram: its length and its way. Cancel-safe: what is not taken stays in the socket.
    pub async fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, Way)> {
        if !self.many {
            let (length, peer) = self.socket.recv_from(buffer).await?;
            return Ok((length, Way { peer, asked: None }));
        }
        self.socket.async_io(Interest::READABLE, || receive(&self.socket, buffer)).await
    }

    /// Answers from the address that was asked.
    pub async fn answer(&self, datagram: &[u8], way: Way) -> io::Result<()> {
        let sent = match way.asked {
            None => self.socket.send_to(datagram, way.peer).await,
            Some(from) => {
                self.socket.async_io(Interest::WRITABLE, || send(&self.socket, datagram, way.peer, from)).await
            }
        };
        sent.map(drop)
    }
}

fn receive(socket: &UdpSocket, buffer: &mut [u8]) -> io::Result<(usize, Way)> {
    let mut control = [0; CONTROL];
    let mut parts = [IoSliceMut::new(buffer)];
    let message =
        recvmsg::<SockaddrStorage>(socket.as_raw_fd(), &mut parts, Some(&mut control), MsgFlags::MSG_DONTWAIT)?;
    let asked = message.cmsgs()?.find_map(|said| match said {
        // Of a broadcast, the specific destination is the interface's own address: that answers.
        ControlMessageOwned::Ipv4PacketInfo(info) => {
            Some(IpAddr::V4(Ipv4Addr::from(info.ipi_spec_dst.s_addr.to_ne_bytes())))
        }
        ControlMessageOwned::Ipv6PacketInfo(info) => Some(IpAddr::from(info.ipi6_addr.s6_addr)),
        _ => None,
    });
    let from = message.address.ok_or(io::ErrorKind::InvalidData)?;
    let v4 = from.as_sockaddr_in().map(|from| SocketAddr::from(std::net::SocketAddrV4::from(*from)));
    let v6 = || from.as_sockaddr_in6().map(|from| SocketAddr::from(std::net::SocketAddrV6::from(*from)));
    let peer = v4.or_else(v6).ok_or(io::ErrorKind::InvalidData)?;
    Ok((message.bytes, Way { peer, asked: asked.filter(|address| !address.is_multicast()) }))
}

fn send(socket: &UdpSocket, datagram: &[u8], peer: SocketAddr, from: IpAddr) -> io::Result<usize> {
    let (parts, peer) = ([IoSlice::new(datagram)], SockaddrStorage::from(peer));
    let send = |from: ControlMessage<'_>| {
        sendmsg(socket.as_raw_fd(), &parts, &[from], MsgFlags::MSG_DONTWAIT, Some(&peer)).map_err(io::Error::from)
    };
    match from {
        IpAddr::V4(from) => {
            let spec_dst = in_addr { s_addr: u32::from_ne_bytes(from.octets()) };
            let info = in_pktinfo { ipi_ifindex: 0, ipi_spec_dst: spec_dst, ipi_addr: in_addr { s_addr: 0 } };
            send(ControlMessage::Ipv4PacketInfo(&info))
        }
        IpAddr::V6(from) => {
            let info = in6_pktinfo { ipi6_addr: in6_addr { s6_addr: from.octets() }, ipi6_ifindex: 0 };
            send(ControlMessage::Ipv6PacketInfo(&info))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks at this address of the host, and takes an answer from nobody else.
    async fn ask(bound: &str, asked: &str) -> io::Result<()> {
        let socket = AnsweringSocket::bind(bound.parse().unwrap()).await?;
        let port = socket.local_addr()?.port();
        let asked = SocketAddr::new(asked.parse().unwrap(), port);
        let client = UdpSocket::bind(if asked.is_ipv4() { "127.0.0.1:0" } else { "[::1]:0" }).await?;
        client.connect(asked).await?;
        client.send(b"who").await?;
        let mut buffer = [0; 100];
        let (length, way) = socket.receive(&mut buffer).await?;
        assert_eq!((&buffer[..length], way.peer.port()), (&b"who"[..], client.local_addr()?.port()));
        socket.answer(b"me", way).await?;
        let answer = tokio::time::timeout(std::time::Duration::from_secs(5), client.recv(&mut buffer)).await;
        assert_eq!(answer.expect("an answer from the address that was asked")?, 2);
        Ok(())
    }

    #[tokio::test]
    async fn answers_come_from_the_address_that_was_asked() {
        for (bound, asked) in [
            ("0.0.0.0:0", "127.0.0.1"),
            ("0.0.0.0:0", "127.0.0.2"),
            ("0.0.0.0:0", "127.9.8.7"),
            ("127.0.0.2:0", "127.0.0.2"),
        ] {
            ask(bound, asked).await.unwrap();
        }
        // Where the host has IPv6.
        if UdpSocket::bind("[::1]:0").await.is_ok() {
            ask("[::]:0", "::1").await.unwrap();
            ask("[::1]:0", "::1").await.unwrap();
            ask("[::]:0", "127.0.0.3").await.unwrap();
        }
    }
}

//! A Modbus/TCP client as a test needs one: whole frames, in and out.

use super::wait::PATIENCE;
use dinrail::modbus::mbap::{self, Decoder, Message};
use std::net::SocketAddr;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// One connection.
pub(crate) struct ModbusClient<S = TcpStream> {
    stream: S,
    decoder: Decoder,
    next: u16,
}

impl ModbusClient {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self::over(stream)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> ModbusClient<S> {
    pub(crate) fn over(stream: S) -> Self {
        Self { stream, decoder: Decoder::default(), next: 0 }
    }

    /// The PDU of the answer.
    pub(crate) async fn ask(&mut self, unit: u8, pdu: &[u8]) -> Vec<u8> {
        self.next = self.next.wrapping_add(1);
        self.send(&mbap::frame(self.next, unit, pdu)).await;
        let message = self.receive().await.expect("the connection stays open");
        assert_eq!((message.transaction, message.unit), (self.next, unit));
        message.pdu
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// The next answer; none when the server closes.
    pub(crate) async fn receive(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = self.decoder.next().unwrap() {
                return Some(message);
            }
            let mut bytes = [0; 4096];
            let read = timeout(PATIENCE, self.stream.read(&mut bytes)).await.expect("an answer in time");
            match read {
                Ok(0) | Err(_) => return None,
                Ok(count) => self.decoder.push(&bytes[..count]),
            }
        }
    }

    /// What comes next, whatever it is; nothing when the server closes.
    pub(crate) async fn bytes(&mut self) -> Vec<u8> {
        let mut bytes = [0; 4096];
        let read = timeout(PATIENCE, self.stream.read(&mut bytes)).await.expect("an answer in time");
        bytes[..read.unwrap_or(0)].to_vec()
    }

    /// The registers of a read by function 3.
    pub(crate) async fn holding(&mut self, unit: u8, address: u16, count: u16) -> Vec<u16> {
        let ([a, b], [c, d]) = (address.to_be_bytes(), count.to_be_bytes());
        let reply = self.ask(unit, &[3, a, b, c, d]).await;
        assert_eq!(reply[0], 3, "{reply:02X?}");
        reply[2..].chunks(2).map(|two| u16::from_be_bytes([two[0], two[1]])).collect()
    }
}

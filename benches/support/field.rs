//! Modbus/TCP devices in a process of their own, as the benches need them: nothing beside the frames.

use anyhow::Result;
use dinrail::sim::bank::Bank;
use dinrail::sim::slave::answer;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// So many ports, each with this many registers, until the process is ended; the addresses are told line by line. Each
/// connection has a bank of its own and `change` from `changes`, which is given every request before it is answered.
pub(crate) fn field<C>(ports: usize, registers: u16, changes: fn() -> C) -> Result<()>
where
    C: FnMut(&mut Bank, &[u8], Duration) + 'static,
{
    let mut threads = Vec::new();
    for _ in 0..ports {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        println!("{}", listener.local_addr()?);
        threads.push(std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // The master closed it, or the bench is over.
                device(stream, registers, changes()).ok();
            }
        }));
    }
    for thread in threads {
        thread.join().ok();
    }
    Ok(())
}

/// Modbus messaging on TCP/IP V1.0b, 3.1.3: transaction, protocol 0, length, unit, PDU.
fn device(mut stream: TcpStream, registers: u16, mut change: impl FnMut(&mut Bank, &[u8], Duration)) -> Result<()> {
    stream.set_nodelay(true)?;
    let (mut bank, began) = (Bank::new(registers.into()), Instant::now());
    let mut head = [0; 7];
    loop {
        stream.read_exact(&mut head)?;
        let length = usize::from(u16::from_be_bytes([head[4], head[5]]));
        let mut pdu = vec![0; length.saturating_sub(1)];
        stream.read_exact(&mut pdu)?;
        change(&mut bank, &pdu, began.elapsed());
        let reply = answer(&mut bank, &pdu, began.elapsed());
        let length = u16::try_from(reply.len() + 1)?.to_be_bytes();
        stream.write_all(&[&head[..4], &length, &head[6..7], &reply].concat())?;
    }
}

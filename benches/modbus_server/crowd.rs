//! 256 connections, 100 of which send their requests byte by byte and never to the end: what the others notice of it.

use crate::load::{Load, REQUEST};
use crate::servers::Server;
use anyhow::Result;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const SLOW: usize = 100;
const IDLE: usize = 146;
/// Between two bytes of a slow one.
const DRIP: Duration = Duration::from_millis(50);

/// The p99 of ten clients at half of the load they can make, alone and in the crowd, in microseconds; and the memory of
/// the server before and with it, in KiB.
pub(crate) async fn crowd(server: &Server, half: Load) -> Result<([f64; 2], [u64; 2])> {
    let (alone, before) = (half.on(server.address).await?.p99_us, server.memory()?);
    let mut crowd = JoinSet::new();
    for place in 0..SLOW + IDLE {
        let mut stream = TcpStream::connect(server.address).await?;
        crowd.spawn(async move {
            if SLOW <= place {
                return std::future::pending().await;
            }
            // All but the last byte, then nothing: half a request is no sign of life.
            for byte in &REQUEST[..REQUEST.len() - 1] {
                if stream.write_all(&[*byte]).await.is_err() {
                    return;
                }
                tokio::time::sleep(DRIP).await;
            }
            std::future::pending::<()>().await;
            drop(stream);
        });
    }
    let with = half.on(server.address).await?.p99_us;
    Ok(([alone, with], [before, server.memory()?]))
}

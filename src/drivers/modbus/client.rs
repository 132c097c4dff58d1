//! `tokio_modbus`'s client interface over a line of any kind: its vocabulary, our wire.

use super::line::{Ask, LineHandle};
use crate::modbus::pdu::{PduError, decode_reply, encode_request};
use async_trait::async_trait;
use std::io;
use std::time::Duration;
use tokio_modbus::client::{Client, Context};
use tokio_modbus::slave::{Slave, SlaveContext};
use tokio_modbus::{Error, ExceptionCode, Request, Response};

/// A master on one line, for one device at a time.
#[derive(Debug)]
pub struct LineClient {
    line: LineHandle,
    unit: u8,
    timeout: Duration,
}

impl LineClient {
    /// Speaks to `unit`, waiting `timeout` for each reply to begin.
    pub fn new(line: LineHandle, unit: u8, timeout: Duration) -> Self {
        Self { line, unit, timeout }
    }

    /// As the library's own context, with its readers and writers.
    pub fn into_context(self) -> Context {
        Context::from(Box::new(self) as Box<dyn Client>)
    }
}

impl SlaveContext for LineClient {
    fn set_slave(&mut self, slave: Slave) {
        self.unit = slave.into();
    }
}

#[async_trait]
impl Client for LineClient {
    async fn call(&mut self, request: Request<'_>) -> Result<Result<Response, ExceptionCode>, Error> {
        let raw = matches!(request, Request::Custom(..));
        let pdu = match request {
            Request::Custom(function, data) => [&[function], &*data].concat(),
            other => encode_request(&other).map_err(refused)?,
        };
        let ask = Ask { unit: self.unit, pdu: pdu.clone(), timeout: self.timeout, min_gap: Duration::ZERO };
        let answer = self.line.ask(ask).await.map_err(io::Error::other)?;
        let reply = answer.reply.map_err(|failure| io::Error::new(io::ErrorKind::TimedOut, failure))?;
        match reply.split_first() {
            Some((function, data)) if raw => Ok(match data.first() {
                Some(code) if function & crate::modbus::rtu::EXCEPTION_BIT != 0 => Err(ExceptionCode::new(*code)),
                _ => Ok(Response::Custom(*function, data.to_vec().into())),
            }),
            _ => Ok(decode_reply(&pdu, &reply).map_err(refused)?),
        }
    }

    /// The line outlives its clients: nothing to do.
    async fn disconnect(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn refused(err: PduError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, err)
}

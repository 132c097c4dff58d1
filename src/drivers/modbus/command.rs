//! Commands: what people write, done between two polls.

use super::device::{Device, Tag, words_of};
use super::work::{Broken, Work};
use super::write::{Writing, needs_register, writing};
use crate::modbus::address::Span;
use crate::modbus::pdu::{decode_reply, read_request};
use crate::platform::clock;
use crate::runtime::commands::{Command, WriteError};
use crate::tag::value::Value;
use tokio::time::Instant;
use tokio_modbus::{ExceptionCode, Response};

impl Work {
    /// Answers one command; false to end.
    pub(super) async fn command(&mut self, command: Command) -> bool {
        let result = self.write(&command).await;
        let (ended, result) = match result {
            Ok(result) => (false, result),
            Err(Broken::Stop) => (true, Err(WriteError::Stopped(command.tag.to_string()))),
            Err(Broken::Line) => (false, Err(WriteError::LineClosed(command.tag.to_string()))),
        };
        // The asker may have given up; nothing is lost then.
        drop(command.reply.send(result));
        !ended
    }

    async fn write(&mut self, command: &Command) -> Result<Result<Value, WriteError>, Broken> {
        let unknown = || Ok(Err(WriteError::Unknown(command.tag.to_string())));
        let group = |device: &Device| device.config.identity.name == command.tag.group();
        let Some(index) = self.devices.iter().position(group) else { return unknown() };
        let name = |tag: &Tag| tag.config.identity.name == command.tag.name();
        let Some(at) = self.devices[index].tags.iter().position(name) else { return unknown() };
        let span = self.devices[index].tags[at].config.span;
        let register = if needs_register(&self.devices[index].tags[at]) {
            match self.fetch(index, span).await? {
                Ok(words) => words.first().copied(),
                Err(err) => return Ok(Err(err)),
            }
        } else {
            None
        };
        let device = &self.devices[index];
        let Writing { requests, words, accepted } =
            match writing(&device.tags[at], &device.config, &command.value, register) {
                Ok(writing) => writing,
                Err(err) => return Ok(Err(err)),
            };
        for request in requests {
            if let Err(err) = self.persist(index, request).await? {
                return Ok(Err(err));
            }
        }
        if !self.devices[index].config.verify_writes {
            // Nobody echoes a write: the new value appears when the field says it, so it is asked at once.
            self.devices[index].hurry(Some(span), Instant::now());
            return Ok(Ok(accepted));
        }
        let read = match self.fetch(index, span).await? {
            Ok(read) => read,
            Err(err) => return Ok(Err(err)),
        };
        let device = &mut self.devices[index];
        device.show(at, &read, clock::now());
        let seen = device.tags[at].codec.decode(&read);
        // Of a register with a bit only the bit was meant; the others may have moved meanwhile.
        let taken = read == words[..] || (register.is_some() && seen.as_ref() == Some(&accepted));
        let said = || seen.as_ref().map_or_else(|| "no valid value".to_owned(), Value::to_string);
        Ok(if taken { Ok(accepted) } else { Err(WriteError::NotTaken(said())) })
    }

    /// Reads the words of a span now.
    async fn fetch(&mut self, index: usize, span: Span) -> Result<Result<Vec<u16>, WriteError>, Broken> {
        match read_request(span) {
            Ok(request) => Ok(self.persist(index, request).await?.map(words_of)),
            Err(err) => Ok(Err(WriteError::Unfit(err.to_string()))),
        }
    }

    /// One request with its retries.
    async fn persist(&mut self, index: usize, request: Vec<u8>) -> Result<Result<Response, WriteError>, Broken> {
        // Retries are for lost frames; a device that is known to be silent is asked once.
        let online = self.devices.get(index).is_some_and(|device| device.health.probe_at().is_none());
        for _ in 0..=if online { self.config.port.retries } else { 0 } {
            if let Ok(pdu) = self.ask(index, request.clone()).await?.reply
                && let Ok(reply) = decode_reply(&request, &pdu)
            {
                return Ok(reply.map_err(|code: ExceptionCode| WriteError::Exception(code.into())));
            }
        }
        Ok(Err(WriteError::NoAnswer))
    }
}

//! The internal registers: tags whose field is the appliance itself. Written by faces, read by faces; those marked
//! `keep` survive a restart and a crash: a write is answered only when it is stored. A power cut may take the newest ones,
//! to spare the flash.

use crate::config::internal::{InternalConfig, fit};
use crate::config::tags::INTERNAL;
use crate::platform::clock;
use crate::runtime::commands::{Batch, Command, Commands, Inbox, WriteError};
use crate::runtime::image::{Image, Writer};
use crate::runtime::unit::{Health, UnitContext};
use crate::store::{KeptValues, StoreError};
use crate::tag::def::RefusedValue;
use crate::tag::reading::{Raw, Reading};
use crate::tag::value::{TypeError, Value};
use std::collections::HashMap;
use tokio::sync::watch;

/// Commands answered with one write to the disk.
const BATCH: usize = 64;

/// Why the registers cannot work; tried again by the supervisor.
#[derive(Debug, thiserror::Error)]
pub enum InternalError {
    /// The kept values could not be read: without them a restart would silently reset set-points.
    #[error("the kept values of internal registers could not be read")]
    Kept(#[source] StoreError),
}

/// The unit of all internal registers.
#[derive(Debug)]
pub struct Internal {
    config: watch::Receiver<Vec<InternalConfig>>,
    writer: Writer,
    commands: Commands,
    kept: KeptValues,
    values: HashMap<String, Value>,
}

impl Internal {
    /// The unit over these registers.
    pub fn new(
        config: watch::Receiver<Vec<InternalConfig>>,
        image: &Image,
        commands: Commands,
        kept: KeptValues,
    ) -> Self {
        Self { config, writer: image.writer(INTERNAL), commands, kept, values: HashMap::new() }
    }

    /// Runs until asked to stop.
    pub async fn run(mut self, ctx: UnitContext) -> Result<(), InternalError> {
        let mut inbox = self.commands.open([INTERNAL.to_owned()]);
        let stored = self.kept.all().await.map_err(InternalError::Kept)?;
        let registers = self.config.borrow_and_update().clone();
        for register in registers.iter().filter(|register| register.keep) {
            let value = stored.get(&register.identity.id).and_then(Value::from_json);
            if let Some(value) = value.and_then(|value| fit(register.kind, value)) {
                self.values.insert(register.identity.id.clone(), value);
            }
        }
        self.settle(&registers);
        ctx.set_health(Health::Up);
        loop {
            tokio::select! {
                biased;
                () = ctx.stop.cancelled() => return Ok(()),
                // Cancel-safe: the newest configuration stays in the watch.
                changed = self.config.changed() => match changed {
                    Ok(()) => {
                        let registers = self.config.borrow_and_update().clone();
                        self.settle(&registers);
                    }
                    Err(_) => return Ok(()),
                },
                // Cancel-safe: `next` loses no command when another arm wins.
                batch = inbox.next() => self.answer(batch, &mut inbox, &ctx).await,
            }
        }
    }

    /// Gives every register its value; new ones, and those whose type changed, begin with `initial`.
    fn settle(&mut self, registers: &[InternalConfig]) {
        let mut values = HashMap::with_capacity(registers.len());
        let mut news = Vec::new();
        for register in registers {
            let before = self.values.remove(&register.identity.id);
            let present = before.clone().and_then(|value| fit(register.kind, value));
            let value = present.unwrap_or_else(|| register.initial.clone());
            // An edit of one register is no news of the others: their values keep their times.
            if register.identity.enabled
                && let Some(slot) = self.writer.slot(&register.identity.name)
                && (before.as_ref() != Some(&value) || self.writer.is_unread(slot))
            {
                news.push((slot, good(value.clone())));
            }
            values.insert(register.identity.id.clone(), value);
        }
        self.values = values;
        self.writer.write(news);
    }

    /// Answers these commands and those that wait behind them, with one write to the disk for all.
    async fn answer(&mut self, mut batch: Batch, inbox: &mut Inbox, ctx: &UnitContext) {
        let registers = self.config.borrow().clone();
        while batch.len() < BATCH {
            let Some(more) = inbox.try_next() else { break };
            batch.extend(more);
        }
        let mut taken = Vec::with_capacity(batch.len());
        let mut to_keep = Vec::new();
        for command in batch {
            match accept(&registers, &command) {
                Ok((register, value)) => {
                    if register.keep {
                        to_keep.push((register.identity.id.clone(), value.to_json()));
                    }
                    taken.push((command, register.identity.id.clone(), value));
                }
                Err(error) => command.answer(Err(error)),
            }
        }
        let stored = if to_keep.is_empty() { Ok(()) } else { self.kept.keep(&to_keep).await };
        if let Err(error) = stored {
            let why = format!("values could not be kept: {error}");
            ctx.set_health(Health::Degraded(why.clone()));
            for (command, _, _) in taken {
                command.answer(Err(WriteError::Unfit(why.clone())));
            }
            return;
        }
        ctx.set_health(Health::Up);
        let place = |(command, _, value): &(Command, String, Value)| {
            Some((self.writer.slot(command.tag.name())?, good(value.clone())))
        };
        self.writer.write(taken.iter().filter_map(place));
        for (command, id, value) in taken {
            self.values.insert(id, value.clone());
            command.answer(Ok(value));
        }
    }
}

fn accept<'a>(registers: &'a [InternalConfig], command: &Command) -> Result<(&'a InternalConfig, Value), WriteError> {
    let found = registers.iter().find(|register| register.identity.name == command.tag.name());
    let register = found.ok_or_else(|| WriteError::Unknown(command.tag.to_string()))?;
    if !register.identity.enabled {
        return Err(WriteError::Stopped(command.tag.to_string()));
    }
    if let Some(value) = fit(register.kind, command.value.clone()) {
        return Ok((register, value));
    }
    let given = command.value.to_string();
    Err(match register.kind.integer_range() {
        Some((low, high)) => RefusedValue::Range { given, low: low.to_string(), high: high.to_string() }.into(),
        None => RefusedValue::Type(TypeError { wanted: register.kind, given }).into(),
    })
}

fn good(value: Value) -> Reading {
    Reading::Good { value, raw: Raw::new(), at: clock::now() }
}

//! Writes to the image: through commands, answered when the field has answered, or at once where that is wanted.

use super::gateway::Asking;
use super::shared::{Served, Shared};
use crate::config::modbus_server::AnswerWrites;
use crate::modbus::address::{Span, Table};
use crate::modbus::server::{Written, put_read, put_written};
use crate::platform::clock;
use crate::runtime::commands::{Asker, WriteError};
use crate::tag::attribute::Attribute;
use crate::views::register_map::Step;
use futures::FutureExt as _;
use std::net::IpAddr;
use std::sync::Arc;
use tokio_modbus::ExceptionCode;

/// Does a write, and the read of function 23 behind it; the whole answer.
pub(super) async fn write(
    shared: Arc<Shared>,
    served: Arc<Served>,
    asking: Asking,
    written: Written,
    then: Option<Span>,
) -> Vec<u8> {
    match perform(&shared, &served, &asking, &written).await {
        Ok(()) => match then.map(|span| served.read(&shared.image, asking.unit, span, clock::now())) {
            None => asking.answer(&shared, |out| put_written(out, &asking.pdu)),
            Some(Ok(words)) => asking.answer(&shared, |out| put_read(out, 23, Table::Holding, &words)),
            Some(Err(code)) => asking.refuse(&shared, code),
        },
        Err(code) => asking.refuse(&shared, code),
    }
}

async fn perform(
    shared: &Arc<Shared>,
    served: &Served,
    asking: &Asking,
    written: &Written,
) -> Result<(), ExceptionCode> {
    let steps = served.steps(&shared.image, asking.unit, written)?;
    let peer = asking.client.peer.ip().to_canonical();
    match served.config.answer_writes {
        AnswerWrites::Field => carry_out(shared, steps, peer).await,
        AnswerWrites::AtOnce => {
            let to = Arc::clone(shared);
            let write = async move { carry_out(&to, steps, peer).await.unwrap_or_default() }.boxed();
            shared.behind.try_send(write).map_err(|_| ExceptionCode::ServerDeviceBusy)
        }
    }
}

/// Writes point after point in the order of addresses; neighbouring values of one group travel together. The first
/// refusal ends it: what was written before stays written, and stands in the event log.
async fn carry_out(shared: &Shared, steps: Vec<Step>, peer: IpAddr) -> Result<(), ExceptionCode> {
    let mut steps = steps.into_iter().peekable();
    while let Some(step) = steps.next() {
        let asker = Asker { source: "modbus-server".to_owned(), actor: peer.to_string(), unix_ms: clock::unix_ms() };
        if step.attribute != Attribute::Value {
            shared.commands.write(&step.tag, step.attribute, step.value, asker).await.map_err(|error| code(&error))?;
            continue;
        }
        let group = step.tag.group().to_owned();
        let mut together = vec![(step.tag, step.value)];
        let joins = |next: &Step| next.attribute == Attribute::Value && next.tag.group() == group;
        while let Some(next) = steps.next_if(joins) {
            together.push((next.tag, next.value));
        }
        for result in shared.commands.write_many(&group, together, asker).await {
            result.map_err(|error| code(&error))?;
        }
    }
    Ok(())
}

/// What a client hears of a refusal (Modbus application protocol V1.1b3, section 7).
fn code(error: &WriteError) -> ExceptionCode {
    match error {
        WriteError::Unknown(_) | WriteError::NotWritable(_) => ExceptionCode::IllegalDataAddress,
        WriteError::Value(_) | WriteError::Unfit(_) | WriteError::WrongMode { .. } => ExceptionCode::IllegalDataValue,
        WriteError::Busy => ExceptionCode::ServerDeviceBusy,
        WriteError::NoAnswer | WriteError::OutOfReach(_) => ExceptionCode::GatewayTargetDevice,
        WriteError::LineClosed(_) => ExceptionCode::GatewayPathUnavailable,
        WriteError::Exception(code) => ExceptionCode::new(*code),
        WriteError::Disabled(_)
        | WriteError::Stopped(_)
        | WriteError::SafeMode(_)
        | WriteError::Forced(_)
        | WriteError::Module(_)
        | WriteError::NotTaken(_) => ExceptionCode::ServerDeviceFailure,
    }
}

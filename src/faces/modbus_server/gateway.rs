//! The way through to the devices on our ports: the bytes of a request go to the line as they are, and so do those of its
//! answer. The line decides whose turn it is.

use super::clients::Client;
use super::shared::Shared;
use crate::config::GatewayConfig;
use crate::config::modbus_server::RouteConfig;
use crate::modbus::mbap;
use crate::modbus::rtu::EXCEPTION_BIT;
use crate::modbus::server::put_exception;
use crate::runtime::handle::CallError;
use crate::runtime::lines::{Guest, GuestError};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::oneshot;
use tokio_modbus::ExceptionCode;

/// One way through.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Route {
    config: RouteConfig,
}

impl Route {
    pub(super) fn new(config: &RouteConfig, _whole: &GatewayConfig) -> Self {
        Self { config: config.clone() }
    }

    /// The address on the line for a unit id that was asked for; none where the route does not have it.
    pub(super) fn unit(&self, asked: u8) -> Option<u8> {
        self.config.unit(asked)
    }
}

/// A request on its way: who asked for what, and under which number.
pub(super) struct Asking {
    pub(super) client: Arc<Client>,
    pub(super) transaction: u16,
    /// As asked for.
    pub(super) unit: u8,
    pub(super) pdu: Vec<u8>,
}

impl Asking {
    /// The whole answer with this content; what is counted of it.
    pub(super) fn answer(&self, shared: &Shared, write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        mbap::put(&mut out, self.transaction, self.unit, write);
        let exception = match out.get(mbap::HEADER..) {
            Some([function, code]) if function & EXCEPTION_BIT != 0 => *code,
            _ => 0,
        };
        shared.counts.requests.fetch_add(1, Ordering::Relaxed);
        shared.counts.exceptions.fetch_add(u64::from(exception != 0), Ordering::Relaxed);
        self.client.note(self.unit, &self.pdu, exception);
        out
    }

    pub(super) fn refuse(&self, shared: &Shared, code: ExceptionCode) -> Vec<u8> {
        self.answer(shared, |out| put_exception(out, &self.pdu, code))
    }
}

/// Hands a request to the line at once, in the order it came; the answer is awaited. To all devices at once there is none.
pub(super) fn forward(
    shared: Arc<Shared>,
    route: &Route,
    unit: u8,
    priority: bool,
    asking: Asking,
) -> impl Future<Output = Vec<u8>> + use<> {
    let (reply, answer) = oneshot::channel();
    let guest = Guest {
        asker: Arc::clone(&asking.client.asker),
        priority: priority || route.config.priority,
        unit,
        pdu: asking.pdu.clone(),
        timeout: route.config.timeout,
        reply,
    };
    let handed = shared.lines.guest(&route.config.port, guest);
    shared.counts.forwarded.fetch_add(1, Ordering::Relaxed);
    async move {
        let told = match handed {
            Ok(()) => answer.await.unwrap_or(Err(GuestError::Closed)),
            Err(CallError::Busy) => Err(GuestError::Busy),
            Err(CallError::Stopped) => Err(GuestError::Closed),
        };
        match told {
            Ok(pdu) if pdu.is_empty() => Vec::new(),
            Ok(pdu) => asking.answer(&shared, |out| out.extend_from_slice(&pdu)),
            Err(error) => asking.refuse(&shared, exception(error, &asking.pdu)),
        }
    }
}

fn exception(error: GuestError, pdu: &[u8]) -> ExceptionCode {
    match error {
        GuestError::Busy => ExceptionCode::ServerDeviceBusy,
        GuestError::Closed => ExceptionCode::GatewayPathUnavailable,
        GuestError::NoAnswer => ExceptionCode::GatewayTargetDevice,
        // No function of this number exists, or its data cannot be.
        GuestError::NotARequest if pdu.first().is_none_or(|function| !(1..EXCEPTION_BIT).contains(function)) => {
            ExceptionCode::IllegalFunction
        }
        GuestError::NotARequest => ExceptionCode::IllegalDataValue,
    }
}

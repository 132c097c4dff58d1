//! The way through to the devices on our ports: the bytes of a request go to the line as they are, and so do those of its
//! answer. The line decides whose turn it is.

use super::clients::Client;
use super::shared::Shared;
use crate::config::GatewayConfig;
use crate::config::device::DeviceConfig;
use crate::config::modbus_server::RouteConfig;
use crate::modbus::address::Span;
use crate::modbus::mbap;
use crate::modbus::rtu::EXCEPTION_BIT;
use crate::modbus::server::{Asked, put_exception, understand};
use crate::platform::clock;
use crate::runtime::handle::CallError;
use crate::runtime::image::{Reader, Slot};
use crate::runtime::lines::{Guest, GuestError};
use crate::tag::id::TagName;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::oneshot;
use tokio_modbus::ExceptionCode;

/// One way through, and what of the devices behind it the image holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Route {
    config: RouteConfig,
    /// By address on the line. Empty where nothing may be answered by the image.
    held: BTreeMap<u8, Vec<(Span, TagName)>>,
}

impl Route {
    pub(super) fn new(config: &RouteConfig, whole: &GatewayConfig) -> Self {
        let mut held: BTreeMap<u8, Vec<(Span, TagName)>> = BTreeMap::new();
        let here = |device: &&Arc<DeviceConfig>| config.cache.is_some() && device.port == config.port;
        for device in whole.devices.iter().filter(here) {
            // Of a register whose bit is a tag the others are not known.
            let whole_registers = device.tags.iter().filter(|tag| tag.bit.is_none());
            let tags = whole_registers
                .filter_map(|tag| Some((tag.span, TagName::join(&device.identity.name, &tag.identity.name).ok()?)));
            held.entry(device.unit_id).or_default().extend(tags);
        }
        Self { config: config.clone(), held }
    }
}

/// A route with the places of what the image holds.
#[derive(Debug)]
pub(super) struct Way {
    config: RouteConfig,
    held: BTreeMap<u8, Vec<(Span, Slot)>>,
}

impl Way {
    pub(super) fn new(route: &Route, slot: impl Fn(&TagName) -> Option<Slot>) -> Self {
        let places =
            |tags: &Vec<(Span, TagName)>| tags.iter().filter_map(|(span, name)| Some((*span, slot(name)?))).collect();
        let held = route.held.iter().map(|(unit, tags)| (*unit, places(tags))).collect();
        Self { config: route.config.clone(), held }
    }

    /// The address on the line for a unit id that was asked for; none where the route does not have it.
    pub(super) fn unit(&self, asked: u8) -> Option<u8> {
        self.config.unit(asked)
    }

    /// What the image answers to a read of a device: all that is asked for, as it was read in the field, and none of it
    /// older than permitted.
    pub(super) fn held_answer(&self, image: &Reader, unit: u8, pdu: &[u8]) -> Option<(Span, Vec<u16>)> {
        let (most, held) = (self.config.cache?, self.held.get(&unit)?);
        let Ok(Asked::Read(asked)) = understand(pdu) else { return None };
        let now = clock::now();
        let mut words: Vec<Option<u16>> = vec![None; usize::from(asked.count())];
        image.look(|moment| {
            let touching = |span: &Span| {
                span.table() == asked.table()
                    && u32::from(span.address()) < asked.end()
                    && u32::from(asked.address()) < span.end()
            };
            for (span, slot) in held.iter().filter(|(span, _)| touching(span)) {
                let Some(state) = moment.state(*slot) else { continue };
                let fresh = state.age_ms(now).is_some_and(|age| u128::from(age) <= most.as_millis());
                if fresh && state.raw.len() == usize::from(span.count()) {
                    for (at, word) in (u32::from(span.address())..).zip(&state.raw) {
                        let place =
                            at.checked_sub(asked.address().into()).and_then(|place| usize::try_from(place).ok());
                        if let Some(place) = place.and_then(|place| words.get_mut(place)) {
                            *place = Some(*word);
                        }
                    }
                }
            }
        });
        Some((asked, words.into_iter().collect::<Option<Vec<u16>>>()?))
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
    route: &Way,
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

//! A bridge of the embedded broker: what its rules name goes to another broker, and comes from there.
//!
//! ```text
//! broker --outlet--> rules, prefixes --QoS 1, 2--> queue (file) --> session --> other broker
//!                                    --QoS 0--------------------> session --> other broker
//! broker <--entrance-- rules, prefixes <------------------------- session <-- other broker
//! ```
//!
//! * **Outages.** Messages of QoS 1 and 2 wait in the same durable queue as the publications of a connection, within its
//!   bounds and with its ledger: an uplink that is down for hours is what a local gateway is for. QoS 0 keeps nothing.
//! * **Retained messages** that a rule leads out are told at each connect, behind what waits. Those of the other broker come
//!   when it is subscribed to; later ones stay retained with MQTT 5 only, where a client can ask for it.
//! * **What comes in** is acknowledged when our broker has it, see [`inward`].
//! * **What the other broker closes the connection on** is given up at last, see [`suspicion`].
//! * **No message goes round.** What came by a bridge never leaves by it. Every message carries the marks of the brokers it
//!   came through in a user property of MQTT 5, and what was here before is dropped; one of more than
//!   [`MOST_HOPS`](crate::runtime::bridges::MOST_HOPS) marks too. With MQTT 3.1.1, which has no such properties, the
//!   other broker's own echo is recognised by its text, and what comes back over and over by another hand is held back.

mod envelope;
mod inward;
mod rounds;
mod suspicion;
mod traffic;

use super::MqttUnitConfig;
use super::client::Purpose;
use super::pump::{Happening, pump};
use super::queue::Queue;
use super::queue::keeper::Keeper;
use super::session::Session;
use super::wire::Wire;
use super::{FAREWELL, INBOX, Left, MqttError};
use crate::config::bridge::BridgeConfig;
use crate::config::publication::Qos;
use crate::runtime::bridges::{Attached, Bridges, Entering, Entrance};
use crate::runtime::events::Events;
use crate::runtime::unit::{Health, UnitContext};
use crate::store::queue::Queues;
use futures::poll;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use suspicion::Verdict;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use traffic::Traffic;

/// The settings of one bridge unit.
#[derive(Debug, Clone, PartialEq)]
pub struct BridgeUnitConfig {
    /// Name of the appliance, for the client id where none is set.
    pub appliance: String,
    /// The bridge.
    pub bridge: BridgeConfig,
}

impl BridgeUnitConfig {
    /// What names its queue, and the bridge to the broker.
    fn id(&self) -> &str {
        let identity = &self.bridge.connection.identity;
        // The name where a document was never given ids.
        if identity.id.is_empty() { &identity.name } else { &identity.id }
    }

    fn wire(&self) -> Wire {
        let mut connection = self.bridge.connection.clone();
        connection.client_id = Some(self.bridge.client_id(&self.appliance));
        // Without a cloud nothing of it depends on the time.
        Wire::of(&MqttUnitConfig { appliance: self.appliance.clone(), connection }, 0)
    }
}

/// The unit of one bridge.
#[derive(Debug)]
pub struct BridgeUnit {
    /// Its settings; every change is applied while it runs.
    pub config: watch::Receiver<BridgeUnitConfig>,
    /// Where it meets our broker.
    pub bridges: Bridges,
    /// Where messages are told that are given up.
    pub events: Events,
    /// Where what waits for the other broker survives this program.
    pub queues: Queues,
}

impl BridgeUnit {
    /// Runs until the stop.
    pub async fn run(mut self, ctx: UnitContext) -> Result<(), MqttError> {
        let config = self.config.borrow_and_update().clone();
        let (mut keeper, kept, trouble) = Keeper::open(self.queues.queue(config.id())).await;
        let queue = Queue::found(config.bridge.connection.buffer, kept, trouble, Instant::now());
        let mut wire = config.wire();
        let id = config.id().to_owned();
        let mut traffic = Traffic::new(config, self.bridges.clone(), self.events.clone(), queue);
        let mut attached = self.bridges.attach(&id, traffic.leaving());
        loop {
            let left = self.session(&mut traffic, &mut keeper, &mut attached, &wire, &ctx).await;
            traffic.session_over();
            match left {
                Ok(Left::Hung | Left::Renewed | Left::HostGone(_) | Left::Suspected) => (),
                Ok(Left::Stopped) => {
                    traffic.store(keeper).await;
                    return Ok(());
                }
                Err(error) => {
                    traffic.store(keeper).await;
                    return Err(error);
                }
                Ok(Left::Rewired) => {
                    ctx.set_health(Health::Starting);
                    let config = self.config.borrow_and_update().clone();
                    wire = config.wire();
                    traffic.configure(config, None, &ctx);
                    attached.ask_for(traffic.leaving());
                }
            }
        }
    }

    /// One client, through as many connections as it takes.
    async fn session(
        &mut self,
        traffic: &mut Traffic,
        keeper: &mut Keeper,
        attached: &mut Attached,
        wire: &Wire,
        ctx: &UnitContext,
    ) -> Result<Left, MqttError> {
        let (mut session, events) = Session::new(wire, Purpose::Bridge)?;
        let (to_unit, mut happenings) = mpsc::channel(INBOX);
        let mut pump = pin!(pump(events, wire.clone(), None, to_unit, Arc::clone(&session.link)));
        let mut entrance = self.bridges.entrance();
        let mut alarm = pin!(tokio::time::sleep(Duration::ZERO));
        let left = loop {
            let due = traffic.due();
            if let Some(due) = due.filter(|due| *due != alarm.deadline()) {
                alarm.as_mut().reset(due);
            }
            tokio::select! {
                biased;
                () = ctx.stop.cancelled() => break Left::Stopped,
                // Cancel-safe: the change stays marked until it is borrowed.
                Ok(()) = self.config.changed() => {
                    let config = self.config.borrow_and_update().clone();
                    if config.wire() != *wire {
                        break Left::Rewired;
                    }
                    traffic.configure(config, Some(&mut session), ctx);
                    attached.ask_for(traffic.leaving());
                }
                // Cancel-safe by its own word.
                () = traffic.inward.taken() => (),
                // Cancel-safe: it gives only a place in the line away.
                permit = enter(&mut entrance), if traffic.is_due() => {
                    if let Some(request) = traffic.hand_over() {
                        permit.send(request);
                    }
                }
                // Cancel-safe: a message stays in the channel until it is taken. What our broker does not take slows the
                // other one down rather than that it fills the memory.
                Some(happening) = happenings.recv(), if !traffic.inward.is_full() => match happening {
                    Happening::Connected { resumed, link, .. } => traffic.connected(&mut session, resumed, link, ctx),
                    Happening::Lost { reason, closed } => {
                        traffic.lost(reason, ctx);
                        if closed && traffic.closed(&mut session, ctx) != Verdict::GoOn {
                            break Left::Suspected;
                        }
                    }
                    Happening::Message(message) => traffic.came(message),
                    Happening::Recorded(id) => traffic.inward.recorded(id),
                },
                // Polled in place and never dropped between polls, as in the unit of a connection.
                () = &mut pump => break Left::Rewired,
                // Cancel-safe: an outcome stays in the set until it is taken.
                settled = session.settled() => traffic.settled(settled, &mut session, ctx),
                // Cancel-safe by its own word.
                done = keeper.done() => traffic.stored(done, ctx),
                // Cancel-safe: a message stays in the channel until it is taken.
                Some(message) = attached.kept.recv(), if traffic.takes(&session) => {
                    attached.taken(&message);
                    traffic.leaves(message, &mut session);
                }
                // Cancel-safe, as above.
                Some(message) = attached.loose.recv(), if traffic.takes_loose(&session, Qos::AtMostOnce) => {
                    attached.taken(&message);
                    traffic.leaves(message, &mut session);
                }
                // Cancel-safe: the answer stays until it is taken. Behind what left before it was given.
                messages = answer(&mut traffic.asked) => traffic.retained(messages),
                () = std::future::ready(()), if traffic.is_telling(&session) => (),
                () = &mut alarm, if due.is_some() => if !traffic.alarm(&mut session, ctx) { break Left::Hung },
            }
            traffic.flush(&mut session, keeper, attached);
        };
        if traffic.is_connected() {
            leave(traffic, &mut session, pump, &mut happenings, &mut entrance).await;
        }
        traffic.left(ctx);
        Ok(left)
    }
}

/// A place in the line before our broker, as soon as it runs.
async fn enter(entrance: &mut watch::Receiver<Option<Entrance>>) -> mpsc::OwnedPermit<Entering> {
    loop {
        let present = entrance.borrow_and_update().clone();
        if let Some(present) = present
            && let Ok(permit) = present.reserve_owned().await
        {
            return permit;
        }
        if entrance.changed().await.is_err() {
            // The gateway ends, and this unit with it.
            std::future::pending::<()>().await;
        }
    }
}

/// The answer to a question, if one was asked; a broker that has ended gives none.
async fn answer<T: Default>(asked: &mut Option<oneshot::Receiver<T>>) -> T {
    match asked {
        Some(answer) => answer.await.unwrap_or_default(),
        None => std::future::pending().await,
    }
}

/// Ends a session that is up. Bounded, either broker may be stuck. What the other one has sent until then goes in, or comes
/// again in the next session.
async fn leave(
    traffic: &mut Traffic,
    session: &mut Session,
    mut pump: Pin<&mut impl Future<Output = ()>>,
    happenings: &mut mpsc::Receiver<Happening>,
    entrance: &mut watch::Receiver<Option<Entrance>>,
) {
    let deadline = Instant::now() + FAREWELL;
    while session.is_busy() || !traffic.inward.is_settled() {
        tokio::select! {
            biased;
            () = traffic.inward.taken() => traffic.acknowledge(session),
            permit = enter(entrance), if traffic.is_due() => {
                if let Some(request) = traffic.hand_over() {
                    permit.send(request);
                }
            }
            happening = happenings.recv(), if !traffic.inward.is_full() => match happening {
                None | Some(Happening::Lost { .. }) => return,
                Some(Happening::Message(message)) => {
                    traffic.came(message);
                    traffic.acknowledge(session);
                }
                Some(Happening::Recorded(id)) => traffic.inward.recorded(id),
                Some(Happening::Connected { .. }) => (),
            },
            () = &mut pump => return,
            settled = session.settled() => traffic.count(&settled),
            () = tokio::time::sleep_until(deadline) => break,
        }
    }
    // The last acknowledgements are written; a disconnect would overtake them.
    if poll!(pump.as_mut()).is_ready() {
        return;
    }
    session.disconnect();
    drop(tokio::time::timeout(FAREWELL, pump).await);
}

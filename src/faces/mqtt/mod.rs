//! One MQTT connection: publishes points of the image to a broker and takes commands from it.
//!
//! The whole connection is one future: image, broker, timers and commands meet in one loop, so a change of the image
//! is written to the socket without passing another task. A changed setting is applied to the open session; only what
//! CONNECT itself carries (see [`wire`]) needs another one. Messages of QoS 1 and 2 wait in a [`queue`] until the
//! broker has acknowledged them; its file is worked on by a thread of its own, which the loop never waits for. With a
//! backlog the [`pace`] of looking at the image is that of sending.
//!
//! The will stands for a connection that broke. When the unit is stopped in good order the broker forgets the will, so
//! its message is published by the unit itself before it says good-bye: whoever watches the topic learns either way.
//!
//! A connection can be an edge node of Sparkplug: then [`edge`] says what is told when, and makes data of what waited.

mod backoff;
mod books;
pub mod bridge;
mod client;
mod command;
mod dial;
mod discovery;
mod edge;
mod face;
mod laps;
mod pace;
mod publisher;
mod pulse;
mod pump;
mod queue;
mod reason;
mod report;
mod session;
mod unwritten;
mod web_socket;
mod wire;

use crate::config::mqtt::ConnectionConfig;
use crate::platform::clock;
use crate::runtime::changes::Changed;
use crate::runtime::commands::Commands;
use crate::runtime::events::Events;
use crate::runtime::image::tap::Tap;
use crate::runtime::image::{Changes, Reader};
use crate::runtime::unit::{Health, UnitContext};
use crate::store::queue::Queues;
use backoff::Backoff;
use client::Purpose;
use edge::Wills;
use face::Face;
use pump::{Happening, pump};
use queue::Queue;
use queue::keeper::Keeper;
use session::Session;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::coop::consume_budget;
use tokio::time::Instant;
use wire::{Notice, Wire};

/// Messages of the broker that wait for the unit; the client library reads no further meanwhile.
const INBOX: usize = 64;
/// Readings between two turns of the loop of which none is merged; more are counted.
const TAPPED: usize = 8192;
/// For the last messages of a session, and again for its DISCONNECT.
const FAREWELL: Duration = Duration::from_millis(1500);

/// The settings of one connection unit.
#[derive(Debug, Clone, PartialEq)]
pub struct MqttUnitConfig {
    /// Name of the appliance, for topics and as the client id where none is set.
    pub appliance: String,
    /// The connection.
    pub connection: ConnectionConfig,
}

/// The unit of one connection.
#[derive(Debug)]
pub struct MqttUnit {
    /// Its settings; every change is applied while it runs.
    pub config: watch::Receiver<MqttUnitConfig>,
    /// What it publishes.
    pub image: Reader,
    /// What it writes to.
    pub commands: Commands,
    /// Where commands are told that are refused before they reach a driver.
    pub events: Events,
    /// Where what waits for the broker survives this program.
    pub queues: Queues,
}

/// Why the unit cannot run; what the broker does wrong is no such reason.
#[derive(Debug, thiserror::Error)]
pub enum MqttError {
    /// The client library refuses the settings.
    #[error("the MQTT client cannot be set up: {0}")]
    Client(String),
}

/// How the unit follows the image.
struct Look {
    changes: Changes,
    tap: Tap,
}

impl Look {
    /// Follows what the settings name now. The face hears of it at once: messages of old settings are not for the queue any more.
    fn follow(&mut self, face: &mut Face) {
        self.changes.set_interest(face.interest());
        self.tap.set_interest(face.tapped_interest());
        if let Some(changed) = self.changes.try_next() {
            face.changed(&changed);
        }
    }
}

/// The next changes; while they are held back, when the tags themselves are others. Cancel-safe.
async fn next(changes: &mut Changes, held_back: bool) -> Changed {
    if held_back { changes.next_schema().await } else { changes.next().await }
}

/// Why a session was left.
enum Left {
    Stopped,
    /// The settings ask for another session.
    Rewired,
    /// The broker wants another token before this one expires.
    Renewed,
    /// The broker hangs.
    Hung,
    /// The primary host of an edge node is gone, after a session of this length.
    HostGone(Duration),
    /// A message of a bridge is suspected of what the broker does: there must be nothing on its way but that.
    Suspected,
}

impl MqttUnit {
    /// Runs until the stop.
    pub async fn run(mut self, ctx: UnitContext) -> Result<(), MqttError> {
        let config = self.config.borrow_and_update().clone();
        let identity = &config.connection.identity;
        // The name where a document was never given ids.
        let name = if identity.id.is_empty() { &identity.name } else { &identity.id }.clone();
        let (mut keeper, kept, trouble) = Keeper::open(self.queues.queue(&name)).await;
        let queue = Queue::new(&config.connection, kept, trouble, Instant::now());
        let mut wire = Wire::of(&config, clock::unix_ms());
        let births = |wire: &Wire, queues: &Queues| {
            wire.edge_node.as_ref().map(|edge_node| Wills::new(edge_node, queues.births(&name)))
        };
        let mut wills = births(&wire, &self.queues);
        let mut face = Face::new(&self, config, queue);
        let mut look = Look {
            changes: self.image.subscribe(face.interest()),
            tap: self.image.tap(face.tapped_interest(), TAPPED),
        };
        // Whoever may publish the state of the primary host could make us connect and tell all births as often as he likes.
        let (mut flapping, mut pause) = (Backoff::default(), Duration::ZERO);
        loop {
            let left = self.session(&mut face, &mut keeper, &mut look, (&wire, wills.as_mut()), pause, &ctx).await;
            face.session_over();
            pause = Duration::ZERO;
            match left {
                Ok(Left::Hung | Left::Suspected) => (),
                Ok(Left::HostGone(held)) => {
                    pause = flapping.pause(Some(held));
                    face.host_left(pause, &ctx);
                }
                Ok(Left::Renewed) => wire = Wire::of(&self.config.borrow(), clock::unix_ms()),
                Ok(Left::Stopped) => {
                    face.store(keeper).await;
                    return Ok(());
                }
                Err(error) => {
                    face.store(keeper).await;
                    return Err(error);
                }
                Ok(Left::Rewired) => {
                    ctx.set_health(Health::Starting);
                    let config = self.config.borrow_and_update().clone();
                    wire = Wire::of(&config, clock::unix_ms());
                    wills = births(&wire, &self.queues);
                    face.configure(config, None, &ctx);
                    look.follow(&mut face);
                }
            }
        }
    }

    /// One client, through as many connections as it takes; the first after a pause.
    async fn session(
        &mut self,
        face: &mut Face,
        keeper: &mut Keeper,
        look: &mut Look,
        (wire, wills): (&Wire, Option<&mut Wills>),
        pause: Duration,
        ctx: &UnitContext,
    ) -> Result<Left, MqttError> {
        let (mut session, events) = Session::new(wire, Purpose::Ourselves)?;
        let (to_unit, mut happenings) = mpsc::channel(INBOX);
        let link = Arc::clone(&session.link);
        let mut pump = pin!(async {
            tokio::time::sleep(pause).await;
            pump(events, wire.clone(), wills, to_unit, link).await;
        });
        let mut since = Instant::now();
        let mut alarm = pin!(tokio::time::sleep(Duration::ZERO));
        let mut worn_out = pin!(wire.worn_out());
        let left = loop {
            // Set only when it differs: a timer that is moved costs more than the look.
            let held_back = face.held_back();
            let due = face.due().into_iter().chain(held_back).min();
            if let Some(due) = due.filter(|due| *due != alarm.deadline()) {
                alarm.as_mut().reset(due);
            }
            tokio::select! {
                biased;
                () = ctx.stop.cancelled() => break Left::Stopped,
                // Cancel-safe: the change stays marked until it is borrowed.
                Ok(()) = self.config.changed() => {
                    let config = self.config.borrow_and_update().clone();
                    if wire.differs(&config) {
                        break Left::Rewired;
                    }
                    face.configure(config, Some(&mut session), ctx);
                    look.follow(face);
                }
                // Polled in place; it only watches the clock.
                () = &mut worn_out => break Left::Renewed,
                // Cancel-safe: a message stays in the channel until it is taken.
                Some(happening) = happenings.recv() => match happening {
                    Happening::Connected { resumed, link, bd_seq } => {
                        since = Instant::now();
                        face.connected(&mut session, resumed, (link, bd_seq), ctx);
                    }
                    Happening::Lost { reason, .. } => face.lost(reason, ctx),
                    Happening::Message(message) => face.message(&message, &mut session),
                    // The library acknowledges what comes to us.
                    Happening::Recorded(_) => (),
                },
                // Polled in place and never dropped between polls: a write that was begun is finished. It ends only
                // after a disconnect, which is asked for below.
                () = &mut pump => break Left::Rewired,
                // Cancel-safe: an outcome stays in the set until it is taken.
                answer = face.next_answer() => face.answered(answer, &mut session),
                // Cancel-safe, as above.
                settled = session.settled() => face.settled(settled, &mut session, ctx),
                // Cancel-safe by its own word.
                done = keeper.done() => face.stored(done, ctx),
                // Cancel-safe by its own word. Before the changes: of what is told by itself, the changes tell no more.
                () = look.tap.ready() => face.tapped(look.tap.take()),
                // Cancel-safe by its own word.
                changed = next(&mut look.changes, held_back.is_some()) => face.changed(&changed),
                () = &mut alarm, if due.is_some() => if !face.alarm(&mut session, ctx) { break Left::Hung },
            }
            face.flush(&mut session, keeper);
            if face.follow_host(ctx) {
                break Left::HostGone(since.elapsed());
            }
            // Ends of messages, changes and the library's channel are no steps for the runtime: others are to have their turn.
            consume_budget().await;
        };
        face.close_batches(&mut session, keeper);
        if face.is_connected() {
            // Whoever comes back at once was never away.
            let will = wire.will.as_ref().filter(|_| !matches!(left, Left::Renewed));
            leave(face, &mut session, pump, &mut happenings, will).await;
        }
        face.left(ctx);
        Ok(left)
    }
}

/// Ends a session that is up: answers under way, the will's message, DISCONNECT. Bounded, the broker may be stuck.
async fn leave(
    face: &mut Face,
    session: &mut Session,
    mut pump: Pin<&mut impl Future<Output = ()>>,
    happenings: &mut mpsc::Receiver<Happening>,
    will: Option<&Notice>,
) {
    let answers = async {
        while face.is_writing() {
            let answer = face.next_answer().await;
            face.answered(answer, session);
        }
    };
    drop(tokio::time::timeout(FAREWELL / 2, answers).await);
    if let Some(will) = will {
        face.say(will.clone(), session);
    }
    face.die(session);
    let deadline = Instant::now() + FAREWELL;
    while session.is_busy() {
        tokio::select! {
            biased;
            // What comes in now comes too late; it is taken so that the pump goes on.
            happening = happenings.recv() => if matches!(happening, None | Some(Happening::Lost { .. })) { return },
            () = &mut pump => return,
            settled = session.settled() => face.count(&settled),
            () = tokio::time::sleep_until(deadline) => break,
        }
        face.say_waiting(session);
    }
    session.disconnect();
    // It ends once DISCONNECT is written; if it does not, the broker sends the will itself.
    drop(tokio::time::timeout(FAREWELL, pump).await);
}

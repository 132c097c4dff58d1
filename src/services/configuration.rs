//! The owner of the configuration: every change goes document -> check -> store -> image and supervisor, here and
//! nowhere else, one after the other. A change may be on trial: [`trial`].

mod lockout;
mod trial;

use crate::config::document::{Document, beyond_limit};
use crate::config::kept::KeptDocument;
use crate::config::problem::{Pointer, Problem, Severity};
use crate::config::{GatewayConfig, tags};
use crate::net::door::Access;
use crate::platform::clock;
use crate::runtime::configure::{Applied, Change, ChangeError, ConfigRequest, PlanView, Revision, Trial};
use crate::runtime::events::{Category, Event, Events, Outcome};
use crate::runtime::image::Image;
use crate::runtime::plan::{Plan, conflicts, plan};
use crate::runtime::supervisor::Desired;
use crate::runtime::unit::{UnitKey, UnitSpec};
use crate::store::{self, ChangeSource, SaveError, Store, StoreError};
use crate::views::feasibility::{LineNeeds, feasibility};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// The task that owns the configuration; `wanted` says which units a configuration needs.
pub struct Configuration<C, F> {
    inbox: mpsc::Receiver<ConfigRequest>,
    store: Store,
    image: Image,
    /// Registers of remote I/O modules live there.
    registers: Image,
    access: Access,
    events: Events,
    wanted: F,
    desired: watch::Sender<Desired<C>>,
    revision: watch::Sender<Revision>,
}

/// What others follow of the configuration.
#[derive(Debug)]
pub struct Followed<C> {
    /// The units it needs.
    pub desired: watch::Receiver<Desired<C>>,
    /// The revision in force; set before a change is answered, so that what was answered can be read.
    pub revision: watch::Receiver<Revision>,
}

impl<C, F> std::fmt::Debug for Configuration<C, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Configuration").field("revision", &self.revision.borrow().number).finish_non_exhaustive()
    }
}

/// What a document that passed every check brings into force.
struct Checked<C> {
    document: KeptDocument,
    config: GatewayConfig,
    needs: Vec<LineNeeds>,
    warnings: Vec<Problem>,
    wanted: BTreeMap<UnitKey, C>,
}

impl<C, F> Configuration<C, F>
where
    C: UnitSpec + Sync,
    F: Fn(&GatewayConfig) -> BTreeMap<UnitKey, C>,
{
    /// Reads what is stored and hands it to image and supervisor. Parts that cannot be used are told in the revision's
    /// problems and left out; they never keep the rest, or the settings page, from starting.
    pub async fn load(
        inbox: mpsc::Receiver<ConfigRequest>,
        store: Store,
        image: Image,
        registers: Image,
        access: Access,
        events: Events,
        wanted: F,
    ) -> Result<(Self, Followed<C>), StoreError> {
        let trial = trial::at_start(&store, &events).await?;
        let loaded = store.load().await?;
        let document = Document::stored(loaded.document);
        let (config, found) = document.parse();
        let needs = feasibility(&config);
        let problems: Vec<Problem> =
            loaded.problems.into_iter().chain(found).chain(overloads(&document, &needs)).collect();
        for problem in &problems {
            tracing::warn!(place = %problem.pointer, "stored configuration: {}", problem.detail);
        }
        image.declare(tags::definitions(&config));
        registers.declare(tags::registers(&config));
        // Before there is any listener.
        access.set(&config.access);
        let (desired, follow) = watch::channel(Arc::new(wanted(&config)));
        let revision = Revision {
            number: loaded.revision,
            document: Arc::new((&document).into()),
            problems: Arc::new(problems),
            feasibility: Arc::new(needs),
            trial,
        };
        let (revision, read) = watch::channel(revision);
        let owner = Self { inbox, store, image, registers, access, events, wanted, desired, revision };
        Ok((owner, Followed { desired: follow, revision: read }))
    }

    /// Answers requests until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            let until = self.revision.borrow().trial.as_ref().map(|trial| trial.until);
            let over = async {
                match until {
                    Some(until) => tokio::time::sleep_until(until.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                // Cancel-safe: it holds nothing.
                () = over => self.trial_is_over().await,
                // Cancel-safe: `recv` loses no request when another arm wins.
                request = self.inbox.recv() => match request {
                    Some(request) => self.answer(request).await,
                    None => return,
                },
            }
        }
    }

    async fn answer(&mut self, request: ConfigRequest) {
        // In each arm the asker may have given up; a change that was stored stands all the same.
        match request {
            ConfigRequest::Current { reply } => drop(reply.send(self.revision.borrow().clone())),
            ConfigRequest::Change { change, reply } => {
                let result = self.change(*change).await;
                drop(reply.send(result));
            }
            ConfigRequest::EndTrial { keep: true, actor, reply } => drop(reply.send(self.keep(&actor).await)),
            ConfigRequest::EndTrial { keep: false, actor, reply } => drop(reply.send(self.take_back(&actor).await)),
        }
    }

    async fn change(&mut self, change: Change) -> Result<Applied, ChangeError> {
        let number = self.revision.borrow().number;
        if change.expected != number {
            return Err(ChangeError::Stale { current: number });
        }
        let (author, source, dry_run) = (change.author, change.source, change.dry_run);
        if self.revision.borrow().trial.is_some() && !dry_run {
            return Err(ChangeError::OnTrial { revision: number });
        }
        let staying = change.peer.filter(|_| change.confirm_within.is_none());
        let judged = self.check(change.document).await.and_then(|(document, checked)| match staying {
            Some(peer) => Ok((document, self.still_reached(checked, peer)?)),
            None => Ok((document, checked)),
        });
        let (document, checked) = match judged {
            Ok(checked) => checked,
            Err(error) => {
                if !dry_run {
                    self.tell(&author, &source, Outcome::Refused, error.to_string());
                }
                return Err(error);
            }
        };
        let plan = plan(&self.desired.borrow().clone(), &checked.wanted);
        let view = self.names(&plan, &checked.wanted);
        if dry_run {
            let feasibility = checked.needs;
            return Ok(Applied { revision: number, problems: checked.warnings, plan: view, feasibility });
        }
        let by = store::Change { author: author.clone(), source: source_of(&source) };
        let time = change.confirm_within.map(trial::time);
        let saved = match self.store.save_for(number, document.into_root(), by, time).await {
            Ok(saved) => saved,
            Err(SaveError::Stale { current }) => return Err(ChangeError::Stale { current }),
            Err(SaveError::Refused { pointer, detail }) => {
                return Err(ChangeError::Invalid(vec![Problem { pointer, detail, severity: Severity::Error }]));
            }
            Err(SaveError::Store(error)) => {
                self.tell(&author, &source, Outcome::Failed, error.to_string());
                return Err(ChangeError::Store(error.to_string()));
            }
        };
        let trial = time.filter(|_| saved.changed).map(|time| trial::begun(number, time, &author));
        if saved.changed {
            self.tell(&author, &source, Outcome::Ok, format!("revision {}: {}", saved.revision, sentence(&view)));
        }
        if let (Some(time), Some(_)) = (time, &trial) {
            let detail = format!("revision {} is on trial for {} s", saved.revision, time.seconds);
            self.tell(&author, &source, Outcome::Ok, detail);
        }
        let applied = Applied {
            revision: saved.revision,
            problems: checked.warnings.clone(),
            plan: view,
            feasibility: checked.needs.clone(),
        };
        self.put_in_force(saved.revision, checked, trial);
        Ok(applied)
    }

    /// What is stored begins to be.
    fn put_in_force(&self, number: u64, checked: Checked<C>, trial: Option<Trial>) {
        // Tags first: a unit that takes the change finds the places of its new tags.
        self.registers.declare(tags::registers(&checked.config));
        self.image.declare(tags::definitions(&checked.config));
        self.access.set(&checked.config.access);
        self.desired.send_replace(Arc::new(checked.wanted));
        self.revision.send_replace(Revision {
            number,
            document: Arc::new(checked.document),
            problems: Arc::new(checked.warnings),
            feasibility: Arc::new(checked.needs),
            trial,
        });
    }

    /// A document of 32 MiB takes its time: checked beside the runtime's workers.
    async fn check(&self, sent: serde_json::Value) -> Result<(Document, Checked<C>), ChangeError> {
        let before = Arc::clone(&self.revision.borrow().document);
        let work = tokio::task::spawn_blocking(move || {
            if let Some(limit) = beyond_limit(&sent) {
                return Err(ChangeError::TooLarge(limit));
            }
            let (document, mut problems) = Document::adopt(sent, &before.open(), &mut new_id);
            let (config, found) = document.parse();
            problems.extend(found);
            let needs = feasibility(&config);
            problems.extend(overloads(&document, &needs));
            let kept = KeptDocument::from(&document);
            Ok((document, kept, config, needs, problems))
        });
        let (document, kept, config, needs, mut problems) =
            work.await.map_err(|_| ChangeError::Store("the check was cut off".to_owned()))??;
        let wanted = (self.wanted)(&config);
        for (resource, names) in conflicts(&wanted) {
            let detail = format!("{} all need {resource}", names.join(", "));
            let known = problems.iter().any(|problem| problem.severity == Severity::Error);
            if !known {
                problems.push(Problem { pointer: String::new(), detail, severity: Severity::Error });
            }
        }
        if problems.iter().any(|problem| problem.severity == Severity::Error) {
            return Err(ChangeError::Invalid(problems));
        }
        Ok((document, Checked { document: kept, config, needs, warnings: problems, wanted }))
    }

    fn names(&self, plan: &Plan, wanted: &BTreeMap<UnitKey, C>) -> PlanView {
        let running = self.desired.borrow();
        let name = |key: &UnitKey| {
            let spec = wanted.get(key).or_else(|| running.get(key));
            spec.map_or_else(|| key.to_string(), UnitSpec::name)
        };
        PlanView {
            start: plan.start.iter().map(name).collect(),
            stop: plan.stop.iter().map(name).collect(),
            update: plan.update.iter().map(name).collect(),
        }
    }

    fn tell(&self, author: &str, source: &str, result: Outcome, detail: String) {
        self.events.tell(Event {
            unix_ms: clock::unix_ms(),
            source: source.to_owned(),
            category: Category::Config,
            subject: "configuration".to_owned(),
            actor: author.to_owned(),
            result,
            detail,
        });
    }
}

/// A line that is asked too much does what it can: a warning.
fn overloads(document: &Document, needs: &[LineNeeds]) -> Vec<Problem> {
    let ports = document.root().get("ports").and_then(serde_json::Value::as_array).map_or(&[][..], Vec::as_slice);
    let warning = |line: &LineNeeds| {
        let detail = line.advice.clone()?;
        let index = ports.iter().position(|port| port.get("name").is_some_and(|name| *name == *line.port))?;
        let pointer = Pointer::ROOT.member("ports").index(index).to_string();
        Some(Problem { pointer, detail, severity: Severity::Warning })
    };
    needs.iter().filter_map(warning).collect()
}

fn source_of(word: &str) -> ChangeSource {
    match word {
        "browser" => ChangeSource::Browser,
        "init" => ChangeSource::Init,
        "cli" => ChangeSource::Cli,
        _ => ChangeSource::Api,
    }
}

fn sentence(plan: &PlanView) -> String {
    let part = |what: &str, names: &[String]| (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")));
    let parts: Vec<String> = [part("stops", &plan.stop), part("starts", &plan.start), part("updates", &plan.update)]
        .into_iter()
        .flatten()
        .collect();
    if parts.is_empty() { "no unit is touched".to_owned() } else { parts.join("; ") }
}

/// 64 random bits as 16 hex digits: names an object for ever.
pub fn new_id() -> String {
    use ring::rand::{SecureRandom as _, SystemRandom};
    use std::sync::atomic::{AtomicU64, Ordering};
    static FALLBACK: AtomicU64 = AtomicU64::new(0);
    let mut bytes = [0; 8];
    if SystemRandom::new().fill(&mut bytes).is_err() {
        // Without the system's random numbers an id need only be unlike the others: time and a count will do.
        let count = FALLBACK.fetch_add(1, Ordering::Relaxed);
        bytes = ((clock::unix_ms().unsigned_abs() << 16) | (count & 0xffff)).to_be_bytes();
    }
    format!("{:016x}", u64::from_be_bytes(bytes))
}

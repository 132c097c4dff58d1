//! Notifications: rules look at what changes, and each receiver has a post that delivers.

mod post;
mod rules;

use super::agent::{Identity, KeyCache};
use super::handler::encoded;
use super::world::World;
use crate::config::snmp::{ReceiverConfig, RuleConfig, Sender, SnmpConfig, When};
use crate::platform::clock;
use crate::runtime::changes::Interest;
use crate::runtime::events::{Category, Event, Outcome};
use crate::runtime::image::TagView;
use crate::runtime::snmp::ReceiverStatus;
use crate::views::mib::MibValue;
use crate::views::mib::cells::shown;
use crate::views::mib::text::{Carried, Notification};
use async_snmp::{Auth, Oid, UsmConfig, VarBind};
use post::Post;
use rules::Memory;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::task::JoinSet;

/// `coldStart` of RFC 3418.
const COLD_START: [u32; 10] = [1, 3, 6, 1, 6, 3, 1, 1, 5, 1];

/// One notification on its way.
#[derive(Debug, Clone)]
pub(super) struct Note {
    oid: Oid,
    uptime: u32,
    carried: Vec<VarBind>,
}

/// What a note says.
struct Said<'a> {
    rule: &'a str,
    name: String,
    value: String,
    unit: String,
    unix_ms: i64,
    quality: i32,
    detail: String,
}

/// Rules and posts of the present configuration.
pub(super) struct Notifier {
    world: Arc<World>,
    enterprise: Vec<u32>,
    rules: Vec<Watched>,
    /// Which rules look at a cell.
    by_cell: HashMap<u32, Vec<usize>>,
    posts: Vec<Arc<Post>>,
    /// Runs the posts; dropped, they stop.
    tasks: JoinSet<()>,
    /// The last event looked at.
    seen: u64,
}

struct Watched {
    rule: RuleConfig,
    /// By the id of the tag.
    memory: HashMap<String, Memory>,
}

impl Notifier {
    pub(super) fn new(world: Arc<World>) -> Self {
        let seen = *world.events.follow().borrow();
        Self {
            world,
            enterprise: Vec::new(),
            rules: Vec::new(),
            by_cell: HashMap::new(),
            posts: Vec::new(),
            tasks: JoinSet::new(),
            seen,
        }
    }

    /// Goes by this configuration from now on. Rules that stay remember what they saw; posts what waits.
    pub(super) fn configure(&mut self, config: &SnmpConfig, identity: &Identity, keys: &KeyCache) {
        self.enterprise.clone_from(&config.enterprise_oid);
        let mut before: HashMap<String, Watched> =
            self.rules.drain(..).map(|watched| (watched.rule.identity.id.clone(), watched)).collect();
        self.rules = config
            .rules
            .iter()
            .filter(|rule| rule.identity.enabled)
            .map(|rule| {
                let kept = before.remove(&rule.identity.id).filter(|watched| watched.rule.when == rule.when);
                Watched { rule: rule.clone(), memory: kept.map(|watched| watched.memory).unwrap_or_default() }
            })
            .collect();
        self.tasks.abort_all();
        let mut boxes: HashMap<String, Arc<Post>> =
            self.posts.drain(..).map(|post| (post.config.identity.id.clone(), post)).collect();
        for receiver in config.receivers.iter().filter(|receiver| receiver.identity.enabled) {
            let Some(auth) = credentials(receiver, config, keys) else { continue };
            let post = Arc::new(Post::new(receiver.clone(), boxes.remove(&receiver.identity.id)));
            self.tasks.spawn(Arc::clone(&post).run(auth, identity.clone()));
            self.posts.push(post);
        }
        self.survey();
    }

    /// The tags rules look at.
    pub(super) fn interest(&self) -> Interest {
        Interest::Matching(self.rules.iter().filter_map(|watched| watched.rule.when.tags().cloned()).collect())
    }

    /// Tags came or went.
    pub(super) fn survey(&mut self) {
        self.by_cell.clear();
        let defs = self.world.reader.defs();
        for (at, watched) in self.rules.iter_mut().enumerate() {
            let Some(pattern) = watched.rule.when.tags() else { continue };
            let mut here = HashMap::new();
            for (cell, def) in defs.iter().filter(|(_, def)| pattern.matches(&def.name)) {
                self.by_cell.entry(*cell).or_default().push(at);
                here.insert(def.id.clone(), watched.memory.remove(&def.id).unwrap_or_default());
            }
            watched.memory = here;
        }
        let cells: Vec<u32> = self.by_cell.keys().copied().collect();
        self.changed(&cells);
    }

    /// These cells changed.
    pub(super) fn changed(&mut self, cells: &[u32]) {
        if self.by_cell.is_empty() {
            return;
        }
        for view in self.world.reader.cells(cells) {
            for at in self.by_cell.get(&view.cell).cloned().unwrap_or_default() {
                let watched = &mut self.rules[at];
                let memory = watched.memory.entry(view.def.id.clone()).or_default();
                if let Some(kind) = memory.look(&watched.rule.when, &view.state) {
                    let rule = watched.rule.identity.name.clone();
                    let said = of_tag(&rule, &view);
                    let note = self.note(&kind.oid(&self.enterprise), said);
                    self.deliver(at, &note);
                }
            }
        }
    }

    /// Events happened.
    pub(super) fn happened(&mut self) {
        for (number, event) in self.world.events.since(self.seen) {
            self.seen = number;
            for at in 0..self.rules.len() {
                let rule = &self.rules[at].rule;
                let kind = match (&rule.when, event.category, event.result) {
                    (When::UnitHealth, Category::Unit, _) => Notification::UnitHealth,
                    (When::LoginFailure, Category::Access, Outcome::Refused) => Notification::LoginFailure,
                    (When::ConfigChange, Category::Config, Outcome::Ok) => Notification::ConfigChange,
                    _ => continue,
                };
                let said = of_event(&rule.identity.name, &event);
                let note = self.note(&kind.oid(&self.enterprise), said);
                self.deliver(at, &note);
            }
        }
    }

    /// The program started.
    pub(super) fn cold_start(&self) {
        for at in 0..self.rules.len() {
            if self.rules[at].rule.when == When::ColdStart {
                let note = Note { oid: Oid::from_slice(&COLD_START), uptime: 0, carried: Vec::new() };
                self.deliver(at, &note);
            }
        }
    }

    /// Somebody wants to see that it arrives; false if there is no such receiver.
    pub(super) fn test(&self, receiver: &str) -> bool {
        let Some(post) = self.posts.iter().find(|post| post.config.identity.name == receiver) else { return false };
        let said = Said {
            rule: "",
            name: receiver.to_owned(),
            value: String::new(),
            unit: String::new(),
            unix_ms: clock::unix_ms(),
            quality: 0,
            detail: "a test, asked for by hand".to_owned(),
        };
        post.put(self.note(&Notification::Test.oid(&self.enterprise), said));
        true
    }

    pub(super) fn status(&self) -> Vec<ReceiverStatus> {
        self.posts.iter().map(|post| post.status()).collect()
    }

    fn deliver(&self, rule: usize, note: &Note) {
        let wanted = &self.rules[rule].rule.receivers;
        for post in self.posts.iter().filter(|post| wanted.is_empty() || wanted.contains(&post.config.identity.name)) {
            post.put(note.clone());
        }
    }

    fn note(&self, oid: &[u32], said: Said<'_>) -> Note {
        let carried = Carried::ALL.into_iter().map(|what| {
            let value = match what {
                Carried::Rule => MibValue::text(said.rule),
                Carried::Name => MibValue::text(&said.name),
                Carried::Value => MibValue::text(&said.value),
                Carried::Unit => MibValue::text(&said.unit),
                Carried::Time => MibValue::time(said.unix_ms),
                Carried::Quality => MibValue::Integer(said.quality),
                Carried::Detail => MibValue::text(&said.detail),
            };
            VarBind::new(Oid::new(what.oid(&self.enterprise)), encoded(value))
        });
        Note { oid: Oid::from_slice(oid), uptime: self.world.uptime(), carried: carried.collect() }
    }
}

fn of_tag<'a>(rule: &'a str, view: &TagView) -> Said<'a> {
    let state = &view.state;
    Said {
        rule,
        name: view.def.name.to_string(),
        value: state.value.as_ref().map(shown).unwrap_or_default(),
        unit: view.def.unit.clone(),
        unix_ms: state.at.map_or_else(clock::unix_ms, |at| at.unix_ms),
        quality: state.quality as i32,
        detail: state.reason.to_string(),
    }
}

fn of_event<'a>(rule: &'a str, event: &Event) -> Said<'a> {
    Said {
        rule,
        name: event.subject.clone(),
        value: event.result.as_str().to_owned(),
        unit: String::new(),
        unix_ms: event.unix_ms,
        quality: 0,
        detail: event.detail.clone(),
    }
}

/// In whose name a receiver is told; none if its user has no keys.
fn credentials(receiver: &ReceiverConfig, config: &SnmpConfig, keys: &KeyCache) -> Option<Auth> {
    match &receiver.sender {
        Sender::V1(community) => Some(Auth::v1(community.reveal().to_owned())),
        Sender::V2c(community) => Some(Auth::v2c(community.reveal().to_owned())),
        Sender::V3(name) => {
            let user = config.users.iter().find(|user| user.identity.name == *name && user.identity.enabled)?;
            let keys = keys.of(&user.keys)?;
            UsmConfig::new(name.clone()).with_master_keys(keys).ok().map(Auth::Usm)
        }
    }
}

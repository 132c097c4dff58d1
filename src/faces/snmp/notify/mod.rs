//! Notifications: rules look at what changes, and each receiver has a post that delivers.

mod note;
mod post;
mod rules;

use super::agent::{Identity, KeyCache};
use super::world::World;
use crate::config::snmp::{ReceiverConfig, RuleConfig, Sender, SnmpConfig, When};
use crate::runtime::changes::Interest;
use crate::runtime::events::{Category, Outcome};
use crate::runtime::snmp::ReceiverStatus;
use crate::store::{NotesChange, SnmpMemory, StoreError};
use crate::views::mib::text::Notification;
use async_snmp::{Auth, UsmConfig};
use note::{Note, Said};
use post::{Post, Source};
use rules::Memory;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Rules and posts of the present configuration.
pub(super) struct Notifier {
    world: Arc<World>,
    rules: Vec<Watched>,
    /// Which rules look at a cell.
    by_cell: HashMap<u32, Vec<usize>>,
    posts: Vec<Arc<Post>>,
    /// Runs the posts; dropped, they stop.
    tasks: JoinSet<()>,
    /// The last event looked at.
    seen: u64,
    /// What waited when the program stopped, by the id of the receiver; taken by its post.
    former: HashMap<String, Vec<(u64, Note)>>,
    /// What the store may still have for receivers that are no more.
    orphans: Vec<NotesChange>,
}

struct Watched {
    rule: RuleConfig,
    /// By the id of the tag.
    memory: HashMap<String, Memory>,
}

impl Notifier {
    /// With what waited when the program stopped.
    pub(super) async fn load(world: Arc<World>, memory: &SnmpMemory) -> Result<Self, StoreError> {
        let seen = *world.events.follow().borrow();
        let mut former: HashMap<String, Vec<(u64, Note)>> = HashMap::new();
        for (receiver, serial, body) in memory.notes().await? {
            // What an earlier version wrote otherwise is lost, not in the way.
            if let Ok(note) = serde_json::from_str(&body) {
                former.entry(receiver).or_default().push((serial, note));
            }
        }
        Ok(Self {
            world,
            rules: Vec::new(),
            by_cell: HashMap::new(),
            posts: Vec::new(),
            tasks: JoinSet::new(),
            seen,
            former,
            orphans: Vec::new(),
        })
    }

    /// Goes by this configuration from now on. Rules that stay remember what they saw; posts what waits.
    pub(super) fn configure(&mut self, config: &SnmpConfig, identity: &Identity, keys: &KeyCache) {
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
        // Dropped, the present ones stop.
        self.tasks = JoinSet::new();
        let mut boxes: HashMap<String, Arc<Post>> =
            self.posts.drain(..).map(|post| (post.config.identity.id.clone(), post)).collect();
        for receiver in config.receivers.iter().filter(|receiver| receiver.identity.enabled) {
            let Some(auth) = credentials(receiver, config, keys) else { continue };
            let former = self.former.remove(&receiver.identity.id).unwrap_or_default();
            let from = Source { enterprise: config.enterprise_oid.clone(), auth, identity: identity.clone() };
            let post = Arc::new(Post::new(receiver.clone(), boxes.remove(&receiver.identity.id), former));
            self.tasks.spawn(Arc::clone(&post).run(from));
            self.posts.push(post);
        }
        // Receivers that are no more, or switched off, are not told later what they missed.
        self.orphans.extend(boxes.into_values().map(|post| post.all_gone()));
        self.orphans.extend(self.former.drain().map(|(receiver, notes)| {
            let gone_before = notes.last().map_or(1, |(serial, _)| serial + 1);
            NotesChange { receiver, gone_before, news: Vec::new() }
        }));
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
                    let said = Said::of_tag(&watched.rule.identity.name, &view);
                    self.deliver(at, &self.note(kind, said));
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
                let said = Said::of_event(&rule.identity.name, &event);
                self.deliver(at, &self.note(kind, said));
            }
        }
    }

    /// The program started.
    pub(super) fn cold_start(&self) {
        for at in 0..self.rules.len() {
            if self.rules[at].rule.when == When::ColdStart {
                self.deliver(at, &Note::cold_start());
            }
        }
    }

    /// Somebody wants to see that it arrives; false if there is no such receiver.
    pub(super) fn test(&self, receiver: &str) -> bool {
        let Some(post) = self.posts.iter().find(|post| post.config.identity.name == receiver) else { return false };
        post.put(self.note(Notification::Test, Said::test(receiver)));
        true
    }

    /// Keeps what waits by now over a restart; what cannot be kept stays in memory and is tried again.
    pub(super) async fn keep(&mut self, memory: &SnmpMemory) {
        let pending: Vec<(&Arc<Post>, NotesChange)> =
            self.posts.iter().filter_map(|post| Some((post, post.unkept()?))).collect();
        let changes: Vec<NotesChange> =
            self.orphans.iter().chain(pending.iter().map(|(_, change)| change)).cloned().collect();
        if changes.is_empty() {
            return;
        }
        match memory.keep_notes(&changes).await {
            Ok(()) => {
                for (post, change) in pending {
                    post.kept(&change);
                }
                self.orphans.clear();
            }
            Err(error) => tracing::warn!(%error, "waiting notifications are not kept: a restart loses them"),
        }
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

    fn note(&self, kind: Notification, said: Said) -> Note {
        Note::new(kind, self.world.uptime(), said)
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

//! Watches that somebody is there: when a watched source stays silent, outputs go to their safe values.

use crate::config::safe_mode::{Clear, SafeModeConfig};
use crate::platform::clock;
use crate::runtime::events::{Category, Event, Events, Outcome};
use crate::runtime::safe_mode::{Cause, SafeMode, SafeState, Source, Wish};
use crate::runtime::status::UnitsWatch;
use crate::runtime::unit::{Health, UnitContext, UnitKind};
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::watch;

/// How often the MQTT connections are looked at; the shortest watchdog is 1 s.
const LOOK: Duration = Duration::from_millis(250);

/// The unit of all watchdogs.
#[derive(Debug)]
pub struct Watchdog {
    config: watch::Receiver<SafeModeConfig>,
    safe_mode: SafeMode,
    units: UnitsWatch,
    events: Events,
}

impl Watchdog {
    /// Watches by this configuration.
    pub fn new(
        config: watch::Receiver<SafeModeConfig>,
        safe_mode: SafeMode,
        units: UnitsWatch,
        events: Events,
    ) -> Self {
        Self { config, safe_mode, units, events }
    }

    /// Runs until asked to stop.
    pub async fn run(mut self, ctx: UnitContext) -> Result<(), Infallible> {
        ctx.set_health(Health::Up);
        let mut wishes = self.safe_mode.wishes();
        let mut judge = Judge::new(clock::now().mono_us);
        judge.causes.clone_from(&self.safe_mode.follow().borrow().causes);
        loop {
            let config = *self.config.borrow_and_update();
            if self.mqtt_is_up() {
                self.safe_mode.heard(Source::Mqtt, clock::now());
            }
            let now = clock::now().mono_us;
            let heard = Source::ALL.map(|source| self.safe_mode.last(source));
            let wait = judge.look(config, heard, now);
            self.tell(&judge.causes);
            let wait =
                if config.mqtt.is_some() { wait.map_or(LOOK, |wait| wait.min(LOOK)) } else { wait.unwrap_or(LOOK) };
            tokio::select! {
                biased;
                () = ctx.stop.cancelled() => return Ok(()),
                // Cancel-safe: the newest configuration stays in the watch.
                changed = self.config.changed() => if changed.is_err() { return Ok(()) },
                // Cancel-safe: the newest wish stays in the watch.
                asked = wishes.changed() => if asked.is_ok() {
                    let wish = *wishes.borrow_and_update();
                    judge.wish(wish.map(|(_, wish)| wish), clock::now().mono_us);
                },
                // Cancel-safe: what was heard stands in the handle.
                () = self.safe_mode.news() => (),
                // Cancel-safe: it is computed anew each round.
                () = tokio::time::sleep(wait) => (),
            }
        }
    }

    fn mqtt_is_up(&self) -> bool {
        let units = self.units.borrow();
        units.iter().any(|(key, unit)| key.kind == UnitKind::Mqtt && *unit.health.borrow() == Health::Up)
    }

    fn tell(&self, causes: &[Cause]) {
        let before = self.safe_mode.follow().borrow().clone();
        if before.causes == causes {
            return;
        }
        let now = clock::unix_ms();
        let active = !causes.is_empty();
        let since_ms = if active { before.since_ms.or(Some(now)) } else { None };
        self.safe_mode.set(SafeState { causes: causes.to_vec(), since_ms });
        if before.is_active() != active {
            let detail = match self.safe_mode.reason() {
                Some(why) => format!("outputs go to their safe values: {why}"),
                None => "outputs can be written again".to_owned(),
            };
            self.events.tell(Event {
                unix_ms: now,
                source: "watchdog".to_owned(),
                category: Category::Unit,
                subject: "safe mode".to_owned(),
                actor: String::new(),
                result: if active { Outcome::Failed } else { Outcome::Ok },
                detail,
            });
        }
    }
}

/// Decides, with times passed in.
#[derive(Debug)]
struct Judge {
    /// Nothing is silent for longer than since then.
    began: [u64; Source::ALL.len()],
    watched: [bool; Source::ALL.len()],
    causes: Vec<Cause>,
}

impl Judge {
    fn new(now: u64) -> Self {
        Self { began: [now; Source::ALL.len()], watched: [false; Source::ALL.len()], causes: Vec::new() }
    }

    fn wish(&mut self, wish: Option<Wish>, now: u64) {
        match wish {
            Some(Wish::Enter) if !self.causes.contains(&Cause::Hand) => self.causes.push(Cause::Hand),
            Some(Wish::Leave) => {
                self.causes.clear();
                self.began = [now; Source::ALL.len()];
            }
            Some(Wish::Enter) | None => (),
        }
    }

    /// Brings the causes up to date; answers how long until the next source is silent for too long.
    fn look(&mut self, config: SafeModeConfig, heard: [u64; Source::ALL.len()], now: u64) -> Option<Duration> {
        let mut next: Option<Duration> = None;
        for (source, limit) in Source::ALL.into_iter().zip([config.modbus, config.mqtt, config.rest]) {
            let place = source as usize;
            let was_watched = std::mem::replace(&mut self.watched[place], limit.is_some());
            let known = self.causes.iter().position(|cause| matches!(cause, Cause::Silence(of, _) if *of == source));
            let Some(limit) = limit else {
                // What is not watched any more is no cause any more.
                if let Some(known) = known {
                    self.causes.remove(known);
                }
                continue;
            };
            if !was_watched {
                self.began[place] = now;
            }
            let last = heard[place].max(self.began[place]);
            let silent = Duration::from_micros(now.saturating_sub(last));
            match (limit <= silent, known) {
                (true, None) => self.causes.push(Cause::Silence(source, limit.as_secs())),
                (false, Some(known)) if config.clear == Clear::Auto => {
                    self.causes.remove(known);
                }
                _ => (),
            }
            if silent < limit {
                let left = limit.saturating_sub(silent);
                next = Some(next.map_or(left, |next| next.min(left)));
            }
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: u64 = 1_000_000;

    fn config(rest_s: u64, clear: Clear) -> SafeModeConfig {
        SafeModeConfig { rest: Some(Duration::from_secs(rest_s)), clear, ..SafeModeConfig::default() }
    }

    #[test]
    fn silence_trips_and_a_sign_of_life_clears() {
        let mut judge = Judge::new(0);
        let auto = config(5, Clear::Auto);
        assert_eq!(judge.look(auto, [0; 3], 10 * S), Some(Duration::from_secs(5)), "it counts from when it is set");
        assert_eq!(judge.look(auto, [0, 0, 12 * S], 13 * S), Some(Duration::from_secs(4)));
        assert_eq!(judge.causes, []);
        assert_eq!(judge.look(auto, [0, 0, 12 * S], 17 * S), None);
        assert_eq!(judge.causes, [Cause::Silence(Source::Rest, 5)]);
        judge.look(auto, [0, 0, 18 * S], 18 * S);
        assert_eq!(judge.causes, []);
    }

    #[test]
    fn by_hand_it_is_left_only_by_hand_and_counts_anew() {
        let mut judge = Judge::new(0);
        let manual = config(5, Clear::Manual);
        judge.look(manual, [0; 3], 0);
        judge.look(manual, [0; 3], 5 * S);
        judge.look(manual, [0, 0, 6 * S], 6 * S);
        assert_eq!(judge.causes, [Cause::Silence(Source::Rest, 5)], "a sign of life is not enough");
        judge.wish(Some(Wish::Leave), 20 * S);
        assert_eq!(judge.look(manual, [0, 0, 6 * S], 20 * S), Some(Duration::from_secs(5)));
        assert_eq!(judge.causes, []);
        judge.look(manual, [0, 0, 6 * S], 25 * S);
        assert!(!judge.causes.is_empty(), "still nobody there");
        judge.look(SafeModeConfig::default(), [0; 3], 26 * S);
        assert_eq!(judge.causes, [], "no longer watched");
    }

    #[test]
    fn what_a_person_entered_a_person_leaves() {
        let mut judge = Judge::new(0);
        judge.wish(Some(Wish::Enter), 0);
        judge.wish(Some(Wish::Enter), 1);
        judge.look(config(5, Clear::Auto), [0, 0, S], S);
        assert_eq!(judge.causes, [Cause::Hand]);
        judge.wish(Some(Wish::Leave), 2 * S);
        assert_eq!(judge.causes, []);
    }
}

//! Tells the event log that a certificate is about to end.

use crate::platform::clock;
use crate::runtime::events::{Category, Event, Events, Outcome};
use crate::runtime::unit::{Health, UnitContext};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::watch;

/// When each certificate ends, in seconds since 1970-01-01 UTC, by its name and fingerprint: a renewed one is another.
pub type Ends = BTreeMap<(String, String), i64>;

/// Days before the end on which it is told; at 0 it has ended.
const DAYS: [i64; 6] = [0, 1, 3, 7, 14, 30];
/// How often the clock is looked at.
const LOOK: Duration = Duration::from_secs(3600);
/// And while the host's clock is not set.
const LOOK_SOON: Duration = Duration::from_secs(30);
const DAY_MS: i64 = 86_400_000;

/// The unit that watches.
#[derive(Debug)]
pub struct CertificateWatch {
    ends: watch::Receiver<Ends>,
    events: Events,
}

impl CertificateWatch {
    /// Follows the certificates of the configuration.
    pub fn new(ends: watch::Receiver<Ends>, events: Events) -> Self {
        Self { ends, events }
    }

    /// Runs until asked to stop. A start tells again what was told before it.
    pub async fn run(mut self, ctx: UnitContext) -> Result<(), Infallible> {
        ctx.set_health(Health::Up);
        let mut told = BTreeMap::new();
        loop {
            let ends = self.ends.borrow_and_update().clone();
            let now = clock::now();
            let sensible = clock::is_sensible(now);
            if sensible {
                told.retain(|key, _| ends.contains_key(key));
                for (key, end) in &ends {
                    if let Some(stage) = stage(*end, now.unix_ms)
                        && told.insert(key.clone(), stage).is_none_or(|before| stage < before)
                    {
                        self.tell(&key.0, *end, now.unix_ms);
                    }
                }
            }
            tokio::select! {
                biased;
                () = ctx.stop.cancelled() => return Ok(()),
                // Cancel-safe: the watch keeps the newest.
                changed = self.ends.changed() => if changed.is_err() { return Ok(()) },
                () = tokio::time::sleep(if sensible { LOOK } else { LOOK_SOON }) => (),
            }
        }
    }

    fn tell(&self, name: &str, end: i64, unix_ms: i64) {
        let left = days_left(end, unix_ms);
        let detail = match left {
            ..0 => "the certificate has expired".to_owned(),
            0 => "the certificate expires within a day".to_owned(),
            _ => format!("the certificate expires in {left} days"),
        };
        self.events.tell(Event {
            unix_ms,
            source: "certificates".to_owned(),
            category: Category::System,
            subject: name.to_owned(),
            actor: String::new(),
            result: Outcome::Failed,
            detail,
        });
    }
}

/// Which of [`DAYS`] is reached, the last first.
fn stage(end: i64, unix_ms: i64) -> Option<usize> {
    let left_ms = end.saturating_mul(1000).saturating_sub(unix_ms);
    DAYS.iter().position(|days| left_ms < days * DAY_MS)
}

fn days_left(end: i64, unix_ms: i64) -> i64 {
    end.saturating_mul(1000).saturating_sub(unix_ms).div_euclid(DAY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_in_stages() {
        let end = 2_000_000_000;
        let at = |days: i64| end * 1000 - days * DAY_MS + 1;
        let stages: Vec<_> = [31, 30, 14, 7, 3, 1, 0].map(|days| stage(end, at(days))).to_vec();
        assert_eq!(stages, [None, Some(5), Some(4), Some(3), Some(2), Some(1), Some(0)]);
        assert_eq!((days_left(end, at(30)), days_left(end, at(1)), days_left(end, at(0))), (29, 0, -1));
    }
}

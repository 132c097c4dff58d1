//! When a rule speaks. Pure: what a rule remembers of a tag, and what it makes of the next look.

use crate::config::snmp::When;
use crate::tag::quality::{Quality, Reason};
use crate::tag::reading::TagState;
use crate::tag::value::Value;
use crate::views::mib::text::Notification;

/// What a rule remembers of one tag.
#[derive(Debug, Clone, Default)]
pub(super) struct Memory {
    before: Option<Before>,
    /// Whether a threshold may speak again.
    armed: bool,
}

#[derive(Debug, Clone)]
struct Before {
    value: Option<Value>,
    quality: Quality,
    reason: Reason,
    /// The last good level.
    on: Option<bool>,
}

impl Memory {
    /// Takes a look in; answers what is to be told. The first look tells nothing: it is where the rule begins.
    pub(super) fn look(&mut self, when: &When, state: &TagState) -> Option<Notification> {
        let good = state.quality == Quality::Good;
        let number = state.value.as_ref().filter(|_| good).and_then(Value::as_f64);
        let on = number.map(|x| x != 0.0);
        let before = self.before.take();
        let last_on = before.as_ref().and_then(|before| before.on);
        let (value, quality, reason) = (state.value.clone(), state.quality, state.reason);
        self.before = Some(Before { value, quality, reason, on: on.or(last_on) });
        match when {
            When::Change(_) => {
                // The first reading after a start is no change: every restart would tell of every tag.
                let before = before.as_ref().filter(|before| before.reason != Reason::NotYetRead);
                before.is_some_and(|before| differs(before, state)).then_some(Notification::Changed)
            }
            When::Quality(_) => {
                let other = before.as_ref().is_some_and(|before| before.quality != state.quality);
                other.then_some(Notification::Quality)
            }
            When::OnToOff(_) => (last_on == Some(true) && on == Some(false)).then_some(Notification::Off),
            When::OffToOn(_) => (last_on == Some(false) && on == Some(true)).then_some(Notification::On),
            When::Greater(_, limit, width) => {
                let passed = |x: f64| *limit <= x;
                let rearms = |x: f64| if *width == 0.0 { x < *limit } else { x <= limit - width };
                self.threshold(number, passed, rearms).then_some(Notification::Greater)
            }
            When::Less(_, limit, width) => {
                let passed = |x: f64| x <= *limit;
                let rearms = |x: f64| if *width == 0.0 { *limit < x } else { limit + width <= x };
                self.threshold(number, passed, rearms).then_some(Notification::Less)
            }
            When::UnitHealth | When::LoginFailure | When::ConfigChange | When::ColdStart => None,
        }
    }

    fn threshold(&mut self, x: Option<f64>, passed: impl Fn(f64) -> bool, rearms: impl Fn(f64) -> bool) -> bool {
        let Some(x) = x else { return false };
        if rearms(x) {
            self.armed = true;
        }
        passed(x) && std::mem::take(&mut self.armed)
    }
}

fn differs(before: &Before, state: &TagState) -> bool {
    let same = match (&before.value, &state.value) {
        (Some(before), Some(now)) => before.same(now),
        (None, None) => true,
        _ => false,
    };
    !same || before.quality != state.quality || before.reason != state.reason
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tag::pattern::TagPattern;
    use crate::tag::reading::{Raw, Reading, Stamp};

    fn tags() -> TagPattern {
        TagPattern::parse("*/*").unwrap()
    }

    /// What is told at each of these values; `None` is a failed read.
    #[track_caller]
    fn check(when: When, values: &[Option<f64>], expect: &[usize]) {
        let (mut memory, mut state) = (Memory::default(), TagState::default());
        let mut told = Vec::new();
        for (at, value) in values.iter().enumerate() {
            state.apply(match value {
                Some(x) => Reading::Good { value: Value::F64(*x), raw: Raw::new(), at: Stamp::default() },
                None => Reading::Failed(Reason::NoAnswer),
            });
            if memory.look(&when, &state).is_some() {
                told.push(at);
            }
        }
        assert_eq!(told, expect, "{when:?}");
    }

    #[test]
    fn a_rise_from_below_the_hysteresis_is_told_once() {
        let values = [3.0, 5.0, 4.5, 6.0, 4.0, 5.0].map(Some);
        check(When::Greater(tags(), 5.0, 1.0), &values, &[1, 5]);
        check(When::Greater(tags(), 5.0, 0.0), &values, &[1, 3, 5]);
        check(When::Greater(tags(), 5.0, 1.0), &[Some(7.0), Some(9.0)], &[]);
        check(When::Greater(tags(), 5.0, 1.0), &[Some(3.0), None, Some(9.0), None, Some(9.0)], &[2]);
    }

    #[test]
    fn a_fall_is_a_rise_upside_down() {
        check(When::Less(tags(), 5.0, 1.0), &[7.0, 5.0, 5.5, 4.0, 6.0, 5.0].map(Some), &[1, 5]);
        check(When::Less(tags(), 5.0, 0.0), &[5.0, 5.1, 5.0].map(Some), &[2]);
    }

    #[test]
    fn edges_are_told_also_over_a_failed_read() {
        let values = [Some(0.0), Some(1.0), None, Some(1.0), None, Some(0.0), Some(0.0), Some(1.0)];
        check(When::OffToOn(tags()), &values, &[1, 7]);
        check(When::OnToOff(tags()), &values, &[5]);
        check(When::Quality(tags()), &values, &[2, 3, 4, 5]);
        check(When::Change(tags()), &values, &[1, 2, 3, 4, 5, 7]);
    }
}

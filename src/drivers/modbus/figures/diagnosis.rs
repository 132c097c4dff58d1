//! What is probably wrong with a device, from its figures alone. Pure.

use super::Counts;
use crate::runtime::status::Diagnosis;

/// Fewer transactions say nothing.
const ENOUGH: u64 = 20;

/// Judges the figures of the last minute or two; `ever` tells whether the device was heard since the unit started.
pub(super) fn diagnose(recent: &Counts, ever: bool, silent: bool) -> Option<Diagnosis> {
    let all = recent.transactions;
    if silent {
        return Some(match (ever, recent.crc_errors + recent.garbled) {
            // Something answers, and not one frame is whole: speed or parity differ.
            (_, broken) if 0 < broken && recent.good == 0 => Diagnosis::Parameters,
            (false, _) => Diagnosis::NeverHeard,
            (true, _) => Diagnosis::Gone,
        });
    }
    if all < ENOUGH {
        return None;
    }
    let percent = |count: u64| 100 * count / all;
    let broken = recent.crc_errors + recent.garbled;
    if 1 <= percent(recent.foreign) {
        return Some(Diagnosis::Foreign);
    }
    if recent.good == 0 && 0 < broken {
        return Some(Diagnosis::Parameters);
    }
    if 1 <= percent(broken) {
        return Some(Diagnosis::Cabling);
    }
    if 1 <= percent(recent.timeouts) {
        // Answers do come, only too late for their requests.
        let late = recent.timeouts <= 2 * recent.late;
        return Some(if late { Diagnosis::TimeoutShort } else { Diagnosis::Losing });
    }
    let exceptions = |codes: &[u8]| percent(codes.iter().map(|code| recent.exception(*code)).sum());
    [
        (&[2_u8][..], Diagnosis::Address),
        (&[1, 3], Diagnosis::Unsupported),
        (&[5, 6], Diagnosis::Busy),
        (&[10, 11], Diagnosis::Gateway),
        (&[4, 7, 8], Diagnosis::Fault),
    ]
    .into_iter()
    .find(|(codes, _)| 1 <= exceptions(codes))
    .map(|(_, diagnosis)| diagnosis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(change: impl FnOnce(&mut Counts), ever: bool, silent: bool, expect: Option<Diagnosis>) {
        let mut counts = Counts { transactions: 1000, good: 900, ..Counts::default() };
        change(&mut counts);
        assert_eq!(diagnose(&counts, ever, silent), expect);
    }

    #[test]
    fn each_trouble_has_its_sign() {
        check(|_| (), true, false, None);
        check(|counts| counts.timeouts = 5, true, false, None);
        check(|counts| (counts.transactions, counts.timeouts) = (10, 10), true, false, None);
        check(|counts| counts.crc_errors = 15, true, false, Some(Diagnosis::Cabling));
        check(|counts| (counts.crc_errors, counts.good) = (700, 0), true, false, Some(Diagnosis::Parameters));
        check(|counts| counts.timeouts = 100, true, false, Some(Diagnosis::Losing));
        check(|counts| (counts.timeouts, counts.late) = (100, 90), true, false, Some(Diagnosis::TimeoutShort));
        check(|counts| counts.foreign = 20, true, false, Some(Diagnosis::Foreign));
        check(|counts| counts.exceptions = [(2, 30)].into(), true, false, Some(Diagnosis::Address));
        check(|counts| counts.exceptions = [(1, 30)].into(), true, false, Some(Diagnosis::Unsupported));
        check(|counts| counts.exceptions = [(6, 30)].into(), true, false, Some(Diagnosis::Busy));
        check(|counts| counts.exceptions = [(11, 30)].into(), true, false, Some(Diagnosis::Gateway));
        check(|counts| counts.exceptions = [(4, 30)].into(), true, false, Some(Diagnosis::Fault));
    }

    #[test]
    fn silence_has_three_reasons() {
        check(|counts| counts.timeouts = 10, false, true, Some(Diagnosis::NeverHeard));
        check(|counts| counts.timeouts = 10, true, true, Some(Diagnosis::Gone));
        check(|counts| (counts.crc_errors, counts.good) = (3, 0), false, true, Some(Diagnosis::Parameters));
    }
}

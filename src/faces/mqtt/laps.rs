//! The numbers that messages of QoS 1 and 2 have on their way, as far as order depends on them.
//!
//! The client library numbers messages 1, 2, ... up to as many as may be on their way, and then 1 again: a lap. When a
//! connection broke and the broker kept the session, it sends again what was open, and each PUBREL in the order of the
//! numbers (rumqttc-v4-next and rumqttc-v5-next 0.34, `MqttState::clean_with_notices_internal`, `outgoing_rel.ones()`), not in
//! the order of the PUBRECs as MQTT asks (4.6). A broker passes a message of QoS 2 on at its PUBREL, so of two messages on
//! both sides of a lap's end the later one would arrive first. So none begins the next lap before those of this one have
//! ended.

/// Where in its lap the library is. The numbers it gives are known only from the ends of messages; between them it is counted.
#[derive(Debug, Default)]
pub(super) struct Laps {
    /// Messages handed over so far, of QoS 1 and 2.
    handed: u64,
    /// Those of QoS 1 that have not ended.
    plain: u64,
    /// Those of QoS 2 that have not ended.
    exactly_once: u64,
    /// The latest of QoS 2 that has ended, its number, and whether it was the last and alone.
    known: Option<(Place, u16, bool)>,
    /// Of those up to this one no number is believed: something else took one since.
    doubted: u64,
    /// SUBSCRIBEs and the like that are not answered: when they take a number is not known.
    others: usize,
}

/// A message with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// The how manieth it is.
    at: u64,
    /// Numbers that may be passed over behind it: of messages of QoS 1 that were on their way already. Those of QoS 2 are of
    /// the same lap and have lower ones.
    held: u64,
    exactly_once: bool,
}

impl Laps {
    /// A session is up: it may be another one, with numbers of its own.
    pub(super) fn begin(&mut self) {
        self.doubt();
    }

    /// A message of QoS 1 or 2 is handed over.
    pub(super) fn hand_over(&mut self, exactly_once: bool) -> Place {
        self.handed += 1;
        let place = Place { at: self.handed, held: self.plain, exactly_once };
        if exactly_once {
            self.exactly_once += 1;
        } else {
            self.plain += 1;
        }
        place
    }

    /// A message has ended, with this number if it is known.
    pub(super) fn end(&mut self, place: Place, number: Option<u16>) {
        if !place.exactly_once {
            self.plain -= 1;
            return;
        }
        self.exactly_once -= 1;
        let is_later = self.known.is_none_or(|(before, ..)| before.at < place.at);
        if let Some(number) = number.filter(|_| is_later && self.doubted < place.at && self.others == 0) {
            self.known = Some((place, number, self.exactly_once == 0 && self.handed == place.at));
        }
    }

    /// Something that is no message is handed over and takes a number.
    pub(super) fn begin_other(&mut self) {
        self.others += 1;
        self.doubt();
    }

    /// It was answered, or lost.
    pub(super) fn end_other(&mut self) {
        self.others = self.others.saturating_sub(1);
        self.doubt();
    }

    /// Something takes a number that is not followed further.
    pub(super) fn doubt(&mut self) {
        (self.known, self.doubted) = (None, self.handed);
    }

    /// Whether the next message certainly stays in the lap, of this many numbers, in which those of QoS 2 on their way are.
    pub(super) fn fits(&self, lap: u16) -> bool {
        let Some((place, number, was_alone)) = self.known.filter(|(_, number, _)| *number <= lap) else { return false };
        // The last number ends its lap, once all of it have ended; what is handed over meanwhile passes theirs over.
        let ends = number == lap;
        if ends && !was_alone {
            return false;
        }
        let begun = if ends { 0 } else { u64::from(number) };
        begun + (self.handed - place.at) + place.held < u64::from(lap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_the_first_has_ended_a_lap_is_filled_and_no_more() {
        let mut laps = Laps::default();
        assert!(!laps.fits(20), "nothing is known");
        let first = laps.hand_over(true);
        assert!(!laps.fits(20));
        laps.end(first, Some(4));
        let mut open = Vec::new();
        while laps.fits(20) {
            open.push(laps.hand_over(true));
        }
        assert_eq!(open.len(), 16, "5 to 20");
        laps.end(open[0], Some(5));
        assert!(!laps.fits(20), "the lap ends where it did");
        for (place, number) in open.into_iter().zip(5..).skip(1) {
            laps.end(place, Some(number));
        }
        // 20 was the last number, so another lap begins.
        let another = std::iter::from_fn(|| laps.fits(20).then(|| laps.hand_over(true)));
        assert_eq!(another.count(), 20);
    }

    #[test]
    fn a_number_that_may_be_held_is_passed_over() {
        let mut laps = Laps::default();
        let (old, new) = (laps.hand_over(false), laps.hand_over(true));
        laps.end(new, Some(17));
        laps.hand_over(true);
        assert!(laps.fits(20));
        laps.hand_over(true);
        assert!(!laps.fits(20), "18 and 19 are given, and 20 may be the one that is held");
        laps.end(old, None);
        assert!(!laps.fits(20), "or was, when they were given");
    }

    #[test]
    fn what_takes_a_number_unseen_puts_all_in_doubt() {
        let mut laps = Laps::default();
        let before = laps.hand_over(true);
        laps.begin_other();
        let during = laps.hand_over(true);
        laps.end(before, Some(1));
        laps.end(during, Some(2));
        assert!(!laps.fits(20));
        let during = laps.hand_over(true);
        laps.end_other();
        laps.end(during, Some(4));
        assert!(!laps.fits(20));
        let after = laps.hand_over(true);
        laps.end(after, Some(5));
        assert!(laps.fits(20));
        // Another session, and a broker that takes fewer than before.
        laps.begin();
        assert!(!laps.fits(20));
        let after = laps.hand_over(true);
        laps.end(after, Some(30));
        assert!(laps.fits(40) && laps.fits(30) && !laps.fits(20));
    }

    proptest::proptest! {
        /// Against a client that numbers as the library does: whatever fits has a higher number than all that are open.
        #[test]
        fn no_two_open_messages_are_on_both_sides_of_a_laps_end(steps in proptest::collection::vec(0u8..8, 1..400), lap in 2u16..30) {
            let mut laps = Laps::default();
            let mut last = 0;
            // Place, number, and whether it is of QoS 2.
            let mut open: Vec<(Place, u16, bool)> = Vec::new();
            for step in steps {
                let counts = open.iter().filter(|(.., counts)| *counts).count();
                match step {
                    // The oldest ends, or any.
                    0..=2 if !open.is_empty() => {
                        let (place, number, counts) = open.remove(usize::from(step) % open.len());
                        laps.end(place, counts.then_some(number));
                    }
                    3 | 4 if open.len() < usize::from(lap) => {
                        let is_free = |number: &u16| open.iter().all(|(_, taken, _)| taken != number);
                        last = (last..lap).chain(0..last).map(|number| number + 1).find(is_free).unwrap();
                        open.push((laps.hand_over(false), last, false));
                    }
                    5.. if open.len() < usize::from(lap) && (counts == 0 || laps.fits(lap)) => {
                        let is_free = |number: &u16| open.iter().all(|(_, taken, _)| taken != number);
                        last = (last..lap).chain(0..last).map(|number| number + 1).find(is_free).unwrap();
                        open.push((laps.hand_over(true), last, true));
                        let numbers: Vec<u16> = open.iter().filter(|(.., counts)| *counts).map(|(_, number, _)| *number).collect();
                        proptest::prop_assert!(numbers.is_sorted(), "{numbers:?} of {lap}");
                    }
                    _ => (),
                }
            }
        }
    }
}

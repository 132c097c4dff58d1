//! Whose turn it is. Pure: the time is passed in.
//!
//! Periodic reads go by earliest deadline, in a time that runs slower than the clock while the line is asked for more
//! than it can do ([`pace`]): so every read gets the same share of its wanted rate, and none starves. What is read flat
//! out takes the rest, and never less than [`FLAT_SHARE`]. Silent devices are probed where nobody waits for the line,
//! or within their budget ([`budget`]). Reads stand in ordered sets: a choice among 100,000 costs as little as among ten.

mod budget;
mod load;
#[cfg(test)]
mod outage_tests;
mod pace;
#[cfg(test)]
mod tests;

use budget::Budget;
use load::{Load, Share};
use pace::Pace;
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;
use tokio::time::Instant;

/// Names a device on its line for as long as it is configured; never used again for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct DeviceKey(pub(super) u32);

/// Names a read for as long as it stays what it is; never used again for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct JobKey {
    /// Whose it is.
    pub(super) device: DeviceKey,
    /// Which of its reads.
    pub(super) job: u32,
}

/// A moment of the line's own time, which stands still or runs slowly while the line is overloaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Beat(Duration);

/// What to do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// This read; it is under way until [`Schedule::done`] or [`Schedule::retry`].
    Read(JobKey),
    /// Ask this silent device; it is under way until [`Schedule::set_probe`].
    Probe(DeviceKey),
    /// Nothing before then.
    Wait(Instant),
    /// Nothing at all.
    Nothing,
}

/// When a new read is done for the first time, and where it lies afterwards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Start {
    /// At once; then in this part of its period, 0..1, so that reads spread.
    Fresh(f64),
    /// At once, for what joined it; then in its old place.
    Joined(Beat),
    /// It takes the place of one that was.
    Kept(Beat),
    /// After its first period.
    Later,
}

/// The share of line time that flat-out reads get from periodic ones.
const FLAT_SHARE: f64 = 0.1;
/// Flat-out time that can be saved up.
const MOST_CREDIT: Duration = Duration::from_millis(500);
/// A probe that waited this long beyond its time goes before others, if the budget permits: an overloaded line would
/// never hear of a device that has returned.
const STARVED: Duration = Duration::from_secs(10);

/// All reads of one line.
#[derive(Debug)]
pub(super) struct Schedule {
    pace: Pace,
    entries: HashMap<JobKey, Entry>,
    /// Not yet due, by when they are.
    waiting: BTreeSet<(Beat, JobKey)>,
    /// The same by device, to tell when each is next read.
    waiting_of: BTreeSet<(DeviceKey, Beat, u32)>,
    /// Due, by deadline.
    ready: BTreeSet<(Beat, JobKey)>,
    /// To be read next because they were written; they take turns with the others, or who writes all the time would
    /// stop the polls.
    rushed: BTreeSet<(u64, JobKey)>,
    rushed_last: bool,
    /// Flat out, by the turn of their last read.
    flat: BTreeSet<(u64, JobKey)>,
    turns: u64,
    flat_out: usize,
    flat_credit: Duration,
    probes: BTreeSet<(Instant, DeviceKey)>,
    probe_at: HashMap<DeviceKey, Instant>,
    budget: Budget,
    load: Load,
    others: Share,
    /// Transactions that may be under way at once.
    slots: u32,
    seen: Instant,
}

#[derive(Debug)]
struct Entry {
    /// `None` = flat out.
    period: Option<Duration>,
    /// Its place in the grid.
    due: Beat,
    next: Next,
    state: State,
    /// Line time of one read, smoothed.
    cost: Duration,
    last: Option<Instant>,
    /// How far it is behind its wanted rate, in nanoseconds; negative = ahead.
    lag: i64,
}

/// Where it lies after the read that is due now.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Next {
    /// One period on.
    Grid,
    /// In this part of its period from then.
    Phase(f64),
    /// Where it lay before it was hurried.
    Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    Ready(Beat),
    Flat(u64),
    Rushed(u64),
    Flying {
        deadline: Beat,
        /// It is read out of turn.
        extra: bool,
        /// What is under way may be too old by the time it is here.
        rush: bool,
    },
    /// Its device is silent.
    Parked,
}

impl Schedule {
    /// Nothing to do yet. `slots` transactions may be under way at once; silent devices may take `percent` of the time.
    pub(super) fn new(slots: u8, percent: u8, now: Instant) -> Self {
        Self {
            pace: Pace::new(now),
            entries: HashMap::new(),
            waiting: BTreeSet::new(),
            waiting_of: BTreeSet::new(),
            ready: BTreeSet::new(),
            rushed: BTreeSet::new(),
            rushed_last: false,
            flat: BTreeSet::new(),
            turns: 0,
            flat_out: 0,
            flat_credit: Duration::ZERO,
            probes: BTreeSet::new(),
            probe_at: HashMap::new(),
            budget: Budget::new(percent, now),
            load: Load::default(),
            others: Share::new(now),
            slots: u32::from(slots.max(1)),
            seen: now,
        }
    }

    /// Follows changed settings of the port.
    pub(super) fn set(&mut self, slots: u8, percent: u8) {
        self.slots = u32::from(slots.max(1));
        self.budget.set_percent(percent);
    }

    /// One more read; `cost` is the line time it is expected to take.
    pub(super) fn add(&mut self, key: JobKey, period: Option<Duration>, cost: Duration, start: Start, now: Instant) {
        let beat = self.advance(now);
        let (due, next, at) = match start {
            Start::Fresh(phase) => (beat, Next::Phase(phase), beat),
            Start::Joined(due) => (due, Next::Place, beat),
            Start::Kept(due) => (due, Next::Grid, due),
            Start::Later => {
                let due = beat.plus(period.unwrap_or_default());
                (due, Next::Grid, due)
            }
        };
        let entry = Entry { period, due, next, state: State::Parked, cost, last: None, lag: 0 };
        self.entries.insert(key, entry);
        self.count_in(key);
        self.place(key, at, beat);
    }

    /// A read is no more; one that is under way ends unheard.
    pub(super) fn remove(&mut self, key: JobKey) {
        self.park(key);
        self.entries.remove(&key);
    }

    /// The device of this read is silent.
    pub(super) fn park(&mut self, key: JobKey) {
        let Some(entry) = self.entries.get_mut(&key) else { return };
        let state = std::mem::replace(&mut entry.state, State::Parked);
        if state != State::Parked {
            self.load.remove(entry.cost, entry.period);
            self.flat_out -= usize::from(entry.period.is_none());
        }
        self.unlist(key, state);
    }

    /// Reads this as soon as others permit: its device is back. Its place in the grid stays, or all that were hurried
    /// would crowd from now on.
    pub(super) fn revive(&mut self, key: JobKey, now: Instant) {
        let beat = self.advance(now);
        let Some(entry) = self.entries.get_mut(&key) else { return };
        if entry.state == State::Parked {
            // While it was parked the grid went on without it.
            if let Some(period) = entry.period {
                entry.due = again(entry.due, period, beat).0;
            }
            (entry.last, entry.lag) = (None, 0);
            if entry.next == Next::Grid {
                entry.next = Next::Place;
            }
            self.count_in(key);
            self.place(key, beat, beat);
        } else {
            self.hasten(key, beat);
        }
    }

    /// Reads this next: it was written.
    pub(super) fn rush(&mut self, key: JobKey, now: Instant) {
        self.advance(now);
        let Some(entry) = self.entries.get_mut(&key) else { return };
        match entry.state {
            State::Waiting | State::Ready(_) if entry.period.is_some() => {
                let state = entry.state;
                if state == State::Waiting && entry.next == Next::Grid {
                    entry.next = Next::Place;
                }
                self.unlist(key, state);
                self.list_rushed(key);
            }
            State::Flying { deadline, extra, .. } => entry.state = State::Flying { deadline, extra, rush: true },
            State::Waiting | State::Ready(_) | State::Rushed(_) | State::Flat(_) | State::Parked => (),
        }
    }

    fn hasten(&mut self, key: JobKey, beat: Beat) {
        let Some(entry) = self.entries.get_mut(&key) else { return };
        if let (State::Waiting, Some(period)) = (entry.state, entry.period) {
            if entry.next == Next::Grid {
                entry.next = Next::Place;
            }
            self.unlist(key, State::Waiting);
            self.list_ready(key, beat.plus(period));
        }
    }

    /// When this silent device is to be asked again; `None` for one that is polled.
    pub(super) fn set_probe(&mut self, device: DeviceKey, at: Option<Instant>) {
        if let Some(old) = self.probe_at.remove(&device) {
            self.probes.remove(&(old, device));
        }
        if let Some(at) = at {
            self.probe_at.insert(device, at);
            self.probes.insert((at, device));
        }
    }

    /// The best thing to do; `probe_cost` is how long a probe of a device takes if it stays silent.
    pub(super) fn next(&mut self, now: Instant, probe_cost: impl Fn(DeviceKey) -> Duration) -> Choice {
        let beat = self.advance(now);
        while let Some((due, key)) = self.waiting.first().copied().filter(|(due, _)| *due <= beat) {
            self.unlist(key, State::Waiting);
            let period = self.entries.get(&key).and_then(|entry| entry.period).unwrap_or_default();
            self.list_ready(key, due.plus(period));
        }
        let probe = self.probes.first().copied();
        let permitted = self.budget.permits(now);
        if let Some((_, device)) = probe.filter(|(due, _)| permitted && *due + STARVED < now) {
            return self.take_probe(device);
        }
        let rushed = self.rushed.first().map(|(_, key)| *key);
        if let Some(key) = rushed.filter(|_| !self.rushed_last || (self.ready.is_empty() && self.flat.is_empty())) {
            self.rushed_last = true;
            return self.take(key);
        }
        self.rushed_last = false;
        let flat = self.flat.first().map(|(_, key)| *key);
        let entitled = flat.filter(|key| self.entries.get(key).is_some_and(|flat| flat.cost <= self.flat_credit));
        if let Some(key) = entitled.or_else(|| self.ready.first().map(|(_, key)| *key)) {
            return self.take(key);
        }
        let next_due = self.waiting.first().map(|(due, _)| self.pace.when(*due));
        if let Some((_, device)) = probe.filter(|(due, _)| *due <= now) {
            let cost = probe_cost(device);
            if permitted || (flat.is_none() && next_due.is_none_or(|next| now + cost < next)) {
                return self.take_probe(device);
            }
        }
        if let Some(key) = flat {
            return self.take(key);
        }
        let probe = probe.map(|(due, _)| if due <= now { self.budget.ready() } else { due });
        match (next_due, probe) {
            (Some(a), Some(b)) => Choice::Wait(a.min(b)),
            (Some(at), None) | (None, Some(at)) => Choice::Wait(at),
            (None, None) => Choice::Nothing,
        }
    }

    fn take(&mut self, key: JobKey) -> Choice {
        let Some(entry) = self.entries.get_mut(&key) else { return Choice::Nothing };
        let deadline = if let State::Ready(deadline) = entry.state { deadline } else { entry.due };
        if entry.period.is_none() {
            self.flat_credit = self.flat_credit.saturating_sub(entry.cost);
        }
        let extra = matches!(entry.state, State::Rushed(_));
        let state = std::mem::replace(&mut entry.state, State::Flying { deadline, extra, rush: false });
        self.unlist(key, state);
        Choice::Read(key)
    }

    fn take_probe(&mut self, device: DeviceKey) -> Choice {
        self.set_probe(device, None);
        Choice::Probe(device)
    }

    /// Whether a read is due, so that somebody waits for the line.
    pub(super) fn has_work(&mut self, now: Instant) -> bool {
        let beat = self.advance(now);
        !self.ready.is_empty()
            || !self.rushed.is_empty()
            || !self.flat.is_empty()
            || self.waiting.first().is_some_and(|(due, _)| *due <= beat)
    }

    /// The read is over, well or not, and took `took` of the line; how many turns it is behind since the last time.
    pub(super) fn done(&mut self, key: JobKey, took: Duration, now: Instant) -> u64 {
        let beat = self.advance(now);
        let Some(entry) = self.entries.get_mut(&key) else { return 0 };
        let State::Flying { rush, extra, .. } = entry.state else { return 0 };
        if extra {
            self.others.spent(took);
        }
        self.load.remove(entry.cost, entry.period);
        entry.cost = (7 * entry.cost + took) / 8;
        self.load.add(entry.cost, entry.period);
        let Some(period) = entry.period else {
            self.place(key, beat, beat);
            return 0;
        };
        let on_time = entry.next == Next::Grid;
        entry.due = match std::mem::replace(&mut entry.next, Next::Grid) {
            Next::Place if beat < entry.due => entry.due,
            Next::Grid | Next::Place => again(entry.due, period, beat).0,
            Next::Phase(phase) => beat.plus(period.mul_f64(phase)),
        };
        let missed = entry.fell_behind(period, on_time, now);
        let due = entry.due;
        if rush {
            entry.next = Next::Place;
        }
        if rush {
            self.list_rushed(key);
        } else {
            self.place(key, due, beat);
        }
        missed
    }

    /// The read failed and is tried again soon: it competes anew, with the deadline it had.
    pub(super) fn retry(&mut self, key: JobKey) {
        let Some(entry) = self.entries.get_mut(&key) else { return };
        let State::Flying { deadline, .. } = entry.state else { return };
        if entry.period.is_some() {
            self.list_ready(key, deadline);
        } else {
            self.list_flat(key);
        }
    }

    /// Something else took this long of the line: a write, a retry.
    pub(super) fn spent(&mut self, time: Duration, now: Instant) {
        self.advance(now);
        self.others.spent(time);
    }

    /// Somebody asks for a probe now, whatever the budget.
    pub(super) fn permit_probe(&mut self, now: Instant) {
        self.budget.grant(now);
    }

    /// A probe took this long of the line.
    pub(super) fn probe_spent(&mut self, time: Duration, now: Instant) {
        self.spent(time, now);
        self.budget.spent(time / self.slots, now);
    }

    /// Every period is this much longer than wanted, lately; 1 = the line keeps up.
    pub(super) fn stretch(&self) -> f64 {
        self.pace.shown()
    }

    /// Line time that the periodic reads ask for, per time; above 1 it is not to be had.
    pub(super) fn load(&self) -> f64 {
        self.load.sum() / f64::from(self.slots)
    }

    /// Where this read lies in the grid.
    pub(super) fn due(&self, key: JobKey) -> Option<Beat> {
        self.entries.get(&key).map(|entry| entry.due)
    }

    /// Time until a device is read or probed again; zero when it is due.
    pub(super) fn next_due(&self, device: DeviceKey, now: Instant) -> Option<Duration> {
        let from = (device, Beat(Duration::ZERO), 0);
        let waiting = self.waiting_of.range(from..).next().filter(|(of, ..)| *of == device);
        let read = waiting.map(|(_, due, _)| self.pace.when(*due));
        let probe = self.probe_at.get(&device).copied();
        read.into_iter().chain(probe).min().map(|at| at.saturating_duration_since(now))
    }

    fn advance(&mut self, now: Instant) -> Beat {
        let passed = now.saturating_duration_since(self.seen);
        self.seen = self.seen.max(now);
        self.others.turn(now, self.slots);
        let flat = if self.flat_out == 0 { 0.0 } else { FLAT_SHARE };
        self.flat_credit = (self.flat_credit + (self.slots * passed).mul_f64(flat)).min(MOST_CREDIT);
        let capacity = (1.0 - flat - self.others.get()).max(0.05);
        let beat = self.pace.advance(now, self.ready.first().map(|(deadline, _)| *deadline));
        self.pace.set_stretch(self.load() / capacity);
        beat
    }

    fn count_in(&mut self, key: JobKey) {
        if let Some(entry) = self.entries.get(&key) {
            self.load.add(entry.cost, entry.period);
            self.flat_out += usize::from(entry.period.is_none());
        }
    }

    /// Lists a read that is in no set: due at `at`.
    fn place(&mut self, key: JobKey, at: Beat, beat: Beat) {
        let Some(entry) = self.entries.get_mut(&key) else { return };
        match entry.period {
            None => self.list_flat(key),
            Some(period) if at <= beat => self.list_ready(key, at.plus(period)),
            Some(_) => {
                entry.state = State::Waiting;
                self.waiting.insert((at, key));
                self.waiting_of.insert((key.device, at, key.job));
            }
        }
    }

    fn list_ready(&mut self, key: JobKey, deadline: Beat) {
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.state = State::Ready(deadline);
            self.ready.insert((deadline, key));
        }
    }

    fn list_rushed(&mut self, key: JobKey) {
        if let Some(entry) = self.entries.get_mut(&key) {
            self.turns += 1;
            entry.state = State::Rushed(self.turns);
            self.rushed.insert((self.turns, key));
        }
    }

    fn list_flat(&mut self, key: JobKey) {
        if let Some(entry) = self.entries.get_mut(&key) {
            self.turns += 1;
            entry.state = State::Flat(self.turns);
            self.flat.insert((self.turns, key));
        }
    }

    /// Takes a read in this state out of its set.
    fn unlist(&mut self, key: JobKey, state: State) {
        match state {
            State::Waiting => {
                // What waits, waits for its place in the grid.
                if let Some(due) = self.due(key) {
                    self.waiting.remove(&(due, key));
                    self.waiting_of.remove(&(key.device, due, key.job));
                }
            }
            State::Ready(deadline) => _ = self.ready.remove(&(deadline, key)),
            State::Flat(turn) => _ = self.flat.remove(&(turn, key)),
            State::Rushed(turn) => _ = self.rushed.remove(&(turn, key)),
            State::Flying { .. } | State::Parked => (),
        }
    }
}

impl Entry {
    /// Counts the turns lost since the last read. A read that is twice late by half a period has lost one.
    fn fell_behind(&mut self, period: Duration, on_time: bool, now: Instant) -> u64 {
        let nanos = |time: Duration| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
        let period = nanos(period).max(1);
        match self.last.replace(now) {
            Some(last) if on_time => {
                let gap = nanos(now.saturating_duration_since(last));
                self.lag = self.lag.saturating_add(gap.saturating_sub(period)).max(-period);
            }
            _ => self.lag = 0,
        }
        let missed = (self.lag / period).max(0);
        self.lag -= missed * period;
        u64::try_from(missed).unwrap_or(0)
    }
}

impl Beat {
    fn plus(self, time: Duration) -> Self {
        Self(self.0.saturating_add(time))
    }
}

/// When a periodic read that was due at `due` and done now is due again, and how many turns were missed. The grid
/// stays: late reads do not push the later ones.
fn again(due: Beat, period: Duration, now: Beat) -> (Beat, u64) {
    let late = now.0.saturating_sub(due.0);
    let missed = u32::try_from(late.as_nanos() / period.as_nanos().max(1)).unwrap_or(u32::MAX);
    (due.plus(period.saturating_mul(missed.saturating_add(1))), u64::from(missed))
}

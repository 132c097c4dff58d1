//! Beats, gaps and silences: what the clock asks for.

use super::Publisher;
use std::cmp::Reverse;
use std::time::Duration;
use tokio::time::Instant;

/// What a timer is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    /// The beat of a publication that only has an interval.
    Beat(usize),
    /// The end of a post's minimum gap.
    Gap(usize),
    /// A post's longest silence, where both triggers are set.
    Silence(usize),
    /// The next time a condition that lasts is told.
    Repeat(usize),
    /// The time of a post's batch.
    Batch(usize),
}

/// One moment on both clocks, from which the beats that follow the wall clock are found.
#[derive(Debug, Default)]
pub(super) struct Grid {
    known: Option<(Instant, i64)>,
}

impl Grid {
    /// The next beat of this interval: one interval from now, or the next multiple of it on the wall clock.
    pub(super) fn next(&self, now: Instant, interval: Duration, aligned: bool) -> Instant {
        let Some((at, unix_ms)) = self.known.filter(|_| aligned) else { return now + interval };
        let passed = u64::try_from(unix_ms).unwrap_or(0) + millis(now.saturating_duration_since(at));
        let period = millis(interval).max(1);
        now + Duration::from_millis(period - passed % period)
    }
}

/// Of durations of this life.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX / 2)
}

impl Publisher {
    /// Tells what the wall clock says, for beats that follow it.
    pub(in crate::faces::mqtt) fn wall_clock(&mut self, now: Instant, unix_ms: i64) {
        self.grid.known = Some((now, unix_ms));
    }

    /// When [`Publisher::tick`] has something to do next.
    pub(in crate::faces::mqtt) fn next_due(&self) -> Option<Instant> {
        self.timers.peek().map(|Reverse((at, _))| *at)
    }

    /// Makes ready what is due.
    pub(in crate::faces::mqtt) fn tick(&mut self, now: Instant) {
        while let Some(Reverse((at, target))) = self.timers.peek().copied().filter(|Reverse((at, _))| *at <= now) {
            self.timers.pop();
            match target {
                Target::Beat(index) => self.beat(index, at, now),
                Target::Gap(index) => self.gap_over(index, now),
                Target::Silence(index) => self.silence_over(index, now),
                Target::Repeat(place) => self.repeat(place, at, now),
                Target::Batch(index) => self.batch_over(index, now),
            }
        }
    }

    fn beat(&mut self, index: usize, at: Instant, now: Instant) {
        let publication = &mut self.publications[index];
        let Some(interval) = publication.config.trigger.interval else { return };
        // On the grid as long as we keep up; beats missed in a suspended host are not made up for.
        let next = match now < at + interval {
            _ if publication.config.trigger.aligned => self.grid.next(now, interval, true),
            true => at + interval,
            false => now + interval,
        };
        publication.beat = Some(next);
        self.timers.push(Reverse((next, Target::Beat(index))));
        for post in publication.posts.clone() {
            self.dropped += u64::from(self.posts[post].queued);
            self.enqueue(post, true);
        }
    }

    pub(super) fn start_beat(&mut self, index: usize, now: Instant) {
        let publication = &mut self.publications[index];
        let trigger = publication.config.trigger;
        if let Some(interval) = trigger.interval.filter(|_| !trigger.by_change()) {
            let first = self.grid.next(now, interval, trigger.aligned);
            publication.beat = Some(first);
            self.timers.push(Reverse((first, Target::Beat(index))));
        }
    }

    /// A post has at most one entry of each kind among the timers. It may ring early, since the post was sent again
    /// after it was made; then it is set anew.
    fn gap_over(&mut self, index: usize, now: Instant) {
        let post = &mut self.posts[index];
        post.gap_set = false;
        let gap = self.publications[post.publication].config.trigger.min_gap;
        match gap.and_then(|gap| Some(post.sent_at? + gap)).filter(|free| now < *free) {
            _ if !post.pending => (),
            Some(free) => self.await_gap(index, free),
            None => self.enqueue(index, false),
        }
    }

    fn silence_over(&mut self, index: usize, now: Instant) {
        let post = &mut self.posts[index];
        post.silence_set = false;
        let interval = self.publications[post.publication].config.trigger.interval;
        match interval.and_then(|interval| Some(post.sent_at? + interval)) {
            None => (),
            Some(latest) if now < latest => self.await_silence(index, latest),
            Some(_) => self.enqueue(index, true),
        }
    }

    pub(super) fn await_gap(&mut self, index: usize, free: Instant) {
        if !std::mem::replace(&mut self.posts[index].gap_set, true) {
            self.timers.push(Reverse((free, Target::Gap(index))));
        }
    }

    pub(super) fn await_silence(&mut self, index: usize, latest: Instant) {
        if !std::mem::replace(&mut self.posts[index].silence_set, true) {
            self.timers.push(Reverse((latest, Target::Silence(index))));
        }
    }
}

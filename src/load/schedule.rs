//! Idle VUs claim planned starts in order.
//!
//! Every idle VU schedule the next start and sleeps until it is due. So at any moment the free VUs hold the starts just
//! ahead, a due start costs no hand-over between threads, and a start that comes due not taken found all VUs busy. It
//! is dropped when the next VU frees up and asks, when somebody looks for it, or at the end; nothing is dropped unseen.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Arrivals;

/// Hands out the planned starts of one scenario; shared by its VUs on all threads.
///
/// Times are since the start of the scenario. The lock is held for the arithmetic of a start, never across a wait.
#[derive(Debug)]
pub struct Schedule {
    patience: Duration,
    state: Mutex<State>,
}

/// A planned start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedStart {
    /// Its number in the schedule, from 0; numbers of dropped starts are never handed out.
    pub number: u64,
    /// When the iteration should start.
    pub due: Duration,
}

/// The answer to a VU that asked for work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextStart {
    /// The start to run, to be slept for if it is not due yet; `None` when the schedule is over.
    pub start: Option<PlannedStart>,
    /// How many starts have been dropped since the last claim.
    pub dropped: u64,
}

/// What became of the starts so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StartCounts {
    /// Handed out to a VU; after the end, without those that were due only later.
    pub taken: u64,
    /// Came due with no VU to take them.
    pub dropped: u64,
}

#[derive(Debug)]
struct State {
    arrivals: Arrivals,
    counts: StartCounts,
    /// Due times of taken starts that were ahead when last looked at: at most one per VU.
    ahead: VecDeque<Duration>,
    finished: bool,
}

impl Schedule {
    /// Schedule on `arrivals`, with no patience: a start has to be taken by the moment it is due.
    pub fn new(arrivals: Arrivals) -> Self {
        Self::with_patience(arrivals, Duration::ZERO)
    }

    /// Schedule that still give out a start which came due up to `patience` ago, to start late rather than never.
    ///
    /// A timer wakes a little late. At thousands of starts a second, a VU that comes back within that error should not
    /// find its start dropped; how late it started is measured anyway.
    pub fn with_patience(arrivals: Arrivals, patience: Duration) -> Self {
        let state = State {
            arrivals,
            counts: StartCounts::default(),
            ahead: VecDeque::new(),
            finished: false,
        };
        Self {
            patience,
            state: Mutex::new(state),
        }
    }

    /// The next start for a VU that is idle at `now`. Slots that came due not taken are dropped first.
    pub fn take(&self, now: Duration) -> NextStart {
        let mut state = self.lock();
        if state.finished {
            return NextStart {
                start: None,
                dropped: 0,
            };
        }
        let dropped = state.drop_before(now.saturating_sub(self.patience));
        let number = state.counts.taken + state.counts.dropped;
        let start = state
            .arrivals
            .next()
            .map(|due| PlannedStart { number, due });
        if let Some(start) = start {
            state.counts.taken += 1;
            state.ahead.push_back(start.due);
        }
        state.forget_due(now);
        NextStart { start, dropped }
    }

    /// Drops what came due and can no longer be taken at `now`, as the next claim would, and returns how many starts
    /// those were. Where all VUs are busy for long, this is how losses are seen while they happen.
    pub fn drop_overdue(&self, now: Duration) -> u64 {
        let mut state = self.lock();
        if state.finished {
            return 0;
        }
        state.drop_before(now.saturating_sub(self.patience))
    }

    /// Ends the schedule at `end`: whatever was due before it and never taken is dropped. Returns how many starts this
    /// adds to the dropped ones; from now on there is nothing to claim, and the two figures of the [`StartCounts`] make up all
    /// that was planned before the end.
    pub fn finish(&self, end: Duration) -> u64 {
        let mut state = self.lock();
        if state.finished {
            return 0;
        }
        state.finished = true;
        let later = state.ahead.iter().filter(|due| **due >= end).count();
        state.counts.taken -= later as u64;
        state.drop_before(end)
    }

    /// How many taken starts are not due at `now`, which is the number of idle VUs that sleep for one. At 0 every VU
    /// is busy, and another one would be of use.
    pub fn outstanding(&self, now: Duration) -> usize {
        let mut state = self.lock();
        state.forget_due(now);
        state.ahead.len()
    }

    /// When the next not taken start is due: if nobody schedule it by then, it will be dropped.
    pub fn next_due(&self) -> Option<Duration> {
        let state = self.lock();
        if state.finished {
            None
        } else {
            state.arrivals.peek()
        }
    }

    /// Whether all starts have been taken or dropped because their number was limited: nothing comes any more, though
    /// the time for it is not over.
    pub fn is_complete(&self) -> bool {
        self.lock().arrivals.is_complete()
    }

    /// What became of the starts so far.
    pub fn counts(&self) -> StartCounts {
        self.lock().counts
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code under the lock leaves the state half changed if it panics.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn drop_before(&mut self, t: Duration) -> u64 {
        let dropped = self.arrivals.skip_before(t);
        self.counts.dropped += dropped;
        dropped
    }

    fn forget_due(&mut self, now: Duration) {
        while self.ahead.front().is_some_and(|due| *due <= now) {
            self.ahead.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;

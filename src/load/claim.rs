//! Idle VUs claim planned starts in order.
//!
//! Every idle VU claims the next slot and sleeps until it is due. So at any moment the free VUs hold the slots just
//! ahead, a due slot costs no hand-over between threads, and a slot that comes due unclaimed found all VUs busy. It
//! is dropped when the next VU frees up and asks, when somebody looks for it, or at the end; nothing is dropped unseen.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::Arrivals;

/// Hands out the planned starts of one scenario; shared by its VUs on all threads.
///
/// Times are since the start of the scenario. The lock is held for the arithmetic of a slot, never across a wait.
#[derive(Debug)]
pub struct Claims {
    patience: Duration,
    state: Mutex<State>,
}

/// A planned start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slot {
    /// Its number in the schedule, from 0; numbers of dropped slots are never handed out.
    pub number: u64,
    /// When the iteration should start.
    pub due: Duration,
}

/// The answer to a VU that asked for work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The slot to run, to be slept for if it is not due yet; `None` when the schedule is over.
    pub slot: Option<Slot>,
    /// How many slots have been dropped since the last claim.
    pub dropped: u64,
}

/// What became of the slots so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Handed out to a VU; after the end, without those that were due only later.
    pub claimed: u64,
    /// Came due with no VU to take them.
    pub dropped: u64,
}

#[derive(Debug)]
struct State {
    arrivals: Arrivals,
    tally: Tally,
    /// Due times of claimed slots that were ahead when last looked at: at most one per VU.
    ahead: VecDeque<Duration>,
    finished: bool,
}

impl Claims {
    /// Claims on `arrivals`, with no patience: a slot has to be claimed by the moment it is due.
    pub fn new(arrivals: Arrivals) -> Self {
        Self::with_patience(arrivals, Duration::ZERO)
    }

    /// Claims that still give out a slot which came due up to `patience` ago, to start late rather than never.
    ///
    /// A timer wakes a little late. At thousands of starts a second, a VU that comes back within that error should not
    /// find its slot dropped; how late it started is measured anyway.
    pub fn with_patience(arrivals: Arrivals, patience: Duration) -> Self {
        let state = State {
            arrivals,
            tally: Tally::default(),
            ahead: VecDeque::new(),
            finished: false,
        };
        Self {
            patience,
            state: Mutex::new(state),
        }
    }

    /// The next slot for a VU that is idle at `now`. Slots that came due unclaimed are dropped first.
    pub fn claim(&self, now: Duration) -> Claim {
        let mut state = self.lock();
        if state.finished {
            return Claim {
                slot: None,
                dropped: 0,
            };
        }
        let dropped = state.drop_before(now.saturating_sub(self.patience));
        let number = state.tally.claimed + state.tally.dropped;
        let slot = state.arrivals.next().map(|due| Slot { number, due });
        if let Some(slot) = slot {
            state.tally.claimed += 1;
            state.ahead.push_back(slot.due);
        }
        state.forget_due(now);
        Claim { slot, dropped }
    }

    /// Drops what came due and can no longer be claimed at `now`, as the next claim would, and returns how many slots
    /// those were. Where all VUs are busy for long, this is how losses are seen while they happen.
    pub fn drop_overdue(&self, now: Duration) -> u64 {
        let mut state = self.lock();
        if state.finished {
            return 0;
        }
        state.drop_before(now.saturating_sub(self.patience))
    }

    /// Ends the schedule at `end`: whatever was due before it and never claimed is dropped. Returns how many slots this
    /// adds to the dropped ones; from now on there is nothing to claim, and the two figures of the [`Tally`] make up all
    /// that was planned before the end.
    pub fn finish(&self, end: Duration) -> u64 {
        let mut state = self.lock();
        if state.finished {
            return 0;
        }
        state.finished = true;
        let later = state.ahead.iter().filter(|due| **due >= end).count();
        state.tally.claimed -= later as u64;
        state.drop_before(end)
    }

    /// How many claimed slots are not due at `now`, which is the number of idle VUs that sleep for one. At 0 every VU
    /// is busy, and another one would be of use.
    pub fn outstanding(&self, now: Duration) -> usize {
        let mut state = self.lock();
        state.forget_due(now);
        state.ahead.len()
    }

    /// When the next unclaimed slot is due: if nobody claims it by then, it will be dropped.
    pub fn next_due(&self) -> Option<Duration> {
        let state = self.lock();
        if state.finished {
            None
        } else {
            state.arrivals.peek()
        }
    }

    /// Whether all slots have been claimed or dropped because their number was limited: nothing comes any more, though
    /// the time for it is not over.
    pub fn is_complete(&self) -> bool {
        self.lock().arrivals.is_complete()
    }

    /// What became of the slots so far.
    pub fn tally(&self) -> Tally {
        self.lock().tally
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No code under the lock leaves the state half changed if it panics.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn drop_before(&mut self, t: Duration) -> u64 {
        let dropped = self.arrivals.skip_before(t);
        self.tally.dropped += dropped;
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

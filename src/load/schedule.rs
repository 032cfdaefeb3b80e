//! Assigns planned starts to idle VUs, in order.
//!
//! Every idle VU takes the next start and sleeps until it is due. So idle VUs always hold the next starts, and a due start needs
//! no communication between threads. If a start becomes due before a VU has taken it, all VUs are busy, and it is dropped: when
//! a VU asks for the next start, by [`Schedule::drop_overdue`], or at the end. All dropped starts are counted.

use std::collections::VecDeque;
use std::time::Duration;

use super::Arrivals;
use crate::sync::Mutex;

/// The planned starts of one scenario, shared by its VUs on all threads.
///
/// Times count from the start of the scenario. The lock is held while one start is computed, never across a wait.
#[derive(Debug)]
pub(crate) struct Schedule {
    patience: Duration,
    state: Mutex<ScheduleState>,
}

/// A planned start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PlannedStart {
    /// Its number in the schedule, from 0, including dropped starts.
    pub number: u64,
    /// When the iteration should start.
    pub due: Duration,
}

/// The answer to an idle VU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NextStart {
    /// The start, which may not be due yet; `None` if the schedule has ended.
    pub start: Option<PlannedStart>,
    /// The number of starts dropped since the last call.
    pub dropped: u64,
}

/// The numbers of starts that were taken and dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct StartCounts {
    /// Taken by a VU; after the end, excluding those that were due later.
    pub taken: u64,
    /// Due, but not taken in time.
    pub dropped: u64,
}

#[derive(Debug)]
struct ScheduleState {
    arrivals: Arrivals,
    counts: StartCounts,
    /// Due times of taken starts that were not due at the last call: at most one per VU.
    ahead: VecDeque<Duration>,
    finished: bool,
}

impl Schedule {
    /// A schedule in which a start that was due up to `patience` ago can still be taken.
    ///
    /// Timers wake a little late. At thousands of starts per second, the start of a VU that returns within that time should not
    /// be dropped; its delay is measured.
    pub(crate) fn with_patience(arrivals: Arrivals, patience: Duration) -> Self {
        let state = ScheduleState {
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

    /// Takes the next start for a VU that is idle at `now`, after dropping overdue starts.
    pub(crate) fn take(&self, now: Duration) -> NextStart {
        let mut state = self.state.lock();
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

    /// Drops overdue starts and returns their number. While all VUs are busy for long, this reports drops as they happen.
    pub(crate) fn drop_overdue(&self, now: Duration) -> u64 {
        let mut state = self.state.lock();
        if state.finished {
            return 0;
        }
        state.drop_before(now.saturating_sub(self.patience))
    }

    /// Ends the schedule at `end`, drops the starts that were due before it and not taken, and returns their number. From now
    /// on no start can be taken, and the [`StartCounts`] add up to the number of starts planned before the end.
    pub(crate) fn finish(&self, end: Duration) -> u64 {
        let mut state = self.state.lock();
        if state.finished {
            return 0;
        }
        state.finished = true;
        let later = state.ahead.iter().filter(|due| **due >= end).count();
        state.counts.taken -= later as u64;
        state.drop_before(end)
    }

    /// The time of the next start that has not been taken.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        let state = self.state.lock();
        if state.finished {
            None
        } else {
            state.arrivals.peek()
        }
    }

    /// Whether a schedule with a limited number of starts has none left before its time ends.
    pub(crate) fn is_complete(&self) -> bool {
        self.state.lock().arrivals.is_complete()
    }

    /// The numbers of starts that were taken and dropped.
    pub(crate) fn counts(&self) -> StartCounts {
        self.state.lock().counts
    }
}

impl ScheduleState {
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

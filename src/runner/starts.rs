//! What starts the iterations of a VU.
//!
//! These are plain answers from the schedules of [`crate::load`]. All waiting, stopping and counting is the same for all
//! executors and happens in [`scenario_loop`](super::scenario_loop) and [`vu_loop`](super::vu_loop).

use std::sync::Arc;
use std::time::Duration;

use crate::load::{Iterations, PlannedStart, Schedule};
use crate::options::Executor;
use crate::parts::Assignment;

/// How late a start may be before it is dropped: as much as a timer or a busy thread may be late, and long enough to
/// create a VU for it. `schedule_delay` records the delay.
pub(super) const PATIENCE: Duration = Duration::from_millis(5);

/// The same for a replayed start. It stands for a request that was made, so a late one is better than none, as long as the
/// load is still the recorded one.
const PATIENCE_OF_REPLAYS: Duration = Duration::from_millis(500);

/// What starts the iterations of one VU. It is asked whenever the VU is idle and may run.
#[derive(Clone)]
pub(super) enum Starts {
    /// The end of the previous iteration.
    Loop,
    /// The same, for this number of further iterations.
    Countdown(u64),
    /// The same, while iterations are left that all VUs share.
    Shared(Arc<Iterations>),
    /// A schedule. Idle VUs take its starts and sleep until they are due, regardless of how long iterations take.
    Planned(Arc<Schedule>),
}

/// When the next iteration of a VU starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StartTime {
    /// Immediately.
    Now,
    /// When the planned start is due.
    At(PlannedStart),
    /// Never, but the VU stays until the scenario ends.
    Never,
    /// Never, and the VU can end.
    Done,
}

impl Starts {
    /// The starts of an executor's VU, as far as they are assigned to this part of the run. `seed` is the scenario's.
    pub(super) fn new(executor: &Executor, seed: u64, assignment: Assignment) -> Self {
        match executor {
            Executor::SharedIterations(budget) => {
                let iterations = assignment.start_count(budget.iterations);
                Self::Shared(Arc::new(Iterations::new(iterations)))
            }
            Executor::PerVuIterations(budget) => Self::Countdown(budget.iterations),
            _ => executor.arrivals(seed).map_or(Self::Loop, |arrivals| {
                let patience = match executor {
                    Executor::Replay { .. } => PATIENCE_OF_REPLAYS,
                    _ => PATIENCE,
                };
                let arrivals = arrivals.assigned(assignment);
                Self::Planned(Arc::new(Schedule::with_patience(arrivals, patience)))
            }),
        }
    }

    /// The schedule, where starts are planned. Only there VUs may be created during the load.
    pub(super) fn schedule(&self) -> Option<&Schedule> {
        match self {
            Self::Planned(schedule) => Some(schedule),
            _ => None,
        }
    }

    /// When the next iteration of the VU starts, and how many planned starts were dropped since the last call; `now` is the
    /// time since the start of the scenario.
    pub(super) fn next(&mut self, now: Duration) -> (StartTime, u64) {
        let start = match self {
            Self::Loop => StartTime::Now,
            Self::Countdown(left) => match left.checked_sub(1) {
                Some(fewer) => {
                    *left = fewer;
                    StartTime::Now
                }
                None => StartTime::Done,
            },
            Self::Shared(left) => left.take().map_or(StartTime::Done, |_| StartTime::Now),
            Self::Planned(schedule) => {
                let next = schedule.take(now);
                let start = match next.start {
                    Some(start) => StartTime::At(start),
                    None if schedule.is_complete() => StartTime::Done,
                    None => StartTime::Never,
                };
                return (start, next.dropped);
            }
        };
        (start, 0)
    }
}

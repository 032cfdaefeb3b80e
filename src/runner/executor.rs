//! The seven executors: when VUs run, and what starts an iteration.
//!
//! An executor answers questions and does nothing by itself; the schedules it asks are in [`crate::load`]. All waiting,
//! stopping and counting is the same for all of them and happens in [`scenario_loop`](super::scenario_loop) and
//! [`vu_loop`](super::vu_loop).

use std::sync::Arc;
use std::time::Duration;

use super::timeline::Timeline;
use crate::load::{Arrivals, Iterations, PlannedStart, Schedule, VuRamp};
use crate::options;
use crate::parts::Assignment;

/// How late a start may be before it counts as dropped: as much as a timer or a busy thread may be off, and long
/// enough for a VU that is made for it. How late it was is recorded in `schedule_delay`.
pub(super) const PATIENCE: Duration = Duration::from_millis(5);

/// The same for a start that is replayed. It stands for a request that was made, so that late is better than never, up to
/// where it would be another load.
const PATIENCE_OF_REPLAYS: Duration = Duration::from_millis(500);

/// One scenario's executor, shared by all workers.
pub(super) enum Executor {
    /// `constant-vus`: a fixed number of VUs, each running iterations one after the other.
    ConstantVus { duration: Duration },
    /// `ramping-vus`: a number of looping VUs that moves through stages.
    RampingVus {
        ramp: VuRamp,
        graceful_ramp_down: Duration,
    },
    /// `shared-iterations`: a fixed number of iterations for all VUs together; the quick ones do more of them.
    SharedIterations {
        iterations: Arc<Iterations>,
        max_duration: Duration,
    },
    /// `per-vu-iterations`: a fixed number of iterations for each VU.
    PerVuIterations {
        iterations: u64,
        max_duration: Duration,
    },
    /// `constant-arrival-rate`, `ramping-arrival-rate` and `replay`: starts come when they are planned, however long
    /// iterations take. Idle VUs take them and sleep until they are due; the three differ only in the plan.
    Planned {
        duration: Duration,
        schedule: Arc<Schedule>,
    },
}

/// What starts the iterations of one VU. Asked whenever the VU is idle and may run.
pub(super) enum Starts {
    /// One iteration after the other.
    Loop,
    /// So many more.
    Countdown(u64),
    /// As long as some are left for all VUs.
    Shared(Arc<Iterations>),
    /// As planned.
    Planned(Arc<Schedule>),
}

/// The answer to an idle VU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Turn {
    /// What to do.
    pub(super) start: Start,
    /// Planned iterations found to have been missed, by all VUs.
    pub(super) dropped: u64,
}

/// When the next iteration of a VU starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// At once.
    Now,
    /// When the planned start is due.
    At(PlannedStart),
    /// Not any more, but the VU stays until the scenario is over.
    Never,
    /// Not any more, and the VU can end.
    Done,
}

impl From<Start> for Turn {
    fn from(start: Start) -> Self {
        Self { start, dropped: 0 }
    }
}

impl Executor {
    /// The executor for what the options ask, as far as it is assigned to this part of the run. `seed` is the scenario's own.
    pub(super) fn new(options: &options::Executor, seed: u64, assignment: Assignment) -> Self {
        use options::Executor as Asked;
        let duration = options.regular_duration();
        match options {
            Asked::ConstantVus { .. } => Self::ConstantVus { duration },
            Asked::RampingVus {
                start_vus,
                stages,
                graceful_ramp_down,
            } => Self::RampingVus {
                ramp: VuRamp::new(*start_vus, stages.clone()),
                graceful_ramp_down: *graceful_ramp_down,
            },
            Asked::SharedIterations { iterations, .. } => Self::SharedIterations {
                iterations: Arc::new(Iterations::new(assignment.start_count(*iterations))),
                max_duration: duration,
            },
            Asked::PerVuIterations { iterations, .. } => Self::PerVuIterations {
                iterations: *iterations,
                max_duration: duration,
            },
            Asked::ConstantArrivalRate { .. }
            | Asked::RampingArrivalRate { .. }
            | Asked::Replay { .. } => {
                let starts = options.arrivals(seed);
                let starts = starts.unwrap_or_else(|| Arrivals::listed(Arc::from([])));
                let starts = starts.assigned(assignment);
                let patience = match options {
                    Asked::Replay { .. } => PATIENCE_OF_REPLAYS,
                    _ => PATIENCE,
                };
                Self::Planned {
                    duration,
                    schedule: Arc::new(Schedule::with_patience(starts, patience)),
                }
            }
        }
    }

    /// The signals for the VUs with these numbers in the scenario.
    pub(super) fn timeline(&self, vus: &[u64], graceful_stop: Duration) -> Timeline {
        match self {
            Self::RampingVus {
                ramp,
                graceful_ramp_down,
            } => Timeline::ramping(
                vus.iter().map(|vu| ramp.intervals(*vu)),
                *graceful_ramp_down,
                ramp.duration(),
                graceful_stop,
            ),
            Self::ConstantVus { duration }
            | Self::Planned { duration, .. }
            | Self::SharedIterations {
                max_duration: duration,
                ..
            }
            | Self::PerVuIterations {
                max_duration: duration,
                ..
            } => Timeline::steady(*duration, graceful_stop),
        }
    }

    /// What starts the iterations of one VU.
    pub(super) fn starts(&self) -> Starts {
        match self {
            Self::ConstantVus { .. } | Self::RampingVus { .. } => Starts::Loop,
            Self::SharedIterations { iterations, .. } => Starts::Shared(Arc::clone(iterations)),
            Self::PerVuIterations { iterations, .. } => Starts::Countdown(*iterations),
            Self::Planned { schedule, .. } => Starts::Planned(Arc::clone(schedule)),
        }
    }

    /// The planned starts, where starts are planned. Only there VUs may be made while the load runs.
    pub(super) fn schedule(&self) -> Option<&Schedule> {
        match self {
            Self::Planned { schedule, .. } => Some(schedule),
            _ => None,
        }
    }
}

impl Starts {
    /// What the VU should do at `now`, the time since the start of the scenario.
    pub(super) fn next(&mut self, now: Duration) -> Turn {
        match self {
            Self::Loop => Start::Now.into(),
            Self::Countdown(left) => match left.checked_sub(1) {
                Some(fewer) => {
                    *left = fewer;
                    Start::Now.into()
                }
                None => Start::Done.into(),
            },
            Self::Shared(left) => left.take().map_or(Start::Done, |_| Start::Now).into(),
            Self::Planned(schedule) => {
                let next = schedule.take(now);
                let start = match next.start {
                    Some(start) => Start::At(start),
                    None if schedule.is_complete() => Start::Done,
                    None => Start::Never,
                };
                Turn {
                    start,
                    dropped: next.dropped,
                }
            }
        }
    }
}

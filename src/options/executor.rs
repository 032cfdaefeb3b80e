//! The seven executors.

use std::sync::Arc;
use std::time::Duration;

use crate::load::{Arrival, Arrivals, Rate, RateCurve, Stage, VuRamp};
use crate::units::{counted, format_duration};

/// How a scenario makes its load: when VUs run and what starts an iteration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Executor {
    /// VUs that start their next iteration as soon as one is over.
    ConstantVus {
        /// How many.
        vus: u64,
        /// For how long.
        duration: Duration,
    },
    /// The same with a number of VUs that changes over time.
    RampingVus {
        /// How many VUs there are at the start.
        start_vus: u64,
        /// Where the number goes from there.
        stages: Vec<Stage<u64>>,
        /// How long a VU that is no longer wanted may take to finish its iteration.
        graceful_ramp_down: Duration,
    },
    /// A number of iterations that VUs work off together, quicker ones doing more.
    SharedIterations {
        /// How many VUs.
        vus: u64,
        /// How many iterations in all.
        iterations: u64,
        /// When to start no more, done or not.
        max_duration: Duration,
    },
    /// A number of iterations for each VU.
    PerVuIterations {
        /// How many VUs.
        vus: u64,
        /// How many iterations each makes.
        iterations: u64,
        /// When to start no more, done or not.
        max_duration: Duration,
    },
    /// Iterations that start at a fixed rate, however long they take.
    ConstantArrivalRate {
        /// How many start per time unit.
        rate: Rate,
        /// The time unit of the rate.
        time_unit: Duration,
        /// For how long, at most.
        duration: Duration,
        /// How many VUs to make before the start.
        pre_allocated_vus: u64,
        /// How many VUs there may be when those are not enough; no less than `pre_allocated_vus`.
        max_vus: u64,
        /// How starts are spread.
        arrival: Arrival,
        /// How many starts there are at most; the scenario ends with their iterations.
        iterations: Option<u64>,
    },
    /// The same with a rate that changes over time.
    RampingArrivalRate {
        /// The rate at the start.
        start_rate: Rate,
        /// The time unit of all rates.
        time_unit: Duration,
        /// Where the rate goes from there.
        stages: Vec<Stage<Rate>>,
        /// How many VUs to make before the start.
        pre_allocated_vus: u64,
        /// How many VUs there may be when those are not enough; no less than `pre_allocated_vus`.
        max_vus: u64,
        /// How starts are spread.
        arrival: Arrival,
        /// How many starts there are at most; the scenario ends with their iterations.
        iterations: Option<u64>,
    },
    /// Iterations that start at times of their own, however long they take.
    Replay {
        /// When each starts, since the start of the scenario, in order.
        starts: Arc<[Duration]>,
        /// For how long, at most; the scenario ends with the iterations of its starts.
        duration: Duration,
        /// How many VUs to make before the start.
        pre_allocated_vus: u64,
        /// How many VUs there may be when those are not enough; no less than `pre_allocated_vus`.
        max_vus: u64,
    },
}

/// What sets the pace of an executor's iterations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// VUs, one iteration after the other.
    Vus,
    /// The same, of a number that changes.
    ChangingVus,
    /// Planned starts, whether or not those before are over.
    Starts,
}

impl Executor {
    /// The names of all executors, as options have them.
    pub const NAMES: [&str; 7] = [
        "constant-vus",
        "ramping-vus",
        "shared-iterations",
        "per-vu-iterations",
        "constant-arrival-rate",
        "ramping-arrival-rate",
        "replay",
    ];

    /// Its name, e.g. `constant-vus`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ConstantVus { .. } => "constant-vus",
            Self::RampingVus { .. } => "ramping-vus",
            Self::SharedIterations { .. } => "shared-iterations",
            Self::PerVuIterations { .. } => "per-vu-iterations",
            Self::ConstantArrivalRate { .. } => "constant-arrival-rate",
            Self::RampingArrivalRate { .. } => "ramping-arrival-rate",
            Self::Replay { .. } => "replay",
        }
    }

    /// What sets the pace of its iterations.
    pub fn pace(&self) -> Pace {
        match self {
            Self::ConstantVus { .. }
            | Self::SharedIterations { .. }
            | Self::PerVuIterations { .. } => Pace::Vus,
            Self::RampingVus { .. } => Pace::ChangingVus,
            Self::ConstantArrivalRate { .. }
            | Self::RampingArrivalRate { .. }
            | Self::Replay { .. } => Pace::Starts,
        }
    }

    /// The largest number of VUs it can have.
    pub fn max_vus(&self) -> u64 {
        match self {
            Self::ConstantVus { vus, .. }
            | Self::SharedIterations { vus, .. }
            | Self::PerVuIterations { vus, .. } => *vus,
            Self::ConstantArrivalRate { max_vus, .. }
            | Self::RampingArrivalRate { max_vus, .. }
            | Self::Replay { max_vus, .. } => *max_vus,
            Self::RampingVus {
                start_vus, stages, ..
            } => VuRamp::new(*start_vus, stages.clone()).max_vus(),
        }
    }

    /// How many VUs to make before it starts.
    pub fn initial_vus(&self) -> u64 {
        match self {
            Self::ConstantArrivalRate {
                pre_allocated_vus, ..
            }
            | Self::RampingArrivalRate {
                pre_allocated_vus, ..
            }
            | Self::Replay {
                pre_allocated_vus, ..
            } => *pre_allocated_vus,
            _ => self.max_vus(),
        }
    }

    /// How long it starts iterations, at most: `max_duration` where the number of iterations is fixed.
    pub fn regular_duration(&self) -> Duration {
        match self {
            Self::ConstantVus { duration, .. }
            | Self::ConstantArrivalRate { duration, .. }
            | Self::Replay { duration, .. } => *duration,
            Self::SharedIterations { max_duration, .. }
            | Self::PerVuIterations { max_duration, .. } => *max_duration,
            Self::RampingVus { stages, .. } => total(stages),
            Self::RampingArrivalRate { stages, .. } => total(stages),
        }
    }

    /// How many iterations it makes in all, if that is fixed and time allows.
    pub fn total_iterations(&self) -> Option<u64> {
        match self {
            Self::SharedIterations { iterations, .. } => Some(*iterations),
            Self::PerVuIterations {
                vus, iterations, ..
            } => Some(iterations.saturating_mul(*vus)),
            Self::ConstantArrivalRate { iterations, .. }
            | Self::RampingArrivalRate { iterations, .. } => *iterations,
            Self::Replay {
                starts, duration, ..
            } => Some(starts.partition_point(|start| start < duration) as u64),
            _ => None,
        }
    }

    /// The rate of starts over time, if it starts iterations at a rate.
    pub fn curve(&self) -> Option<RateCurve> {
        match self {
            Self::ConstantArrivalRate {
                rate,
                time_unit,
                duration,
                ..
            } => Some(RateCurve::constant(*rate, *time_unit, *duration)),
            Self::RampingArrivalRate {
                start_rate,
                time_unit,
                stages,
                ..
            } => Some(RateCurve::ramping(*start_rate, stages, *time_unit)),
            _ => None,
        }
    }

    /// The planned starts, if it plans them: at a rate, or replayed.
    pub fn arrivals(&self, seed: u64) -> Option<Arrivals> {
        if let Self::Replay { starts, .. } = self {
            return Some(Arrivals::listed(Arc::clone(starts)).up_to(self.total_iterations()));
        }
        let (Self::ConstantArrivalRate {
            arrival,
            iterations,
            ..
        }
        | Self::RampingArrivalRate {
            arrival,
            iterations,
            ..
        }) = self
        else {
            return None;
        };
        self.curve()
            .map(|curve| Arrivals::new(curve, *arrival, seed).up_to(*iterations))
    }

    /// What it does, as the header of a run has it: `5 looping VUs for 30s`.
    pub(super) fn headline(&self) -> String {
        let regular = format_duration(self.regular_duration());
        match self {
            Self::ConstantVus { vus, .. } => {
                format!("{} for {regular}", counted(*vus, "looping VU"))
            }
            Self::RampingVus { stages, .. } => {
                let max = counted(self.max_vus(), "looping VU");
                let n = counted(stages.len() as u64, "stage");
                format!("Up to {max} for {regular} over {n}")
            }
            Self::SharedIterations {
                vus, iterations, ..
            } => {
                let iterations = counted(*iterations, "iteration");
                format!("{iterations} shared among {}", counted(*vus, "VU"))
            }
            Self::PerVuIterations {
                vus, iterations, ..
            } => {
                let iterations = counted(*iterations, "iteration");
                format!("{iterations} for each of {}", counted(*vus, "VU"))
            }
            Self::ConstantArrivalRate {
                rate,
                time_unit,
                iterations,
                ..
            } => {
                let rate = per_second(*rate, *time_unit);
                match iterations {
                    Some(n) => format!("{} at {rate:.2}/s", counted(*n, "iteration")),
                    None => format!("{rate:.2} iterations/s for {regular}"),
                }
            }
            Self::RampingArrivalRate {
                start_rate,
                time_unit,
                stages,
                iterations,
                ..
            } => {
                let max = stages
                    .iter()
                    .map(|stage| stage.target)
                    .fold(*start_rate, Rate::max);
                let max = per_second(max, *time_unit);
                let n = counted(stages.len() as u64, "stage");
                let rate = format!("{max:.2} iterations/s for {regular} over {n}");
                match iterations {
                    Some(n) => format!("{} at up to {rate}", counted(*n, "iteration")),
                    None => format!("Up to {rate}"),
                }
            }
            Self::Replay { starts, .. } => {
                let last = starts.last().copied().unwrap_or_default();
                format!(
                    "{} replayed over {}",
                    counted(starts.len() as u64, "start"),
                    format_duration(last)
                )
            }
        }
    }

    /// What else the header says of it in parentheses.
    pub(super) fn facts(&self) -> Option<String> {
        match self {
            Self::ConstantVus { .. } => None,
            Self::RampingVus {
                graceful_ramp_down, ..
            } => Some(format!(
                "gracefulRampDown: {}",
                format_duration(*graceful_ramp_down)
            )),
            Self::SharedIterations { max_duration, .. }
            | Self::PerVuIterations { max_duration, .. } => {
                Some(format!("maxDuration: {}", format_duration(*max_duration)))
            }
            Self::ConstantArrivalRate {
                pre_allocated_vus,
                max_vus,
                iterations: Some(_),
                duration,
                ..
            } => {
                let vus = span(*pre_allocated_vus, *max_vus);
                Some(format!(
                    "{vus}, maxDuration: {}",
                    format_duration(*duration)
                ))
            }
            Self::ConstantArrivalRate {
                pre_allocated_vus,
                max_vus,
                ..
            }
            | Self::RampingArrivalRate {
                pre_allocated_vus,
                max_vus,
                ..
            }
            | Self::Replay {
                pre_allocated_vus,
                max_vus,
                ..
            } => Some(span(*pre_allocated_vus, *max_vus)),
        }
    }
}

fn total<T>(stages: &[Stage<T>]) -> Duration {
    stages.iter().fold(Duration::ZERO, |sum, stage| {
        sum.saturating_add(stage.duration)
    })
}

fn span(at_first: u64, at_most: u64) -> String {
    if at_most > at_first {
        format!("maxVUs: {at_first}-{at_most}")
    } else {
        format!("maxVUs: {at_first}")
    }
}

fn per_second(rate: Rate, time_unit: Duration) -> f64 {
    rate.get() / time_unit.as_secs_f64()
}

//! The seven executors.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::json;
use crate::load::{Arrival, Arrivals, Rate, RateCurve, Stage, VuRamp};
use crate::units::{counted, format_duration};

/// How a scenario makes its load: when VUs run and what starts an iteration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "executor", rename_all = "kebab-case")]
pub(crate) enum Executor {
    /// VUs that start their next iteration as soon as one ends.
    ConstantVus {
        /// The number of VUs.
        vus: u64,
        /// The duration.
        #[serde(serialize_with = "json::time")]
        duration: Duration,
    },
    /// The same, with a number of VUs that changes over time.
    RampingVus {
        /// The number of VUs at the start.
        start_vus: u64,
        /// How the number changes.
        stages: Vec<Stage<u64>>,
        /// How long a VU may continue its iteration when the number of VUs falls.
        #[serde(serialize_with = "json::time")]
        graceful_ramp_down: Duration,
    },
    /// A number of iterations that VUs share; faster VUs run more of them.
    SharedIterations {
        /// The number of VUs.
        vus: u64,
        /// The total number of iterations.
        iterations: u64,
        /// The time after which no iteration starts.
        #[serde(serialize_with = "json::time")]
        max_duration: Duration,
    },
    /// A number of iterations for each VU.
    PerVuIterations {
        /// The number of VUs.
        vus: u64,
        /// The number of iterations of each VU.
        iterations: u64,
        /// The time after which no iteration starts.
        #[serde(serialize_with = "json::time")]
        max_duration: Duration,
    },
    /// Iterations that start at a fixed rate, regardless of their duration.
    ConstantArrivalRate {
        /// Starts per time unit.
        rate: Rate,
        /// The time unit of the rate.
        #[serde(serialize_with = "json::time")]
        time_unit: Duration,
        /// The maximum duration.
        #[serde(serialize_with = "json::time")]
        duration: Duration,
        /// The number of VUs to create before the start.
        pre_allocated_vus: u64,
        /// The maximum number of VUs; at least `pre_allocated_vus`.
        max_vus: u64,
        /// How starts are spaced.
        #[serde(flatten)]
        arrival: Arrival,
        /// The maximum number of starts; the scenario ends with their iterations.
        iterations: Option<u64>,
    },
    /// The same, with a rate that changes over time.
    RampingArrivalRate {
        /// The rate at the start.
        start_rate: Rate,
        /// The time unit of all rates.
        #[serde(serialize_with = "json::time")]
        time_unit: Duration,
        /// How the rate changes.
        stages: Vec<Stage<Rate>>,
        /// The number of VUs to create before the start.
        pre_allocated_vus: u64,
        /// The maximum number of VUs; at least `pre_allocated_vus`.
        max_vus: u64,
        /// How starts are spaced.
        #[serde(flatten)]
        arrival: Arrival,
        /// The maximum number of starts; the scenario ends with their iterations.
        iterations: Option<u64>,
    },
    /// Iterations that start at given times, regardless of their duration.
    Replay {
        /// The start times, since the start of the scenario, in ascending order.
        #[serde(rename = "data", serialize_with = "json::starts")]
        starts: Arc<[Duration]>,
        /// The maximum duration; the scenario ends with the iterations of its starts.
        #[serde(serialize_with = "json::time")]
        duration: Duration,
        /// The number of VUs to create before the start.
        pre_allocated_vus: u64,
        /// The maximum number of VUs; at least `pre_allocated_vus`.
        max_vus: u64,
    },
}

/// What determines when the iterations of an executor start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Each VU runs one iteration after the other.
    Vus,
    /// The same, with a changing number of VUs.
    ChangingVus,
    /// Iterations start at planned times.
    Starts,
}

impl Executor {
    /// Its name, e.g. `constant-vus`.
    pub(crate) fn name(&self) -> &'static str {
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

    /// What determines when its iterations start.
    pub(crate) fn pace(&self) -> Pace {
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

    /// Its maximum number of VUs.
    pub(crate) fn max_vus(&self) -> u64 {
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

    /// The number of VUs to create before it starts.
    pub(crate) fn initial_vus(&self) -> u64 {
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

    /// The maximum time in which it starts iterations: `max_duration` where the number of iterations is fixed.
    pub(crate) fn regular_duration(&self) -> Duration {
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

    /// Its total number of iterations, if that is fixed and time allows.
    pub(crate) fn total_iterations(&self) -> Option<u64> {
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
    pub(crate) fn curve(&self) -> Option<RateCurve> {
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

    /// The planned starts of an arrival rate or a replay.
    pub(crate) fn arrivals(&self, seed: u64) -> Option<Arrivals> {
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

    /// Its description in the header of a run: `5 looping VUs for 30s`.
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

    /// The details that the header shows in parentheses.
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

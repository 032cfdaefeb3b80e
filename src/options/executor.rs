//! The seven executors.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::{Scenario, json};
use crate::load::{Arrivals, RampStage, RateCurve, Spacing, StartRate, VuRamp};
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
        stages: Vec<RampStage<u64>>,
        /// How long a VU may continue its iteration when the number of VUs falls.
        #[serde(serialize_with = "json::time")]
        graceful_ramp_down: Duration,
    },
    /// A number of iterations that VUs share; faster VUs run more of them.
    SharedIterations(IterationBudget),
    /// A number of iterations for each VU.
    PerVuIterations(IterationBudget),
    /// Iterations that start at a fixed rate, regardless of their duration.
    ConstantArrivalRate {
        /// Starts per time unit.
        rate: StartRate,
        /// The time unit of the rate.
        #[serde(serialize_with = "json::time")]
        time_unit: Duration,
        /// The maximum duration.
        #[serde(serialize_with = "json::time")]
        duration: Duration,
        /// How starts are spaced, and the VUs for them.
        #[serde(flatten)]
        starts: StartOptions,
    },
    /// The same, with a rate that changes over time.
    RampingArrivalRate {
        /// The rate at the start.
        start_rate: StartRate,
        /// The time unit of all rates.
        #[serde(serialize_with = "json::time")]
        time_unit: Duration,
        /// How the rate changes.
        stages: Vec<RampStage<StartRate>>,
        /// How starts are spaced, and the VUs for them.
        #[serde(flatten)]
        starts: StartOptions,
    },
    /// Iterations that start at given times, regardless of their duration.
    Replay {
        /// The start times, since the start of the scenario, in ascending order.
        #[serde(rename = "data", serialize_with = "json::starts")]
        starts: Arc<[Duration]>,
        /// The maximum duration; the scenario ends with the iterations of its starts.
        #[serde(serialize_with = "json::time")]
        duration: Duration,
        /// The VUs.
        #[serde(flatten)]
        vus: VuPool,
    },
}

/// A fixed number of iterations: of all VUs together, or of each VU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct IterationBudget {
    /// The number of VUs.
    pub vus: u64,
    /// The number of iterations.
    pub iterations: u64,
    /// The time after which no iteration starts.
    #[serde(serialize_with = "json::time")]
    pub max_duration: Duration,
}

/// The options that both arrival rates share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct StartOptions {
    /// The VUs.
    #[serde(flatten)]
    pub vus: VuPool,
    /// How starts are spaced.
    #[serde(flatten)]
    pub arrival: Spacing,
    /// The maximum number of starts; the scenario ends with their iterations.
    pub iterations: Option<u64>,
}

/// The VUs of planned starts. More of them are created when a start finds no idle VU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct VuPool {
    /// The number of VUs to create before the start.
    pub pre_allocated_vus: u64,
    /// The maximum number of VUs; at least `pre_allocated_vus`.
    pub max_vus: u64,
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
    /// One iteration of one VU.
    pub(super) fn once() -> Self {
        Self::PerVuIterations(IterationBudget {
            vus: 1,
            iterations: 1,
            max_duration: Scenario::MAX_DURATION,
        })
    }

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
            Self::RampingVus { .. } => Pace::ChangingVus,
            _ if self.pool().is_some() => Pace::Starts,
            _ => Pace::Vus,
        }
    }

    /// The VUs of planned starts.
    fn pool(&self) -> Option<VuPool> {
        match self {
            Self::ConstantArrivalRate { starts, .. } | Self::RampingArrivalRate { starts, .. } => {
                Some(starts.vus)
            }
            Self::Replay { vus, .. } => Some(*vus),
            _ => None,
        }
    }

    /// Its maximum number of VUs.
    pub(crate) fn max_vus(&self) -> u64 {
        match self {
            Self::ConstantVus { vus, .. } => *vus,
            Self::RampingVus {
                start_vus, stages, ..
            } => VuRamp::new(*start_vus, stages.clone()).max_vus(),
            Self::SharedIterations(budget) | Self::PerVuIterations(budget) => budget.vus,
            _ => self.pool().map_or(0, |pool| pool.max_vus),
        }
    }

    /// The number of VUs to create before it starts.
    pub(crate) fn initial_vus(&self) -> u64 {
        self.pool()
            .map_or_else(|| self.max_vus(), |pool| pool.pre_allocated_vus)
    }

    /// The maximum time in which it starts iterations: `max_duration` where the number of iterations is fixed.
    pub(crate) fn regular_duration(&self) -> Duration {
        match self {
            Self::ConstantVus { duration, .. }
            | Self::ConstantArrivalRate { duration, .. }
            | Self::Replay { duration, .. } => *duration,
            Self::SharedIterations(budget) | Self::PerVuIterations(budget) => budget.max_duration,
            Self::RampingVus { stages, .. } => RampStage::total(stages),
            Self::RampingArrivalRate { stages, .. } => RampStage::total(stages),
        }
    }

    /// Its total number of iterations, if that is fixed and time allows.
    pub(crate) fn total_iterations(&self) -> Option<u64> {
        match self {
            Self::ConstantVus { .. } | Self::RampingVus { .. } => None,
            Self::SharedIterations(budget) => Some(budget.iterations),
            Self::PerVuIterations(budget) => Some(budget.iterations.saturating_mul(budget.vus)),
            Self::ConstantArrivalRate { starts, .. } | Self::RampingArrivalRate { starts, .. } => {
                starts.iterations
            }
            Self::Replay {
                starts, duration, ..
            } => Some(starts.partition_point(|start| start < duration) as u64),
        }
    }

    /// The planned starts of an arrival rate or a replay.
    pub(crate) fn arrivals(&self, seed: u64) -> Option<Arrivals> {
        let (curve, options) = match self {
            Self::ConstantArrivalRate {
                rate,
                time_unit,
                duration,
                starts,
            } => (RateCurve::constant(*rate, *time_unit, *duration), starts),
            Self::RampingArrivalRate {
                start_rate,
                time_unit,
                stages,
                starts,
            } => (RateCurve::ramping(*start_rate, stages, *time_unit), starts),
            Self::Replay { starts, .. } => {
                return Some(Arrivals::listed(Arc::clone(starts)).up_to(self.total_iterations()));
            }
            _ => return None,
        };
        Some(Arrivals::new(curve, options.arrival, seed).up_to(options.iterations))
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
            Self::SharedIterations(budget) => {
                let iterations = counted(budget.iterations, "iteration");
                format!("{iterations} shared among {}", counted(budget.vus, "VU"))
            }
            Self::PerVuIterations(budget) => {
                let iterations = counted(budget.iterations, "iteration");
                format!("{iterations} for each of {}", counted(budget.vus, "VU"))
            }
            Self::ConstantArrivalRate {
                rate,
                time_unit,
                starts,
                ..
            } => {
                let rate = per_second(*rate, *time_unit);
                match starts.iterations {
                    Some(n) => format!("{} at {rate:.2}/s", counted(n, "iteration")),
                    None => format!("{rate:.2} iterations/s for {regular}"),
                }
            }
            Self::RampingArrivalRate {
                start_rate,
                time_unit,
                stages,
                starts,
            } => {
                let targets = stages.iter().map(|stage| stage.target);
                let max = per_second(targets.fold(*start_rate, StartRate::max), *time_unit);
                let n = counted(stages.len() as u64, "stage");
                let rate = format!("{max:.2} iterations/s for {regular} over {n}");
                match starts.iterations {
                    Some(n) => format!("{} at up to {rate}", counted(n, "iteration")),
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
        let max_duration = |time: Duration| format!("maxDuration: {}", format_duration(time));
        match self {
            Self::RampingVus {
                graceful_ramp_down, ..
            } => Some(format!(
                "gracefulRampDown: {}",
                format_duration(*graceful_ramp_down)
            )),
            Self::SharedIterations(budget) | Self::PerVuIterations(budget) => {
                Some(max_duration(budget.max_duration))
            }
            Self::ConstantArrivalRate {
                duration, starts, ..
            } if starts.iterations.is_some() => {
                Some(format!("{}, {}", starts.vus, max_duration(*duration)))
            }
            _ => self.pool().map(|pool| pool.to_string()),
        }
    }
}

impl fmt::Display for VuPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "maxVUs: {}", self.pre_allocated_vus)?;
        if self.max_vus > self.pre_allocated_vus {
            write!(f, "-{}", self.max_vus)?;
        }
        Ok(())
    }
}

fn per_second(rate: StartRate, time_unit: Duration) -> f64 {
    rate.get() / time_unit.as_secs_f64()
}

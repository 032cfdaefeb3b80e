//! A snapshot of the progress of a run.

use std::time::Duration;

use super::end::LoadEnd;
use crate::metrics::{ClientFacts, RunFacts};
use crate::options::Pace;
use crate::vu::ScenarioStatus;

/// The progress of a run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RunSnapshot {
    /// Time since the start of the load, up to its end; `None` before the start.
    pub elapsed: Option<Duration>,
    /// Active VUs: those that may run iterations.
    pub vus_active: u64,
    /// The maximum number so far.
    pub vus_active_max: u64,
    /// The number of VUs created so far.
    pub vus_made: u64,
    /// The maximum number of VUs.
    pub vus_max: u64,
    /// Completed iterations, including failed ones.
    pub iterations_completed: u64,
    /// Interrupted iterations.
    pub iterations_interrupted: u64,
    /// The scenarios, in the order of the plan.
    pub scenarios: Vec<ScenarioSnapshot>,
}

impl RunSnapshot {
    /// Whether no scenario starts any more iterations.
    pub(crate) fn is_stopping(&self) -> bool {
        let is_stopping = |scenario: &ScenarioSnapshot| scenario.status >= ScenarioStatus::Stopping;
        self.scenarios.iter().all(is_stopping)
    }

    /// The facts for the summary of a run that took `duration`.
    pub(crate) fn facts(&self, duration: Duration) -> RunFacts {
        RunFacts {
            duration,
            iterations_complete: self.iterations_completed,
            iterations_interrupted: self.iterations_interrupted,
            vus: self.vus_active_max,
            vus_max: self.vus_made,
        }
    }

    /// The facts for the verdict on the client, at the end of a run.
    pub(crate) fn client_facts(&self, end: &LoadEnd) -> ClientFacts {
        let plans = |scenario: &&ScenarioSnapshot| scenario.pace == Pace::Starts;
        let (mut made, mut dropped) = (0, 0);
        for scenario in self.scenarios.iter().filter(plans) {
            made += scenario.iterations_completed + scenario.iterations_interrupted;
            dropped += scenario.iterations_dropped;
        }
        ClientFacts {
            load: end.duration,
            cpu: end.cpu.clone(),
            planned_starts: made + dropped,
            dropped_starts: dropped,
            stuck_vus: end.abandoned.len() as u64,
        }
    }
}

/// The progress of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ScenarioSnapshot {
    /// Its name.
    pub name: String,
    /// What determines when its iterations start.
    pub pace: Pace,
    /// Its status.
    pub status: ScenarioStatus,
    /// VUs inside an iteration.
    pub vus_busy: u64,
    /// Active VUs: those that may run iterations.
    pub vus_active: u64,
    /// The number of VUs created so far.
    pub vus_made: u64,
    /// The maximum number of VUs.
    pub vus_max: u64,
    /// Completed iterations, including failed ones.
    pub iterations_completed: u64,
    /// The total number of iterations, if the executor fixes it.
    pub iterations_total: Option<u64>,
    /// Interrupted iterations.
    pub iterations_interrupted: u64,
    /// Dropped starts, and planned iterations that never started.
    pub iterations_dropped: u64,
    /// Time since the start of the scenario, up to its end and at most its regular duration.
    pub elapsed: Duration,
    /// Its regular duration, without the graceful stop.
    pub duration: Duration,
    /// The completed share, from 0 to 1: of iterations if their number is fixed, else of time.
    pub fraction: f64,
}

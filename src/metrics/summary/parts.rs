//! The parts of a joined run.

use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::metrics::ClientVerdict;

/// One part of a joined run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PartSummary {
    /// Its number, from 0.
    pub part: u64,
    /// The machine.
    pub host: String,
    /// Completed iterations.
    pub iterations: u64,
    /// HTTP requests.
    pub requests: u64,
    /// Events of streams.
    pub events: u64,
    /// Failures.
    pub failures: u64,
    /// The maximum number of concurrently active VUs.
    pub vus: u64,
    /// Its verdict on its own client; `None` if it was lost before.
    pub client: Option<ClientVerdict>,
    /// How its load ended.
    pub end: PartOutcome,
    /// The time up to which its figures are known, since the start of the run.
    #[serde(serialize_with = "seconds")]
    pub until: Duration,
}

/// How the load of a part ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartOutcome {
    /// Together with the run.
    #[default]
    Ended,
    /// Interrupted while the others continued.
    Interrupted,
    /// Lost: its connection was lost.
    Lost,
}

fn seconds<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(time.as_secs_f64())
}

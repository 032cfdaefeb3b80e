//! How a trace is replayed: speed, number and time.

use std::time::Duration;

/// Pace and limits of a replay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ReplayLimits {
    /// How much faster than it was; 2 halves all times.
    pub speed: f64,
    /// The maximum number of requests.
    pub requests: Option<usize>,
    /// The requests before this time of the replay.
    pub duration: Option<Duration>,
    /// Tokens of a block; that of the format by default.
    pub block_size: Option<u64>,
    /// Which words texts are made of.
    pub seed: u64,
}

impl Default for ReplayLimits {
    fn default() -> Self {
        Self {
            speed: 1.0,
            requests: None,
            duration: None,
            block_size: None,
            seed: 0,
        }
    }
}

//! The pace and the limits of a replay.

use std::time::Duration;

/// Pace and limits of a replay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ReplayLimits {
    /// The speed relative to the original; 2 halves all times.
    pub speed: f64,
    /// The maximum number of requests.
    pub requests: Option<usize>,
    /// The end of the replay; requests at or after this time are skipped.
    pub duration: Option<Duration>,
    /// Tokens per block; the default depends on the format.
    pub block_size: Option<u64>,
    /// The option that sets the block size, for messages.
    pub block_size_option: &'static str,
    /// The seed of the words of texts.
    pub seed: u64,
}

impl Default for ReplayLimits {
    fn default() -> Self {
        Self {
            speed: 1.0,
            requests: None,
            duration: None,
            block_size: None,
            block_size_option: "block_size",
            seed: 0,
        }
    }
}

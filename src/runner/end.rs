//! The end of a run.

use std::time::Duration;

use super::watch::StuckVu;
use crate::vu::IterationError;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunEnd {
    /// Why.
    pub cause: EndCause,
    /// How long the load ran.
    pub duration: Duration,
    /// The processor time that each worker used during the load.
    pub cpu: Vec<Duration>,
    /// VUs that never gave their thread back and were left behind, with all other VUs of that thread. What they recorded
    /// before is not lost; the iterations they were in count as interrupted.
    pub left_behind: Vec<StuckVu>,
    /// How many panics there were inside VUs.
    pub panics: u64,
}

/// Why a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EndCause {
    /// All scenarios finished.
    Finished,
    /// It was stopped by [`Handle::stop`](super::Handle::stop).
    Stopped,
    /// It was aborted ([`RunState::abort`](crate::vu::RunState::abort)), with this reason.
    Aborted(String),
    /// A VU could not be made.
    Init {
        /// The VU, from 1.
        vu: u64,
        /// What its factory said.
        error: IterationError,
    },
    /// The system refused what a run needs: a thread, or what one needs to wait for sockets.
    System(String),
    /// The program itself failed: making a VU panicked.
    Internal(String),
}

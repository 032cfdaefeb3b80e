//! The end of a run.

use std::time::Duration;

use super::watch::StuckVu;
use crate::vu::IterationError;

/// The end of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LoadEnd {
    /// The reason.
    pub cause: EndCause,
    /// The duration of the load.
    pub duration: Duration,
    /// The processor time that each worker used during the load.
    pub cpu: Vec<Duration>,
    /// VUs that blocked their thread, which was abandoned with all its VUs. Samples recorded before are not lost; the running
    /// iterations count as interrupted.
    pub abandoned: Vec<StuckVu>,
    /// The number of panics inside VUs.
    pub panics: u64,
}

/// The reason for the end of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EndCause {
    /// All scenarios finished.
    Finished,
    /// It was stopped by [`Handle::stop`](super::Handle::stop).
    Stopped,
    /// It was aborted ([`RunState::abort`](crate::vu::RunState::abort)), with this reason.
    Aborted(String),
    /// A VU could not be created.
    Init {
        /// The VU, from 1.
        vu: u64,
        /// The error of its factory.
        error: IterationError,
    },
    /// The system refused a resource: a thread, or the resources to wait for sockets.
    System(String),
    /// A fault of ssel: creating a VU panicked.
    Internal(String),
}

//! The events of a run, besides its numbers.

use std::sync::Arc;

use crate::vu::ScenarioStatus;

/// An event of a run that is shown to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum RunEvent {
    /// An iteration failed because the VU's own code raised.
    ScriptError {
        /// Name of the scenario.
        scenario: String,
        /// The VU, from 1.
        vu: u64,
        /// Number of the iteration among those of the VU, from 0.
        iteration: u64,
        /// Message with its place and traceback.
        message: String,
    },
    /// A fault of the program, not of the script: code of ours panicked inside an iteration. Only the first one of a
    /// run is reported; [`RunEnd::panics`](super::RunEnd::panics) counts them all.
    InternalError {
        /// Name of the scenario.
        scenario: String,
        /// The VU, from 1.
        vu: u64,
        /// Number of the iteration among those of the VU, from 0.
        iteration: u64,
        /// What the panic said.
        message: String,
    },
    /// The load is not what the options ask for, and which option to change.
    Warning(String),
    /// A scenario moved on.
    ScenarioState {
        /// Name of the scenario.
        scenario: String,
        /// Its new state.
        status: ScenarioStatus,
    },
}

/// Takes the events of a run. Called on the worker threads, so it must be quick and must not wait: a channel's sender is
/// a good one, `Arc::new(move |event| drop(sender.send(event)))`.
pub(crate) type EventHandler = Arc<dyn Fn(RunEvent) + Send + Sync>;

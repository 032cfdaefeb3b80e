//! The events of a run.

use std::sync::Arc;

use crate::vu::ScenarioStatus;

/// An event of a run that is shown to the user.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum RunEvent {
    /// An iteration failed because the VU's code raised an error.
    ScriptError {
        /// Name of the scenario.
        scenario: String,
        /// The VU, from 1.
        vu: u64,
        /// Number of the iteration among those of the VU, from 0.
        iteration: u64,
        /// The message, with file, line and traceback.
        message: String,
    },
    /// A fault of ssel: its code panicked inside an iteration. Only the first panic of a run is reported;
    /// [`LoadEnd::panics`](super::LoadEnd::panics) counts all of them.
    InternalError {
        /// Name of the scenario.
        scenario: String,
        /// The VU, from 1.
        vu: u64,
        /// Number of the iteration among those of the VU, from 0.
        iteration: u64,
        /// The message of the panic.
        message: String,
    },
    /// The load differs from the options; the text names the option to change.
    Warning(String),
    /// The status of a scenario changed.
    ScenarioState {
        /// Name of the scenario.
        scenario: String,
        /// Its new status.
        status: ScenarioStatus,
    },
}

/// Receives the events of a run. It is called on the worker threads and must not block; a channel's sender is suitable:
/// `Arc::new(move |event| drop(sender.send(event)))`.
pub(crate) type EventHandler = Arc<dyn Fn(RunEvent) + Send + Sync>;

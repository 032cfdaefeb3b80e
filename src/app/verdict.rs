//! How a run ended.

use crate::error::{ScriptError, ScriptErrorKind};
use crate::metrics::Summary;
use crate::record::{Record, RunEnd, VerdictKind};

/// The result of a run whose load started.
#[derive(Debug)]
#[non_exhaustive]
pub struct Ended {
    /// The verdict on the run.
    pub verdict: Verdict,
    /// The summary: metrics, checks, thresholds and failures.
    pub summary: Summary,
    /// The number of iterations that failed.
    pub raised: u64,
    /// The frames of the run, if [`Run::record`](crate::Run::record) keeps them.
    pub record: Option<Record>,
    /// What the other parts of a joined run collected besides metrics; on part 0 only.
    pub(crate) extras: Vec<(u64, Option<serde_json::Value>)>,
    /// Whether this is a part other than part 0 of a joined run, which has the result.
    pub(crate) is_elsewhere: bool,
}

/// The verdict on a run. If several apply, the first in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// A VU could not be created, or a function of the script failed outside of iterations.
    Script(ScriptError),
    /// The system refused a resource, so there was no load.
    System(String),
    /// A bug in ssel.
    Internal(String),
    /// A VU aborted the run for this reason ([`RunState::abort`](crate::vu::RunState::abort), in scripts `exec.test.abort`).
    Aborted(String),
    /// Thresholds on these metrics failed.
    Thresholds(Vec<String>),
    /// A VU marked the run as failed for this reason ([`RunState::fail`](crate::vu::RunState::fail), in scripts
    /// `exec.test.fail`).
    MarkedFailed(String),
    /// Memory ran short, so ssel ended the run; the text has the amounts.
    Memory(String),
    /// A [`Stopper`](crate::Stopper) ended the run early.
    Stopped,
    /// A result could not be written.
    Output(String),
    /// Part 0 of a joined run was lost, so this result covers one part only.
    Lost(String),
    /// The run finished and all thresholds passed.
    Passed,
}

impl Verdict {
    /// The verdict in the form of the record.
    pub(super) fn to_end(&self) -> RunEnd {
        let (kind, reason) = match self {
            Self::Script(error) => (VerdictKind::Script, error.message.clone()),
            Self::System(reason) => (VerdictKind::System, reason.clone()),
            Self::Internal(reason) => (VerdictKind::Internal, reason.clone()),
            Self::Aborted(reason) => (VerdictKind::Aborted, reason.clone()),
            Self::Thresholds(metrics) => (VerdictKind::Thresholds, metrics.join(", ")),
            Self::MarkedFailed(reason) => (VerdictKind::MarkedFailed, reason.clone()),
            Self::Memory(reason) => (VerdictKind::Memory, reason.clone()),
            Self::Stopped => (VerdictKind::Stopped, String::new()),
            Self::Output(reason) => (VerdictKind::Output, reason.clone()),
            Self::Lost(reason) => (VerdictKind::Lost, reason.clone()),
            Self::Passed => (VerdictKind::Passed, String::new()),
        };
        RunEnd::new(kind, reason)
    }

    /// The verdict of another part.
    pub(super) fn of_end(end: &RunEnd) -> Self {
        let reason = end.reason.clone();
        match end.verdict {
            VerdictKind::Script => Self::Script(ScriptError::new(ScriptErrorKind::Init, reason)),
            VerdictKind::System => Self::System(reason),
            VerdictKind::Aborted => Self::Aborted(reason),
            VerdictKind::Thresholds => Self::Thresholds(vec![reason]),
            VerdictKind::MarkedFailed => Self::MarkedFailed(reason),
            VerdictKind::Memory => Self::Memory(reason),
            VerdictKind::Stopped => Self::Stopped,
            VerdictKind::Output => Self::Output(reason),
            VerdictKind::Lost => Self::Lost(reason),
            VerdictKind::Passed => Self::Passed,
            VerdictKind::Internal | VerdictKind::CutOff | VerdictKind::Unknown => {
                Self::Internal(reason)
            }
        }
    }
}

//! The exit codes of `ssel` and their meaning for CI jobs. The numbers are k6's where k6 has one.

use std::process::ExitCode;

use crate::app::Verdict;
use crate::error::Error;
use crate::script::{ScriptErrorKind, Stage};

/// A number for the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Code(pub(super) u8);

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code.0)
    }
}

/// A reason outside of script and options: a port in use, an output that cannot be written, a server that gave no answer.
pub(super) const FAILED: Code = Code(1);
/// A threshold was crossed, or no rate keeps the goal of `ssel llm --find-max-rate`.
pub(super) const THRESHOLDS: Code = Code(99);
/// `setup` took too long.
pub(super) const SETUP_TIMEOUT: Code = Code(100);
/// `teardown` took too long.
pub(super) const TEARDOWN_TIMEOUT: Code = Code(101);
/// An option, a flag or the script's file is not what it should be.
pub(super) const BAD_OPTIONS: Code = Code(104);
/// The run was stopped by a signal.
pub(super) const STOPPED: Code = Code(105);
/// The script raised outside of iterations or has a syntax error, or a chunk given to `ssel eval` raised.
pub(super) const SCRIPT: Code = Code(107);
/// The script called `exec.test.abort`.
pub(super) const ABORTED: Code = Code(108);
/// A fault of ssel itself.
pub(super) const INTERNAL: Code = Code(109);
/// The script called `exec.test.fail`.
pub(super) const MARKED_FAILED: Code = Code(110);

/// Another part of a joined run did not come, or part 0 was lost.
pub(super) const LOST: Code = Code(111);

/// The code of an error that kept a command from its end.
pub(super) fn of(error: &Error) -> Code {
    match error {
        Error::Options(_)
        | Error::Flag { .. }
        | Error::Usage(_)
        | Error::Config { .. }
        | Error::Connections(_)
        | Error::Vus(_) => BAD_OPTIONS,
        Error::Script(error) => of_script(error.kind),
        Error::Io { .. } | Error::Output(_) | Error::Server(_) => FAILED,
        Error::Lost(_) => LOST,
        Error::Stopped => STOPPED,
        Error::ScriptStuck(Stage::Setup) => SETUP_TIMEOUT,
        Error::ScriptStuck(_) => SCRIPT,
        Error::Internal(_) => INTERNAL,
    }
}

/// The code of a run that took place.
pub(super) fn of_verdict(verdict: &Verdict) -> ExitCode {
    match verdict {
        Verdict::Passed => return ExitCode::SUCCESS,
        Verdict::Script(error) => of_script(error.kind),
        Verdict::Aborted(_) => ABORTED,
        Verdict::Thresholds(_) => THRESHOLDS,
        Verdict::MarkedFailed(_) => MARKED_FAILED,
        Verdict::Stopped => STOPPED,
        Verdict::Memory(_) | Verdict::Output(_) | Verdict::System(_) => FAILED,
        Verdict::Internal(_) => INTERNAL,
        Verdict::Lost(_) => LOST,
    }
    .into()
}

/// The code of a script's failure.
fn of_script(kind: ScriptErrorKind) -> Code {
    match kind {
        ScriptErrorKind::Source | ScriptErrorKind::Options => BAD_OPTIONS,
        ScriptErrorKind::SetupTimeout => SETUP_TIMEOUT,
        ScriptErrorKind::TeardownTimeout => TEARDOWN_TIMEOUT,
        ScriptErrorKind::Aborted => ABORTED,
        ScriptErrorKind::Syntax
        | ScriptErrorKind::Init
        | ScriptErrorKind::Setup
        | ScriptErrorKind::Teardown
        | ScriptErrorKind::HandleSummary => SCRIPT,
    }
}

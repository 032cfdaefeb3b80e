//! The exit codes of `ssel` and their meaning for CI jobs. Codes that k6 has are the same as in k6.

use std::process::ExitCode;

use crate::app::Verdict;
use crate::error::{Error, ScriptErrorKind, Stage};

/// An exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Code(pub(super) u8);

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code.0)
    }
}

/// A cause other than script and options: a port in use, an output that cannot be written, a server that does not answer.
pub(super) const FAILED: Code = Code(1);
/// A threshold failed, or no rate keeps the goal of `ssel llm --find-max-rate`.
pub(super) const THRESHOLDS: Code = Code(99);
/// `setup` took too long.
pub(super) const SETUP_TIMEOUT: Code = Code(100);
/// `teardown` took too long.
pub(super) const TEARDOWN_TIMEOUT: Code = Code(101);
/// An option, a flag or the script's file is wrong.
pub(super) const BAD_OPTIONS: Code = Code(104);
/// A signal stopped the run.
pub(super) const STOPPED: Code = Code(105);
/// The script raised an error outside of iterations or has a syntax error, or the chunk of `ssel eval` raised one.
pub(super) const SCRIPT: Code = Code(107);
/// The script called `exec.test.abort`.
pub(super) const ABORTED: Code = Code(108);
/// A bug in ssel.
pub(super) const INTERNAL: Code = Code(109);
/// The script called `exec.test.fail`.
pub(super) const MARKED_FAILED: Code = Code(110);

/// Another part of a joined run is missing, or part 0 was lost.
pub(super) const LOST: Code = Code(111);

/// The code of an error of a command.
pub(super) fn of(error: &Error) -> Code {
    match error {
        Error::Options(_)
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

/// The code of a run whose load started.
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

/// The code of an error of a script.
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

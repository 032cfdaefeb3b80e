//! Errors and stages of scripts.

use std::borrow::Cow;
use std::fmt;

/// A stage of a script. Some functions work only in some stages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stage {
    /// The script's top level.
    Init,
    /// `setup`.
    Setup,
    /// A VU's function.
    Iteration,
    /// `teardown`.
    Teardown,
    /// `handle_summary`.
    Summary,
    /// Any function called by `ssel wrk`.
    Wrk,
}

impl Stage {
    /// Whether functions may wait in it.
    pub(crate) fn may_wait(self) -> bool {
        matches!(self, Self::Setup | Self::Iteration | Self::Teardown)
    }

    /// The stage's name in the refusal of a function that waits, with the remedy.
    pub(crate) fn with_remedy(self) -> Cow<'static, str> {
        match self {
            Self::Init => format!("{}: call it in setup or default", self.name()).into(),
            _ => self.name().into(),
        }
    }

    /// The stage's name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Init => "the init stage (the script's top level)",
            Self::Setup => "setup",
            Self::Iteration => "an iteration",
            Self::Teardown => "teardown",
            Self::Summary => "handle_summary",
            Self::Wrk => {
                "scripts of `ssel wrk`, whose functions cannot wait; scripts of `ssel run` can"
            }
        }
    }
}

/// An error of a script outside of iterations.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScriptError {
    /// The kind of failure.
    pub kind: ScriptErrorKind,
    /// The message; it begins with `file:line:` if Lua knows the place.
    pub message: String,
    /// The Lua frames of the script, innermost first, one per line; may be empty.
    pub traceback: String,
}

/// The stable kinds of [`ScriptError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScriptErrorKind {
    /// The file could not be read, or is not a Lua text.
    Source,
    /// A syntax error.
    Syntax,
    /// The script raised an error while it was loaded, or its exports are wrong.
    Init,
    /// The script's `options` contain values that cannot be copied.
    Options,
    /// `setup` raised an error.
    Setup,
    /// `setup` took longer than `setup_timeout`.
    SetupTimeout,
    /// `teardown` raised an error.
    Teardown,
    /// `teardown` took longer than `teardown_timeout`.
    TeardownTimeout,
    /// `handle_summary` raised an error or returned something other than a table of texts.
    HandleSummary,
    /// `exec.test.abort` ended the run.
    Aborted,
}

impl ScriptError {
    /// An error without a traceback.
    pub(crate) fn new(kind: ScriptErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            traceback: String::new(),
        }
    }

    /// The message without the `file:line:` at its beginning, if it comes from this file.
    pub(crate) fn without_place(&self, file: &str) -> &str {
        let rest = self.message.strip_prefix(file);
        let rest = rest.and_then(|rest| rest.strip_prefix(':')?.split_once(": "));
        rest.map_or(&self.message, |(_, what)| what)
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for frame in self.traceback.lines() {
            write!(f, "\n    {frame}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ScriptError {}

//! The warm-up: how many requests it makes, and how its failures are reported.

use std::time::Duration;

use super::bench::{Bench, Load};
use super::script::SCRIPT_NAME;
use crate::error::Error;
use crate::error::ScriptErrorKind;

/// Unmeasured requests before the load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Warmup {
    /// This many requests, one after the other.
    Requests(u64),
    /// Requests for this time, with the concurrency of the load.
    Time(Duration),
}

impl Warmup {
    /// No warm-up.
    pub(crate) const NONE: Self = Self::Requests(0);

    /// Whether no request is sent.
    pub(crate) fn is_none(self) -> bool {
        self == Self::NONE
    }
}

impl Bench {
    /// Prompts for a warm-up by time.
    const PROMPTS_OF_WARMUP: u64 = 100;
    /// The maximum number of concurrent tasks of a VU.
    const MOST_TASKS: u64 = 2000;

    /// The concurrency of a warm-up with a duration: that of the load, if known.
    pub(super) fn warmup_concurrency(&self) -> u64 {
        let most = self.load.concurrency();
        let concurrency = match self.load {
            Load::Concurrency(_) => most,
            Load::Rate { .. } | Load::Trace { .. } => most.min(Load::CONCURRENCY),
        };
        concurrency.min(Self::MOST_TASKS)
    }

    /// The number of prompts of the warm-up. A longer one repeats them.
    pub(super) fn warmup_prompts(&self) -> u64 {
        match self.warmup {
            Warmup::Requests(requests) => requests,
            Warmup::Time(_) => self.warmup_concurrency().max(Self::PROMPTS_OF_WARMUP),
        }
    }
}

/// Converts errors of the generated script, which the user did not write: it fails in `setup` if a warm-up request fails, and
/// at its top level if a dataset cannot be read.
pub(super) fn of_warmup(error: Error) -> Error {
    match error {
        Error::Script(error) if error.kind == ScriptErrorKind::Setup => {
            Error::Server(error.message)
        }
        Error::Script(error) if error.kind == ScriptErrorKind::Init => {
            let bare = error.without_place(SCRIPT_NAME);
            // The flags that became arguments of these functions.
            let flags = [("llm.prompts: ", "--dataset"), ("llm.image: ", "--image")];
            let by_flag = flags.iter().find_map(|(function, flag)| {
                let what = bare.strip_prefix(function)?;
                Some(format!("{flag}: {what}"))
            });
            Error::Usage(by_flag.unwrap_or_else(|| bare.to_owned()))
        }
        other => other,
    }
}

//! The role of a process in its run: alone, or one of several parts that join.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::inbox::Inbox;
use super::program::Program;
use super::{Job, Verdict};
use crate::error::Error;
use crate::metrics::{Catalog, ClientAudit, Registry, RunFacts, Sink, Summary, Threshold, Totals};
use crate::options::Options;
use crate::output::Terminal;
use crate::record::{Frame, RunEnd, RunMetadata};
use crate::runner::{Handle, RunSnapshot};
use crate::vu::RunState;

/// How a process finds the other parts of its run.
pub(crate) trait Rendezvous: Send + Sync {
    /// Waits for the other parts.
    ///
    /// # Errors
    /// Parts that are missing, or belong to different runs.
    fn meet(
        &self,
        job: &Job,
        program: &dyn Program,
        options: &Options,
        terminal: &Terminal,
        inbox: &Inbox,
    ) -> Result<Box<dyn Role>, Error>;
}

/// The role of a process in its run. The defaults are those of the only process of a run.
pub(crate) trait Role {
    /// Whether the run has other parts.
    fn is_joined(&self) -> bool {
        false
    }

    /// Whether another part, part 0, has the result of the run.
    fn is_following(&self) -> bool {
        false
    }

    /// The other parts, as entries of the record.
    fn others(&self) -> Vec<RunMetadata> {
        Vec::new()
    }

    /// Agrees with the other parts on the start of the run, and on the breakdowns of metrics that the outputs need. Another part
    /// than part 0 waits until `setup` has run there, and takes its result.
    ///
    /// # Errors
    /// A part 0 that is lost or ends the run before the load.
    fn agree_on_start(
        &mut self,
        own: AgreedStart,
        _agreement: Agreement<'_>,
    ) -> Result<AgreedStart, Error> {
        Ok(own)
    }

    /// Sends the others the encoded result of `setup`.
    fn set_up(&self, _program: &dyn Program) {}

    /// Exchanges state with the other parts during the load.
    fn sync(&mut self, _handle: &Handle, _load: &PartLoad<'_>) {}

    /// Orders the others to end their load; a later order may shorten the graceful stop.
    fn stop(&mut self, _grace: Duration, _reason: &str) {}

    /// Sends the progress of the load.
    fn send_progress(&self, _progress: &RunSnapshot) {}

    /// The progress of the run, over all its parts.
    fn progress(&self, own: RunSnapshot) -> RunSnapshot {
        own
    }

    /// Adds what this part recorded in an interval, and its frame, if there is one.
    fn add(&mut self, _interval: &Totals, _catalog: &Catalog, _frame: Option<&Frame>) {}

    /// Adds to `totals` what the others recorded in complete seconds, or in all that remain, and returns the frames of these
    /// seconds over all parts.
    fn merge(
        &mut self,
        _registry: &Registry,
        _catalog: &mut Catalog,
        _totals: &mut Totals,
        _is_last: bool,
    ) -> Vec<Frame> {
        Vec::new()
    }

    /// The samples that a threshold judges, over all parts of the run, including those of incomplete seconds.
    fn sink(&self, threshold: &Threshold, totals: &Totals) -> Option<Sink> {
        totals.sink(threshold.target().sink).cloned()
    }

    /// Whether the load of another part still runs. After a stop, late parts are given up.
    fn waits(&mut self, _load: &PartLoad<'_>) -> bool {
        false
    }

    /// The totals of this part alone, where they differ from those of the run.
    fn own_totals(&self) -> Option<&Totals> {
        None
    }

    /// The facts of the run, over all its parts. Adds the samples that the others rejected to `totals`.
    fn facts(&self, own: RunFacts, _totals: &mut Totals) -> RunFacts {
        own
    }

    /// The number of iterations that raised in the other parts.
    fn raised(&self) -> u64 {
        0
    }

    /// Completes the summary of the run; `own` has the facts and the client verdict of this part alone.
    fn complete(&self, _summary: &mut Summary, _own: (RunFacts, ClientAudit)) {}

    /// The verdict on a run that another part ended.
    fn fault(&self) -> Option<Verdict> {
        None
    }

    /// Sends the others the verdict. Returns what they collected besides metrics, by part.
    fn announce_end(&mut self, _end: &RunEnd) -> Vec<(u64, Option<Value>)> {
        Vec::new()
    }

    /// Sends part 0 the end of this part, and waits for the verdict on the run.
    fn await_result(
        &mut self,
        end: PartResult<'_>,
        _inbox: &Inbox,
        _terminal: &Terminal,
    ) -> RunResult {
        RunResult {
            verdict: end.verdict.clone(),
            part: "this process".to_owned(),
            leader: None,
        }
    }
}

/// The role of the only process of a run.
pub(super) struct Alone;

impl Role for Alone {}

/// The start of a run: the instant, and the time since the Unix epoch.
pub(crate) type AgreedStart = (Instant, Duration);

/// What parts need to agree on the start of their run.
pub(crate) struct Agreement<'a> {
    pub(super) job: &'a Job,
    pub(super) program: &'a dyn Program,
    pub(super) registry: &'a Registry,
    pub(super) inbox: &'a Inbox,
    pub(super) terminal: &'a Terminal,
}

/// The load of one part.
pub(crate) struct PartLoad<'a> {
    pub(super) state: &'a RunState,
    pub(super) inbox: &'a Inbox,
    /// How long iterations may continue after a stop.
    pub(super) grace: Duration,
    pub(super) terminal: &'a Terminal,
}

/// The result of a part other than part 0.
pub(crate) struct PartResult<'a> {
    pub(super) verdict: &'a Verdict,
    pub(super) summary: &'a Summary,
    /// The number of iterations that raised.
    pub(super) raised: u64,
    /// What was collected besides metrics.
    pub(super) extra: Option<Value>,
}

/// The result of a run, as a part other than part 0 knows it.
pub(crate) struct RunResult {
    pub(super) verdict: Verdict,
    /// The name of this part.
    pub(super) part: String,
    /// The address of part 0, which has the result; `None` if it is lost.
    pub(super) leader: Option<String>,
}

//! After the load: teardown, summary and verdict.

mod part;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use super::inbox::{Inbox, Pending};
use super::load::{LoadResult, LoadRun};
use super::progress::ProgressView;
use super::thresholds;
use super::{Ended, Show, Stopper, Verdict};
use crate::error::{Error, ScriptError, ScriptErrorKind, Stage};
use crate::metrics::{FailureCount, RunFacts, Summary};
use crate::options::SummaryMode;
use crate::output::{Outputs, Terminal, save};
use crate::report::{self, Mode, TextOptions};
use crate::runner::{EndCause, StuckVu};
use crate::units::format_duration;
use crate::vu::IterationError;

/// Time limit of `handle_summary`, the same as the default of `teardown`.
const SUMMARY_LIMIT: Duration = Duration::from_mins(1);

/// Runs `teardown`, summarises, prints and judges. After a stop, the result does not wait for the script: a slow `teardown`
/// continues after it.
pub(super) fn conclude(
    load: &LoadRun<'_>,
    mut loaded: LoadResult,
    outputs: Outputs,
    terminal: &Terminal,
    inbox: &mut Inbox,
) -> Ended {
    if loaded.ledger.role.is_following() {
        return part::conclude(load, loaded, outputs, terminal, inbox);
    }
    let waited = part::await_others(load, &mut loaded, terminal, inbox);
    let mut faults = Faults::default();
    let load_end = Instant::now();
    let is_due = |stopper: &Stopper| stopper.is_result_due(load_end);
    let teardown = ask_teardown(load, &loaded);
    let mut late = teardown
        .filter(|asked| !await_teardown(asked, is_due, terminal, inbox, &mut faults.script));
    load.collect(&mut loaded.totals, &mut loaded.ledger, &loaded.progress);
    loaded.ledger.merge(load.registry, &mut loaded.totals, true);
    let (summary, facts) = part::of_the_run(load, &mut loaded, waited);
    // Without a load there is no summary to show.
    let has_begun = !matches!(loaded.end.cause, EndCause::System(_));
    let own = own_summary(
        load,
        &summary,
        late.is_none(),
        is_due,
        terminal,
        inbox,
        &mut faults.script,
    );
    if has_begun {
        faults.outputs = show(load, &summary, own, terminal);
    }
    if let Some(path) = &load.job.summary_export {
        let json = serde_json::to_vec_pretty(&summary).unwrap_or_default();
        faults.outputs.extend(save(path, &json, terminal).err());
    }
    for fault in &faults.outputs {
        terminal.error(fault);
    }
    // Writing the rest may take a while; the summary has been shown.
    faults
        .outputs
        .extend(outputs.finish(&summary, || inbox.stopper.are_outputs_late(load_end)));
    if let Some(asked) = late.take_if(|_| !inbox.stopper.is_urgent()) {
        let limit = format_duration(load.options.teardown_timeout);
        terminal.info(&format!(
            "teardown is still running: waiting for up to {limit}"
        ));
        if !await_teardown(
            &asked,
            Stopper::is_urgent,
            terminal,
            inbox,
            &mut faults.script,
        ) {
            late = Some(asked);
        }
    }
    if late.is_some() {
        terminal.warn("ssel did not wait for teardown: it may not have finished cleaning up");
    }
    if matches!(load.job.show, Show::Whole) {
        let progress = loaded.ledger.role.progress(loaded.progress.clone());
        terminal.final_progress(&ProgressView::new(load.options).picture(&progress));
    }
    faults.thresholds = thresholds::failed(&summary, &loaded.crossed);
    let stopped = inbox.stopper.is_stopped();
    let mut verdict = judge(load, &loaded, faults, stopped, terminal);
    let enough = || inbox.stopper.are_outputs_late(load_end);
    let result = (&summary, facts);
    let record = part::close_records(load, &mut loaded, result, &mut verdict, (terminal, &enough));
    Ended {
        extras: loaded.ledger.role.announce_end(&verdict.to_end()),
        verdict,
        summary,
        raised: loaded.raised,
        record,
        is_elsewhere: false,
    }
}

type Teardown = Pending<Result<(), ScriptError>>;

fn ask_teardown(load: &LoadRun<'_>, loaded: &LoadResult) -> Option<Teardown> {
    if load.options.no_teardown || matches!(loaded.end.cause, EndCause::Init { .. }) {
        return None;
    }
    let limit = load.options.teardown_timeout;
    Some(Pending::new(Stage::Teardown, limit, |reply| {
        load.program.teardown(limit, reply);
    }))
}

/// Waits for `teardown`; false once `enough` is true.
fn await_teardown(
    asked: &Teardown,
    enough: impl Fn(&Stopper) -> bool,
    terminal: &Terminal,
    inbox: &mut Inbox,
    faults: &mut Vec<ScriptError>,
) -> bool {
    match inbox.answer(asked, enough).map(flatten) {
        None => return false,
        Some(Ok(())) => {}
        Some(Err(fault)) => faults.push(report_script_fault(fault, terminal)),
    }
    true
}

fn flatten<T>(reply: Result<Result<T, ScriptError>, Error>) -> Result<T, Error> {
    Ok(reply??)
}

fn report_script_fault(fault: Error, terminal: &Terminal) -> ScriptError {
    terminal.error(&fault.to_string());
    let message = fault.to_string();
    let kind = match fault {
        Error::Script(error) => return error,
        Error::ScriptStuck(Stage::Teardown) => ScriptErrorKind::TeardownTimeout,
        Error::ScriptStuck(Stage::Summary) => ScriptErrorKind::HandleSummary,
        _ => ScriptErrorKind::Teardown,
    };
    ScriptError::new(kind, message)
}

fn summarise(load: &LoadRun<'_>, loaded: &LoadResult, facts: RunFacts) -> Summary {
    let mut summary = Summary::new(
        load.registry,
        &loaded.totals,
        facts,
        loaded
            .thresholds
            .iter()
            .map(|thresholds| &thresholds.threshold),
    );
    summary.audit(&loaded.progress.client_facts(&loaded.end));
    let (raised, all) = (loaded.raised, summary.iterations_complete);
    // For a single iteration, its error is enough.
    if all > 1 && raised.saturating_mul(2) > all {
        let is_raised = |failure: &&FailureCount| failure.key.source == "iteration";
        let first = summary.failures.iter().find(is_raised);
        let first = first.and_then(|failure| failure.message.lines().next());
        let first = first.map_or(String::new(), |first| format!("; the first: {first}"));
        let note = format!(
            "{raised} of {all} iterations raised an error, so the figures say little about the server{first}"
        );
        summary.notes.push(note);
    }
    summary
        .trend_stats
        .clone_from(&load.options.summary.trend_stats);
    for StuckVu { scenario, vu, busy } in &loaded.end.abandoned {
        summary.notes.push(format!(
            "VU {vu} of scenario {scenario} blocked its thread for {}s and was abandoned: its script loops without waiting",
            busy.as_secs()
        ));
    }
    summary
}

/// The outputs of `handle_summary`. `None` for the default summary, which also replaces one that is not ready in time.
fn own_summary(
    load: &LoadRun<'_>,
    summary: &Summary,
    is_script_free: bool,
    is_due: impl Fn(&Stopper) -> bool,
    terminal: &Terminal,
    inbox: &mut Inbox,
    faults: &mut Vec<ScriptError>,
) -> Option<BTreeMap<String, Vec<u8>>> {
    if !load.program.exports("handle_summary") || inbox.script_stuck {
        return None;
    }
    let not_waited =
        || terminal.warn("ssel did not wait for handle_summary: this is the default summary");
    if !is_script_free {
        not_waited();
        return None;
    }
    let json = serde_json::to_value(summary).unwrap_or_default();
    let (summary, options) = (summary.clone(), text_options(load, terminal.out_palette()));
    let text = Box::new(move |colors| {
        let palette = if colors {
            options.palette
        } else {
            report::Palette::PLAIN
        };
        report::text(
            &summary,
            &TextOptions {
                palette,
                ..options.clone()
            },
        )
    });
    let asked = Pending::new(Stage::Summary, SUMMARY_LIMIT, |reply| {
        load.program.handle_summary(json, text, reply);
    });
    match inbox.answer(&asked, is_due).map(flatten) {
        Some(Ok(outputs)) => outputs,
        Some(Err(fault)) => {
            faults.push(report_script_fault(fault, terminal));
            None
        }
        None => {
            not_waited();
            None
        }
    }
}

/// How the summary is shown.
fn text_options(load: &LoadRun<'_>, palette: report::Palette) -> TextOptions {
    let summary = &load.options.summary;
    TextOptions {
        mode: match summary.mode {
            SummaryMode::Full => Mode::Full,
            SummaryMode::Compact | SummaryMode::Disabled => Mode::Compact,
        },
        trend_stats: summary.trend_stats.clone(),
        time_unit: summary.time_unit,
        palette,
    }
}

/// Prints the summary, or writes the outputs of `handle_summary`. Returns what could not be written.
fn show(
    load: &LoadRun<'_>,
    summary: &Summary,
    own: Option<BTreeMap<String, Vec<u8>>>,
    terminal: &Terminal,
) -> Vec<String> {
    for note in &summary.notes {
        terminal.warn(note);
    }
    if let Some(outputs) = own {
        return write_all(&outputs, terminal);
    }
    if matches!(load.job.show, Show::Lines(_)) {
        return Vec::new();
    }
    if load.options.summary.mode == SummaryMode::Disabled {
        return Vec::new();
    }
    let options = text_options(load, terminal.out_palette());
    terminal.result(&report::text(summary, &options));
    Vec::new()
}

fn write_all(outputs: &BTreeMap<String, Vec<u8>>, terminal: &Terminal) -> Vec<String> {
    let mut faults = Vec::new();
    for (place, content) in outputs {
        match place.as_str() {
            "stdout" => terminal.result(&String::from_utf8_lossy(content)),
            "stderr" => terminal.write_err(&String::from_utf8_lossy(content)),
            path => faults.extend(save(Path::new(path), content, terminal).err()),
        }
    }
    faults
}

/// Determines the verdict and prints its reason.
fn judge(
    load: &LoadRun<'_>,
    loaded: &LoadResult,
    faults: Faults,
    stopped: bool,
    terminal: &Terminal,
) -> Verdict {
    if let Some(verdict) = early_end(load, &loaded.end.cause, terminal) {
        return verdict;
    }
    if let Some(verdict) = loaded.ledger.role.fault() {
        return verdict;
    }
    if let Some(short) = &loaded.short {
        return Verdict::Memory(short.to_string());
    }
    if let Some(fault) = faults.script.into_iter().next() {
        return Verdict::Script(fault);
    }
    if !faults.thresholds.is_empty() {
        let failed = faults.thresholds.join(", ");
        terminal.error(&format!(
            "thresholds on these metrics were crossed: {failed}"
        ));
        return Verdict::Thresholds(faults.thresholds);
    }
    if let Some(reason) = load.state.fail_reason() {
        terminal.error(&format!("the run was marked as failed: {reason}"));
        return Verdict::MarkedFailed(reason);
    }
    if stopped {
        terminal.warn(match loaded.end.cause {
            EndCause::Finished => {
                "interrupted after the load had ended; the summary covers the whole load"
            }
            _ => "interrupted; the summary covers the run up to this point",
        });
        return Verdict::Stopped;
    }
    match faults.outputs.into_iter().next() {
        Some(fault) => Verdict::Output(fault),
        None => Verdict::Passed,
    }
}

/// The failures besides those of the load.
#[derive(Default)]
struct Faults {
    script: Vec<ScriptError>,
    outputs: Vec<String>,
    /// Metrics whose thresholds failed.
    thresholds: Vec<String>,
}

/// The verdict on a load that ended prematurely.
fn early_end(load: &LoadRun<'_>, cause: &EndCause, terminal: &Terminal) -> Option<Verdict> {
    match cause {
        EndCause::Init {
            error: IterationError::Raised(message),
            ..
        } => {
            terminal.error(message);
            let error = ScriptError::new(ScriptErrorKind::Init, message.clone());
            Some(Verdict::Script(error))
        }
        EndCause::Init {
            error: IterationError::Aborted,
            ..
        } => Some(aborted(
            load.state.abort_reason().unwrap_or_default(),
            terminal,
        )),
        EndCause::Aborted(reason) => Some(aborted(reason.clone(), terminal)),
        EndCause::System(what) => {
            terminal.error(what);
            Some(Verdict::System(what.clone()))
        }
        EndCause::Internal(what) => {
            terminal.error(what);
            Some(Verdict::Internal(what.clone()))
        }
        EndCause::Finished | EndCause::Stopped => None,
    }
}

fn aborted(reason: String, terminal: &Terminal) -> Verdict {
    terminal.error(&format!("the run was aborted: {reason}"));
    Verdict::Aborted(reason)
}

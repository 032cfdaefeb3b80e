//! After the load: teardown, summary, verdict.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::inbox::Wait;
use super::load::{Load, Loaded};
use super::progress::Live;
use super::{Ended, Show, Verdict};
use crate::error::Error;
use crate::metrics::Summary;
use crate::options::SummaryMode;
use crate::output::{Outputs, Terminal, save};
use crate::report::{self, Mode, TextOptions};
use crate::runner::{Cause, StuckVu};
use crate::script::{ScriptError, ScriptErrorKind};
use crate::vu::IterationError;

/// `handle_summary` has as long as `teardown` has by default.
const SUMMARY_LIMIT: Duration = Duration::from_mins(1);

/// Runs `teardown`, sums up, tells, and judges.
pub(super) fn conclude(
    load: &Load<'_>,
    mut loaded: Loaded,
    outputs: Outputs,
    terminal: &Terminal,
    wait: &mut Wait,
) -> Ended {
    let mut faults = Vec::new();
    if !load.options.no_teardown && !matches!(loaded.end.cause, Cause::Init { .. }) {
        let limit = load.options.teardown_timeout;
        match flatten(wait.reply(
            limit,
            |reply| load.script.teardown(limit, reply),
            "teardown",
        )) {
            Ok(()) | Err(Error::Stopped) => {}
            Err(fault) => faults.push(tell_script_fault(fault, terminal)),
        }
    }
    loaded.totals.collect(load.registry);
    let summary = summarise(load, &loaded);
    let mut failed_outputs = show(load, &summary, terminal, wait, &mut faults);
    if let Some(path) = &load.job.summary_export {
        let json = serde_json::to_vec_pretty(&summary).unwrap_or_default();
        failed_outputs.extend(save(path, &json, terminal).err());
    }
    for fault in &failed_outputs {
        terminal.error(fault);
    }
    // What is left may take a while to be written; the summary is there by now.
    failed_outputs.extend(outputs.finish(&summary));
    if matches!(load.job.show, Show::Whole) {
        terminal.final_progress(&Live::new(load.options).picture(&loaded.progress, "running"));
    }
    let verdict = judge(
        load,
        &loaded,
        &summary,
        faults,
        failed_outputs,
        terminal,
        wait.stopped,
    );
    Ended {
        verdict,
        summary,
        raised: loaded.raised,
    }
}

fn flatten<T>(reply: Result<Result<T, ScriptError>, Error>) -> Result<T, Error> {
    Ok(reply??)
}

fn tell_script_fault(fault: Error, terminal: &Terminal) -> ScriptError {
    terminal.error(&fault.to_string());
    let message = fault.to_string();
    let kind = match fault {
        Error::Script(error) => return error,
        Error::ScriptStuck(stage) if stage == "teardown" => ScriptErrorKind::TeardownTimeout,
        _ => ScriptErrorKind::Teardown,
    };
    ScriptError {
        kind,
        message,
        traceback: String::new(),
    }
}

fn summarise(load: &Load<'_>, loaded: &Loaded) -> Summary {
    let facts = loaded.progress.facts(load.elapsed());
    let mut summary = Summary::new(
        load.registry,
        &loaded.totals,
        facts,
        &loaded.watched.thresholds,
    );
    summary.audit(&loaded.progress.client_facts(&loaded.end));
    for StuckVu { scenario, vu, busy } in &loaded.end.left_behind {
        summary.notes.push(format!(
            "VU {vu} of scenario {scenario} did not give its thread back for {}s and was left behind: \
             its script loops without waiting",
            busy.as_secs()
        ));
    }
    summary
}

/// Prints the summary, or does with it what `handle_summary` says. Returns what could not be written.
fn show(
    load: &Load<'_>,
    summary: &Summary,
    terminal: &Terminal,
    wait: &mut Wait,
    faults: &mut Vec<ScriptError>,
) -> Vec<String> {
    for note in &summary.notes {
        terminal.warn(note);
    }
    let json = serde_json::to_value(summary).unwrap_or_default();
    let own = if load.script.exports("handle_summary") && !wait.script_stuck {
        flatten(wait.reply(
            SUMMARY_LIMIT,
            |reply| load.script.handle_summary(json, reply),
            "handle_summary",
        ))
    } else {
        Ok(None)
    };
    match own {
        Ok(Some(outputs)) => return write_all(&outputs, terminal),
        Ok(None) => {}
        // The usual summary stands in, so that nothing measured is lost.
        Err(fault) => faults.push(tell_script_fault(fault, terminal)),
    }
    if matches!(load.job.show, Show::Lines(_)) {
        return Vec::new();
    }
    let mode = match load.options.summary.mode {
        SummaryMode::Disabled => return Vec::new(),
        SummaryMode::Compact => Mode::Compact,
        SummaryMode::Full => Mode::Full,
    };
    let mut options = TextOptions {
        mode,
        trend_stats: load.options.summary.trend_stats.clone(),
        time_unit: load.options.summary.time_unit,
        palette: terminal.out_palette(),
    };
    terminal.write(&report::text(summary, &options));
    if terminal.stdout_closed() {
        options.palette = terminal.err_palette();
        terminal.write_err(&report::text(summary, &options));
    }
    Vec::new()
}

fn write_all(outputs: &BTreeMap<String, Vec<u8>>, terminal: &Terminal) -> Vec<String> {
    let mut faults = Vec::new();
    for (place, content) in outputs {
        match place.as_str() {
            "stdout" => terminal.write(&String::from_utf8_lossy(content)),
            "stderr" => terminal.write_err(&String::from_utf8_lossy(content)),
            path => faults.extend(save(Path::new(path), content, terminal).err()),
        }
    }
    faults
}

fn judge(
    load: &Load<'_>,
    loaded: &Loaded,
    summary: &Summary,
    faults: Vec<ScriptError>,
    failed_outputs: Vec<String>,
    terminal: &Terminal,
    stopped: bool,
) -> Verdict {
    match &loaded.end.cause {
        Cause::Init {
            error: IterationError::Raised(message),
            ..
        } => {
            terminal.error(message);
            let (kind, message) = (ScriptErrorKind::Init, message.clone());
            return Verdict::Script(ScriptError {
                kind,
                message,
                traceback: String::new(),
            });
        }
        Cause::Init {
            error: IterationError::Aborted,
            ..
        } => {
            let reason = load.state.abort_reason().unwrap_or_default();
            terminal.error(&format!("the run was aborted: {reason}"));
            return Verdict::Aborted(reason);
        }
        Cause::Internal(what) => {
            terminal.error(what);
            return Verdict::Internal(what.clone());
        }
        Cause::Aborted(reason) => {
            terminal.error(&format!("the run was aborted: {reason}"));
            return Verdict::Aborted(reason.clone());
        }
        Cause::Finished | Cause::Stopped(_) => {}
    }
    if let Some(fault) = faults.into_iter().next() {
        return Verdict::Script(fault);
    }
    let mut failed: Vec<String> = summary
        .thresholds
        .iter()
        .zip(&loaded.watched.thresholds)
        .filter(|(outcome, _)| outcome.ok == Some(false))
        .map(|(_, threshold)| threshold.selector().to_string())
        .collect();
    failed.extend(loaded.crossed.iter().cloned());
    failed.sort();
    failed.dedup();
    if !failed.is_empty() {
        terminal.error(&format!(
            "thresholds on these metrics were crossed: {}",
            failed.join(", ")
        ));
        return Verdict::Thresholds(failed);
    }
    if let Some(reason) = load.state.fail_reason() {
        terminal.error(&format!("the run was marked as failed: {reason}"));
        return Verdict::MarkedFailed(reason);
    }
    if stopped {
        terminal.warn(
            "the run was stopped before its end; the summary is of what was measured until then",
        );
        return Verdict::Stopped;
    }
    match failed_outputs.into_iter().next() {
        Some(fault) => Verdict::Output(fault),
        None => Verdict::Passed,
    }
}

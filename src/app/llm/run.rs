//! Runs a benchmark once or at several levels, and prints the results.

use std::num::NonZeroU32;
use std::path::Path;

use super::super::Verdict;
use super::bench::{Bench, Load, Step};
use super::measure::{Lab, Measured};
use super::save::Save;
use super::sweep::Sweep;
use super::warmup::Warmup;
use crate::error::Error;
use crate::output;
use crate::record::Record;
use crate::report::html;
use crate::report::{CurveRow, TextOptions, llm_curve, llm_result, parts_text, thresholds_text};
use crate::saved;

/// How a benchmark ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// As its last run did.
    Run(Verdict),
    /// Not one request succeeded.
    NoAnswer,
    /// No rate keeps the goal.
    GoalMissed,
    /// It was ended since more requests failed than may.
    TooManyErrors,
}

/// Runs the bench, and shows the result, with its thresholds.
///
/// # Errors
/// As [`Lab::measure`].
pub fn once(lab: &Lab<'_>, bench: &Bench, save: Option<&mut Save>) -> Result<End, Error> {
    let measured = lab.measure(bench)?;
    if measured.is_elsewhere {
        return Ok(End::Run(measured.verdict));
    }
    lab.print(&llm_result(
        &measured.report(bench),
        &lab.terminal.out_palette(),
    ));
    lab.print(&parts_text(
        &measured.parts,
        measured.start_skew,
        &lab.terminal.out_palette(),
    ));
    if !measured.thresholds.is_empty() {
        let options = TextOptions {
            palette: lab.terminal.out_palette(),
            ..TextOptions::default()
        };
        lab.print(&thresholds_text(&measured.thresholds, &options));
    }
    if let Some(save) = save {
        save.add(bench, &measured, lab.terminal);
    }
    Ok(end(lab, measured))
}

/// Runs the bench so many times, each time with other prompts, so that no run finds those of the one before in the
/// server's cache. The end is that of the first run that did not pass.
///
/// # Errors
/// As [`once`].
pub fn repeated(
    lab: &Lab<'_>,
    bench: &Bench,
    runs: NonZeroU32,
    mut save: Option<&mut Save>,
) -> Result<End, Error> {
    let mut step = bench.clone();
    let mut ends = Vec::new();
    for number in 1..=runs.get() {
        lab.terminal.note(&format!("  run {number} of {runs}"));
        ends.push(once(lab, &step, save.as_deref_mut())?);
        if lab.stopper.is_stopped() {
            break;
        }
        step.seed += 1;
    }
    let passed = End::Run(Verdict::Passed);
    let fault = ends.into_iter().find(|end| *end != passed);
    Ok(fault.unwrap_or(passed))
}

/// Runs the bench at each level, and shows the curve; what was measured is shown even if a later run cannot be made.
///
/// # Errors
/// As [`once`].
pub fn sweep(
    lab: &Lab<'_>,
    bench: &Bench,
    sweep: &Sweep,
    mut save: Option<&mut Save>,
    saved: Option<&Path>,
) -> Result<End, Error> {
    let mut rows = Vec::new();
    let mut result = Ok(End::NoAnswer);
    let mut step = bench.clone();
    for (level, number) in sweep.0.iter().zip(1..) {
        step.load = bench.load.at(*level);
        lab.terminal
            .note(&format!("  {} of {}: {}", number, sweep.0.len(), step.load));
        match lab.step(&step, save.as_deref_mut()) {
            Ok(measured) => {
                if let Some(words) = measured.main_failure() {
                    let failed = measured.result.failed;
                    lab.terminal.note(&format!("    {failed} failed: {words}"));
                }
                rows.push((*level, measured));
                if let Some(path) = saved {
                    save_levels(path, bench, &rows)?;
                }
            }
            Err(error) => {
                result = Err(error);
                break;
            }
        }
        if lab.stopper.is_stopped() {
            break;
        }
        step.change_prompts();
        // The server is warm.
        step.warmup = Warmup::NONE;
    }
    let palette = lab.terminal.out_palette();
    let name = match bench.load {
        Load::Concurrency(_) => "concurrency",
        Load::Rate { .. } | Load::Trace { .. } => "rate",
    };
    let lines: Vec<CurveRow<'_>> = rows.iter().map(row).collect();
    if !lines.is_empty() {
        lab.print(&llm_curve(name, &lines, &palette));
    }
    result?;
    lab.report_sweep(bench, &mut rows)?;
    let Some((_, last)) = rows.pop() else {
        return Err(Error::Stopped);
    };
    if !last.has_too_many_errors
        && rows
            .iter()
            .any(|(_, measured)| measured.failure().is_none())
    {
        return Ok(End::Run(last.verdict));
    }
    Ok(end(lab, last))
}

/// Saves all levels so far in one file, in place of that of the levels before.
fn save_levels(path: &Path, bench: &Bench, rows: &[(Step, Measured)]) -> Result<(), Error> {
    let level = |(_, measured): &(Step, Measured)| {
        let mut record = measured.record.clone()?;
        for run in &mut record.runs {
            if let Some(options) = run.options.as_object_mut() {
                let seconds = measured.result.duration.into();
                options.insert(html::LOAD_SECONDS.to_owned(), seconds);
                let goal = interactivity(bench).map(|goal| (html::GOAL.to_owned(), goal.into()));
                options.extend(goal);
            }
        }
        if measured.is_client_limited() {
            let load = record.load().unwrap_or_default();
            let note =
                format!("{load}: the client was the limit: its figures may be caused by ssel.");
            record.notes.push(note);
        }
        Some(record)
    };
    let levels = rows.iter().filter_map(level).collect();
    let error = |error: &dyn std::fmt::Display| Error::Output(error.to_string());
    let all = Record::of_levels(levels).map_err(|fault| error(&fault))?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let _ = std::fs::remove_file(&part);
    saved::write(&part, &all).map_err(|fault| error(&fault))?;
    std::fs::rename(&part, path)
        .map_err(|fault| Error::Output(format!("cannot write {}: {fault}", path.display())))
}

/// The least tokens per second of a user that the objectives allow.
fn interactivity(bench: &Bench) -> Option<f64> {
    let tpot = bench.goodput.and_then(|goodput| goodput.tpot)?;
    Some(1.0 / tpot.as_secs_f64())
}

fn row((level, measured): &(Step, Measured)) -> CurveRow<'_> {
    CurveRow {
        level: level.to_string(),
        result: &measured.result,
        is_client_limited: measured.is_client_limited(),
    }
}

fn end(lab: &Lab<'_>, measured: Measured) -> End {
    if measured.has_too_many_errors {
        let words = measured.main_failure().unwrap_or_default();
        lab.terminal.error(&format!(
            "the run was ended: {} of {} requests failed, more than --max-errors allows: {words}",
            measured.result.failed,
            measured.result.failed + measured.result.completed
        ));
        return End::TooManyErrors;
    }
    match (measured.failure(), measured.verdict) {
        (Some(failure), Verdict::Passed) => {
            lab.terminal.error(&failure);
            End::NoAnswer
        }
        (_, verdict) => End::Run(verdict),
    }
}

impl Lab<'_> {
    /// A measurement, saved.
    pub(super) fn step(&self, bench: &Bench, save: Option<&mut Save>) -> Result<Measured, Error> {
        let measured = self.measure(bench)?;
        if let Some(save) = save {
            save.add(bench, &measured, self.terminal);
        }
        Ok(measured)
    }

    /// Writes the page of all levels, if a report is wanted. Each level has a page of its own beside it.
    fn report_sweep(&self, bench: &Bench, rows: &mut [(Step, Measured)]) -> Result<(), Error> {
        let Some(path) = &self.record.report else {
            return Ok(());
        };
        let levels = rows.iter_mut().filter_map(|(_, measured)| {
            Some(html::SweepLevel {
                record: measured.record.take()?,
                seconds: measured.result.duration,
            })
        });
        let levels: Vec<html::SweepLevel> = levels.collect();
        let page = html::sweep_page(&levels, interactivity(bench));
        output::save(path, page.as_bytes(), self.terminal).map_err(Error::Output)
    }

    /// Prints a result to standard output, or where that is closed, to standard error.
    pub(super) fn print(&self, text: &str) {
        self.terminal.result(text);
    }
}

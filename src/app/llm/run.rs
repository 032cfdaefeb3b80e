//! Runs a benchmark once or at several levels, and prints the results.

use std::num::NonZeroU32;
use std::path::Path;

use super::super::Verdict;
use super::bench::{Bench, Load, LoadLevel};
use super::measure::{BenchRunner, Measured};
use super::save::Save;
use super::sweep::Sweep;
use super::warmup::Warmup;
use crate::error::Error;
use crate::llm::Latency;
use crate::output;
use crate::record::Record;
use crate::report::html;
use crate::report::{CurveRow, TextOptions, llm_curve, llm_result, parts_text, thresholds_text};
use crate::saved;

/// The end of a benchmark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum BenchEnd {
    /// It ran, with the verdict of its last run.
    Run(Verdict),
    /// No request succeeded.
    NoAnswer,
    /// No rate keeps the goal.
    GoalMissed,
    /// It ended because too many requests failed.
    TooManyErrors,
}

/// Runs the benchmark and prints the result with its thresholds.
///
/// # Errors
/// As [`BenchRunner::measure`].
pub(crate) fn once(
    runner: &BenchRunner<'_>,
    bench: &Bench,
    save: Option<&mut Save>,
) -> Result<BenchEnd, Error> {
    let measured = runner.measure(bench)?;
    if measured.is_elsewhere {
        return Ok(BenchEnd::Run(measured.verdict));
    }
    runner.print(&llm_result(
        &measured.report(bench),
        &runner.terminal.out_palette(),
    ));
    runner.print(&parts_text(
        &measured.parts,
        measured.start_skew,
        &runner.terminal.out_palette(),
    ));
    if !measured.thresholds.is_empty() {
        let options = TextOptions {
            palette: runner.terminal.out_palette(),
            ..TextOptions::default()
        };
        runner.print(&thresholds_text(&measured.thresholds, &options));
    }
    if let Some(save) = save {
        save.add(bench, &measured, runner.terminal);
    }
    Ok(end(runner, measured))
}

/// Runs the benchmark repeatedly, each time with other prompts, so that the server never has them in its cache. The end is
/// that of the first run that did not pass.
///
/// # Errors
/// As [`once`].
pub(crate) fn repeated(
    runner: &BenchRunner<'_>,
    bench: &Bench,
    runs: NonZeroU32,
    mut save: Option<&mut Save>,
) -> Result<BenchEnd, Error> {
    let mut step = bench.clone();
    let mut ends = Vec::new();
    for number in 1..=runs.get() {
        runner.terminal.note(&format!("  run {number} of {runs}"));
        ends.push(once(runner, &step, save.as_deref_mut())?);
        if runner.stopper.is_stopped() {
            break;
        }
        step.seed += 1;
    }
    let passed = BenchEnd::Run(Verdict::Passed);
    let fault = ends.into_iter().find(|end| *end != passed);
    Ok(fault.unwrap_or(passed))
}

/// Runs the benchmark at each level and prints the curve, even if a later run fails.
///
/// # Errors
/// As [`once`].
pub(crate) fn sweep(
    runner: &BenchRunner<'_>,
    bench: &Bench,
    sweep: &Sweep,
    mut save: Option<&mut Save>,
    saved: Option<&Path>,
) -> Result<BenchEnd, Error> {
    let mut rows = Vec::new();
    let mut result = Ok(BenchEnd::NoAnswer);
    let mut step = bench.clone();
    for (level, number) in sweep.0.iter().zip(1..) {
        step.load = bench.load.at(*level);
        runner
            .terminal
            .note(&format!("  {} of {}: {}", number, sweep.0.len(), step.load));
        match runner.step(&step, save.as_deref_mut()) {
            Ok(measured) => {
                if let Some(words) = measured.main_failure() {
                    let failed = measured.result.failed;
                    runner
                        .terminal
                        .note(&format!("    {failed} failed: {words}"));
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
        if runner.stopper.is_stopped() {
            break;
        }
        step.change_prompts();
        // The server is already warm.
        step.warmup = Warmup::NONE;
    }
    let palette = runner.terminal.out_palette();
    let name = match bench.load {
        Load::Concurrency(_) => "concurrency",
        Load::Rate { .. } | Load::Trace { .. } => "rate",
    };
    let lines: Vec<CurveRow<'_>> = rows.iter().map(row).collect();
    if !lines.is_empty() {
        runner.print(&llm_curve(name, &lines, &palette));
    }
    result?;
    runner.report_sweep(bench, &mut rows)?;
    let Some((_, last)) = rows.pop() else {
        return Err(Error::Stopped);
    };
    if !last.has_too_many_errors
        && rows
            .iter()
            .any(|(_, measured)| measured.failure().is_none())
    {
        return Ok(BenchEnd::Run(last.verdict));
    }
    Ok(end(runner, last))
}

/// Saves all levels so far in one file, replacing the previous one.
fn save_levels(path: &Path, bench: &Bench, rows: &[(LoadLevel, Measured)]) -> Result<(), Error> {
    let level = |(_, measured): &(LoadLevel, Measured)| {
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

/// The minimum tokens per second per user according to the objectives.
fn interactivity(bench: &Bench) -> Option<f64> {
    let tpot = bench.goodput?.limit(Latency::Tpot)?;
    Some(1.0 / tpot.as_secs_f64())
}

fn row((level, measured): &(LoadLevel, Measured)) -> CurveRow<'_> {
    CurveRow {
        level: level.to_string(),
        result: &measured.result,
        is_client_limited: measured.is_client_limited(),
    }
}

fn end(runner: &BenchRunner<'_>, measured: Measured) -> BenchEnd {
    if measured.has_too_many_errors {
        let words = measured.main_failure().unwrap_or_default();
        runner.terminal.error(&format!(
            "the run ended early: {} of {} requests failed, more than --max-errors allows: {words}",
            measured.result.failed,
            measured.result.failed + measured.result.completed
        ));
        return BenchEnd::TooManyErrors;
    }
    match (measured.failure(), measured.verdict) {
        (Some(failure), Verdict::Passed) => {
            runner.terminal.error(&failure);
            BenchEnd::NoAnswer
        }
        (_, verdict) => BenchEnd::Run(verdict),
    }
}

impl BenchRunner<'_> {
    /// Performs a measurement and saves it.
    pub(super) fn step(&self, bench: &Bench, save: Option<&mut Save>) -> Result<Measured, Error> {
        let measured = self.measure(bench)?;
        if let Some(save) = save {
            save.add(bench, &measured, self.terminal);
        }
        Ok(measured)
    }

    /// Writes the page of all levels, if a report is requested. Each level also has its own page.
    fn report_sweep(&self, bench: &Bench, rows: &mut [(LoadLevel, Measured)]) -> Result<(), Error> {
        let Some(path) = &self.job.borrow().record.report else {
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

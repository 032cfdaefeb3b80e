//! `ssel merge` and `ssel check`: saved runs, judged anew.

use std::process::ExitCode;

use super::super::args::{Check, Merge};
use super::super::{exit_code, job};
use super::saved_run;
use crate::app;
use crate::error::Error;
use crate::metrics::ThresholdSummary;
use crate::output::Terminal;
use crate::record::Record;
use crate::report;
use crate::saved;

pub(in crate::cli) fn merge(args: &Merge, terminal: &Terminal) -> Result<ExitCode, Error> {
    let usage = |error: String| Error::Usage(error);
    let mut parts: Vec<Record> = Vec::new();
    for path in &args.runs {
        let record = saved_run(path)?;
        for (known, first) in parts.iter().zip(&args.runs).filter(|_| !args.force) {
            known.belongs_with(&record).map_err(|error| {
                let (first, path) = (first.display(), path.display());
                usage(format!(
                    "{first} and {path} are not parts of one run: {error}; --force merges them all the same"
                ))
            })?;
        }
        parts.push(record);
    }
    let merged = Record::merge(parts).map_err(|error| usage(format!("cannot merge: {error}")))?;
    saved::write(&args.output, &merged).map_err(|error| Error::Output(error.to_string()))?;
    if let Some(missing) = merged.missing_parts() {
        terminal.warn(&missing);
    }
    let count = args.runs.len();
    terminal.info(&format!(
        "{count} runs are merged in {}",
        args.output.display()
    ));
    Ok(judged(&merged.thresholds, terminal))
}

pub(in crate::cli) fn check(args: &Check, terminal: &Terminal) -> Result<ExitCode, Error> {
    let record = saved_run(&args.run)?;
    let job = job::job(job::source(&args.script)?, &args.options, terminal)?;
    let demands = app::demands(&job, terminal)?;
    let thresholds = record.judge(&demands);
    let thresholds = thresholds.map_err(|error| Error::Usage(error.to_string()))?;
    if thresholds.is_empty() {
        terminal.warn("the script has no thresholds");
    }
    let options = report::text_options(&record, terminal.out_palette());
    terminal.write(&report::thresholds_text(&thresholds, &options));
    Ok(judged(&thresholds, terminal))
}

fn judged(thresholds: &[ThresholdSummary], terminal: &Terminal) -> ExitCode {
    let failed = thresholds
        .iter()
        .filter(|threshold| threshold.ok == Some(false));
    let mut failed: Vec<String> = failed.map(ThresholdSummary::selector).collect();
    failed.dedup();
    if failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    let failed = failed.join(", ");
    terminal.error(&format!(
        "thresholds on these metrics were crossed: {failed}"
    ));
    exit_code::THRESHOLDS.into()
}

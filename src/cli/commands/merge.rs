//! `ssel merge` and `ssel check`: merging saved runs, and applying thresholds to them.

use std::path::PathBuf;
use std::process::ExitCode;

use super::super::flags::OptionFlags;
use super::super::{exit_code, job};
use super::saved_run;
use crate::app;
use crate::error::Error;
use crate::metrics::ThresholdSummary;
use crate::output::Terminal;
use crate::record::Record;
use crate::report;
use crate::saved;
use crate::units::counted;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ssel merge run-*.ssel -o all.ssel

The percentiles of the merged run are those of one process that recorded all samples. Its thresholds are evaluated over all parts.

Exit status:
  0    the thresholds hold
  99   a threshold failed
  104  a file is not a saved run, or the runs are not parts of one run

Documentation:
  docs/scale-out.md, docs/saved-runs.md")]
pub(in crate::cli) struct Merge {
    /// Saved runs: the parts of one run
    #[arg(required = true, num_args = 2.., value_name = "RUN")]
    pub(in crate::cli) runs: Vec<PathBuf>,

    /// File to write the merged run to
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: PathBuf,

    /// Merge even if scripts or options differ
    #[arg(long)]
    pub(in crate::cli) force: bool,
}

impl Merge {
    pub(in crate::cli) fn execute(&self, terminal: &Terminal) -> Result<ExitCode, Error> {
        let usage = |error: String| Error::Usage(error);
        let mut parts: Vec<Record> = Vec::new();
        for path in &self.runs {
            let record = saved_run(path)?;
            for (known, first) in parts.iter().zip(&self.runs).filter(|_| !self.force) {
                known.belongs_with(&record).map_err(|error| {
                let (first, path) = (first.display(), path.display());
                usage(format!(
                    "{first} and {path} are not parts of one run: {error}; --force merges them all the same"
                ))
            })?;
            }
            parts.push(record);
        }
        let merged =
            Record::merge(parts).map_err(|error| usage(format!("cannot merge: {error}")))?;
        saved::write(&self.output, &merged).map_err(|error| Error::Output(error.to_string()))?;
        if let Some(missing) = merged.missing_parts() {
            terminal.warn(&missing);
        }
        let runs = counted(self.runs.len() as u64, "run");
        terminal.info(&format!("merged {runs} into {}", self.output.display()));
        Ok(judged(&merged.thresholds, terminal))
    }
}

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  ssel check run.ssel script.lua

Exit status:
  0    the thresholds hold
  99   a threshold failed")]
pub(in crate::cli) struct Check {
    /// Saved run
    #[arg(value_name = "RUN")]
    pub(in crate::cli) run: PathBuf,

    /// Lua script with the thresholds
    #[arg(value_name = "SCRIPT")]
    pub(in crate::cli) script: PathBuf,

    #[command(flatten)]
    pub(in crate::cli) options: OptionFlags,
}

impl Check {
    pub(in crate::cli) fn execute(&self, terminal: &Terminal) -> Result<ExitCode, Error> {
        let record = saved_run(&self.run)?;
        let job = job::job(job::source(&self.script)?, &self.options, terminal)?;
        let demands = app::Inspection::new(job, terminal)?.thresholds();
        let thresholds = record.judge(&demands);
        let thresholds = thresholds.map_err(|error| Error::Usage(error.to_string()))?;
        if thresholds.is_empty() {
            terminal.warn("the script has no thresholds");
        }
        let options = report::text_options(&record, terminal.out_palette());
        terminal.write(&report::thresholds_text(&thresholds, &options));
        Ok(judged(&thresholds, terminal))
    }
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

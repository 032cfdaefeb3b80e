//! `ssel run`: a script as a load test.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

use super::super::flags::{OptionFlags, PartFlags, RecordFlags, RunPart, has_file, outputs, whole};
use super::super::{exit_code, job, signals};
use crate::app::{self, Ended, Job, Stopper, Verdict};
use crate::error::Error;
use crate::output::Terminal;

#[derive(Debug, clap::Args)]
#[command(after_help = help_of_runs!("  ssel run script.lua                       # the load of the script, else one iteration
  ssel run script.lua -u 50 -d 1m           # 50 VUs for a minute
  ssel run script.lua -s 30s:50 -s 30s:0    # ramp up to 50 VUs, and down again
  ssel run script.lua --save run.ssel --report report.html
  ssel run script.lua --part 0/4 --join host:7735    # a quarter of the load"))]
pub(in crate::cli) struct Run {
    /// Lua script; `-` reads it from standard input
    script: PathBuf,

    #[command(flatten)]
    flags: RunFlags,
}

impl Run {
    pub(in crate::cli) fn execute(
        &self,
        terminal: &Terminal,
        stopper: &Stopper,
    ) -> Result<ExitCode, Error> {
        let source = job::source(&self.script)?;
        let job = || job::job(source.clone(), &self.flags.options, terminal);
        let part = self.flags.part.resolve(false)?;
        let ended = self.flags.run("run", job, &part, terminal, stopper)?;
        Ok(exit_code::of_verdict(&ended.verdict))
    }
}

/// The flags of a run, for all sources of scripts.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct RunFlags {
    #[command(flatten)]
    pub(super) options: OptionFlags,

    /// Number of worker threads [default: one for each core]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = whole::<NonZeroUsize>(1..=1024), help_heading = "Load")]
    workers: Option<NonZeroUsize>,

    /// Write every sample to json=FILE or csv=FILE (.gz compresses, - is standard output), or push metrics to
    /// prometheus=URL or otlp=URL during the run; repeatable
    #[arg(
        short = 'o',
        long = "out",
        value_name = "NAME=PLACE",
        help_heading = "Results"
    )]
    outputs: Vec<String>,

    /// Write the summary as JSON to this file
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    summary_export: Option<PathBuf>,

    #[command(flatten, next_help_heading = "Load")]
    pub(super) part: PartFlags,

    #[command(flatten, next_help_heading = "Recording")]
    record: RecordFlags,
}

impl RunFlags {
    /// Performs the runs of a job, one or the number of `--repeat`, until a signal ends them. The result of several is that of the
    /// last, with the verdict of the first that did not pass.
    pub(super) fn run(
        &self,
        command: &'static str,
        job: impl Fn() -> Result<Job, Error>,
        part: &RunPart,
        terminal: &Terminal,
        stopper: &Stopper,
    ) -> Result<Ended, Error> {
        signals::listen(stopper)?;
        let files = part.files;
        let summary_export = files.result("--summary-export", self.summary_export.as_deref())?;
        let run = |record| {
            let job = Job {
                workers: self.workers,
                summary_export: summary_export.clone(),
                outputs: outputs(&self.outputs, files, terminal)?,
                record,
                placement: part.placement.clone(),
                start_at: part.start_at,
                join: part.rendezvous(),
                ..job()?
            };
            app::run(job, terminal, stopper)
        };
        let record = self.record.record(command, &self.outputs, files)?;
        let has_other_files = has_file(&self.outputs) || self.summary_export.is_some();
        let Some(repeat) = self.record.repeat(has_other_files)? else {
            return run(record);
        };
        if part.start_at.is_some() || part.join.is_some() {
            let what = "--start-at and --join apply to a single load; remove --repeat";
            return Err(Error::Usage(what.to_owned()));
        }
        let mut number = 1;
        let mut first_fault = None;
        loop {
            let mut ended = run(record.numbered(number))?;
            if ended.verdict != Verdict::Passed {
                first_fault.get_or_insert_with(|| ended.verdict.clone());
            }
            if number == repeat.get() || stopper.is_stopped() {
                ended.verdict = first_fault.unwrap_or(ended.verdict);
                return Ok(ended);
            }
            number += 1;
        }
    }
}

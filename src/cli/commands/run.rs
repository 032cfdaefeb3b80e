//! `ssel run`: a script as a load test.

use std::process::ExitCode;

use super::super::args::{Run, RunFlags};
use super::super::resolve::{self, PartFiles};
use super::super::{exit_code, job, signals};
use crate::app::{self, Ended, Job, Stopper, Verdict};
use crate::error::Error;
use crate::output::Terminal;
use crate::parts::Placement;

pub(in crate::cli) fn run(
    args: &Run,
    terminal: &Terminal,
    stopper: &Stopper,
) -> Result<ExitCode, Error> {
    let source = job::source(&args.script)?;
    let job = || job::job(source.clone(), &args.flags.options, terminal);
    let placement = resolve::placement(&args.flags.part)?;
    let ended = play(
        "run",
        job,
        placement.as_ref(),
        &args.flags,
        terminal,
        stopper,
    )?;
    Ok(exit_code::of_verdict(&ended.verdict))
}

/// Makes the runs of a job, one or as many as `--repeat` says, until a signal ends them. Of several, the result is that of
/// the last, with the verdict of the first that did not pass.
pub(super) fn play(
    command: &'static str,
    job: impl Fn() -> Result<Job, Error>,
    placement: Option<&Placement>,
    flags: &RunFlags,
    terminal: &Terminal,
    stopper: &Stopper,
) -> Result<Ended, Error> {
    signals::listen(stopper)?;
    let join = resolve::join(&flags.join, placement)?;
    let files = PartFiles::new(placement, join.is_some());
    let start_at = resolve::start_at(&flags.part)?;
    resolve::one_start(join.is_some(), start_at.is_some())?;
    let summary_export = flags.summary_export.as_deref();
    let summary_export = summary_export.map(|path| files.result("--summary-export", path));
    let summary_export = summary_export.transpose()?.flatten();
    let run = |record| {
        let job = Job {
            workers: resolve::workers(flags.workers.as_deref())?,
            summary_export: summary_export.clone(),
            outputs: resolve::outputs(&flags.outputs, files, terminal)?,
            record,
            placement: placement.cloned(),
            start_at,
            join: join.clone(),
            ..job()?
        };
        app::run(job, terminal, stopper)
    };
    let record = resolve::record(command, &flags.record, &flags.outputs, files)?;
    let is_file = |text: &String| !crate::push::is_pushed(text);
    let has_other_files = flags.outputs.iter().any(is_file) || flags.summary_export.is_some();
    let Some(repeat) = resolve::repeat(&flags.record, has_other_files)? else {
        return run(record);
    };
    if start_at.is_some() || join.is_some() {
        let what = "--start-at and --join are of one load; leave --repeat out";
        return Err(Error::Usage(what.to_owned()));
    }
    let mut first_fault = None;
    for number in 1.. {
        let mut ended = run(record.numbered(number))?;
        if ended.verdict != Verdict::Passed {
            first_fault.get_or_insert_with(|| ended.verdict.clone());
        }
        if number == repeat.get() || stopper.is_stopped() {
            ended.verdict = first_fault.unwrap_or(ended.verdict);
            return Ok(ended);
        }
    }
    Err(Error::Internal("the runs had no end".to_owned()))
}

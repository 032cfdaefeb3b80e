//! `ssel run`: a script as a load test.

use std::process::ExitCode;

use super::super::args::{Run, RunFlags};
use super::super::{exit_code, job, resolve, signals};
use crate::app::{self, Ended, Job, Stopper};
use crate::error::Error;
use crate::output::Terminal;

pub(in crate::cli) fn run(args: &Run, terminal: &Terminal) -> Result<ExitCode, Error> {
    let source = job::source(&args.script)?;
    let job = job::job(source, &args.flags.options, terminal)?;
    let ended = play("run", job, &args.flags, terminal)?;
    Ok(exit_code::of_verdict(&ended.verdict))
}

/// Runs a job to its end, or until a signal ends it.
pub(super) fn play(
    command: &'static str,
    job: Job,
    flags: &RunFlags,
    terminal: &Terminal,
) -> Result<Ended, Error> {
    let job = Job {
        workers: resolve::workers(flags.workers.as_deref())?,
        summary_export: flags.summary_export.clone(),
        outputs: resolve::outputs(&flags.outputs, terminal)?,
        record: resolve::record(command, &flags.record)?,
        ..job
    };
    let stopper = Stopper::new();
    signals::listen(&stopper)?;
    app::run(job, terminal, &stopper)
}

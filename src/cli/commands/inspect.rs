//! `ssel inspect`: what a run would do, as JSON.

use std::process::ExitCode;

use super::super::args::Inspect;
use super::super::job;
use crate::app;
use crate::error::Error;
use crate::output::Terminal;

pub(in crate::cli) fn inspect(args: &Inspect, terminal: &Terminal) -> Result<ExitCode, Error> {
    // Without a handler, Ctrl-C ends a script whose init stage loops endlessly.
    let job = job::job(job::source(&args.script)?, &args.options, terminal)?;
    let found = app::inspect(&job, terminal)?;
    terminal.print(&format!("{found:#}"));
    Ok(ExitCode::SUCCESS)
}

//! `ssel inspect`: what a run would do, as JSON.

use std::path::PathBuf;
use std::process::ExitCode;

use super::super::flags::OptionFlags;
use super::super::job;
use crate::app;
use crate::error::Error;
use crate::output::Terminal;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  ssel inspect script.lua -u 50
  ssel inspect script.lua | jq .options > options.json    # a config file for ssel run -c")]
pub(in crate::cli) struct Inspect {
    /// Lua script; `-` reads it from standard input
    script: PathBuf,

    #[command(flatten)]
    options: OptionFlags,
}

impl Inspect {
    pub(in crate::cli) fn execute(&self, terminal: &Terminal) -> Result<ExitCode, Error> {
        // Without a handler, Ctrl-C ends a script whose init stage loops endlessly.
        let job = job::job(job::source(&self.script)?, &self.options, terminal)?;
        let found = app::Inspection::new(job, terminal)?.to_json();
        terminal.print(&format!("{found:#}"));
        Ok(ExitCode::SUCCESS)
    }
}

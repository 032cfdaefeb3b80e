//! `ssel eval`: a chunk of Lua from the command line.

use std::process::ExitCode;

use super::super::{exit_code, job};
use super::run::RunFlags;
use crate::app::{Stopper, Verdict};
use crate::error::Error;
use crate::options::{Layer, OptionOrigin, Source};
use crate::output::Terminal;

#[derive(Debug, clap::Args)]
#[command(after_help = help_of_runs!("  ssel eval 'print(http.get(env.URL).status)' -e URL=https://example.com/    # once
  ssel eval 'sse.open(target.url(\"/.sse?n=3\"), function() end)' -u 10 -d 5s  # as a load test"))]
pub(in crate::cli) struct Eval {
    /// Lua code: the body of `default`, or a whole script if it defines `default`
    chunk: String,

    #[command(flatten)]
    flags: RunFlags,
}

impl Eval {
    /// Whether no flag sets a load. The chunk then runs once, and only its output is shown.
    pub(in crate::cli) fn is_once(&self) -> bool {
        let load = ["vus", "duration", "iterations", "stages"];
        !self.flags.options.sets_any(&load)
    }

    pub(in crate::cli) fn execute(
        &self,
        terminal: &Terminal,
        stopper: &Stopper,
    ) -> Result<ExitCode, Error> {
        let (name, text) = ("eval".to_owned(), self.chunk.clone());
        let source = if defines_default(&text) {
            Source::Text { name, text }
        } else {
            Source::Body { name, text }
        };
        let job = || {
            let mut job = job::job(source.clone(), &self.flags.options, terminal)?;
            if self.is_once() {
                let mut quiet = Layer::new();
                quiet.set("summary_mode", "disabled", OptionOrigin::Default);
                job.layers.push(quiet);
            }
            Ok(job)
        };
        // A chunk that runs once is not a load to divide.
        let part = self.flags.part.resolve(self.is_once())?;
        let ended = self.flags.run("eval", job, &part, terminal, stopper)?;
        // In a shell, `ssel eval … && next` stops at a chunk that raised. A load is judged by its thresholds.
        if self.is_once() && ended.raised > 0 && ended.verdict == Verdict::Passed {
            return Ok(exit_code::SCRIPT.into());
        }
        Ok(exit_code::of_verdict(&ended.verdict))
    }
}

/// Whether a chunk has `function default` or `default = function`, and so is a whole script.
fn defines_default(chunk: &str) -> bool {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    chunk.match_indices("default").any(|(at, word)| {
        let (before, after) = (&chunk[..at], &chunk[at + word.len()..]);
        if before.ends_with(in_word) || after.starts_with(in_word) {
            return false;
        }
        let assigned = after.trim_start().strip_prefix('=');
        before.trim_end().ends_with("function")
            || assigned.is_some_and(|value| value.trim_start().starts_with("function"))
    })
}

#[cfg(test)]
mod tests {
    use super::defines_default;

    #[test]
    fn a_chunk_that_defines_default_is_a_script() {
        for script in [
            "function default() end",
            "function\ndefault () end",
            "options = { vus = 2 } default = function() end",
            "return { default =function() end }",
        ] {
            assert!(defines_default(script), "{script}");
        }
        for body in [
            "print(1)",
            "local default = 1",
            "if default == nil then print('default') end",
            "local function default_url() end",
            "no_default = function() end",
            "",
        ] {
            assert!(!defines_default(body), "{body}");
        }
    }
}

//! `ssel eval`: a chunk of Lua from the command line.

use std::process::ExitCode;

use super::super::args::Eval;
use super::super::{exit_code, job, resolve};
use super::run::play;
use crate::app::{Stopper, Verdict};
use crate::error::Error;
use crate::options::{Layer, Origin};
use crate::output::Terminal;
use crate::script::Source;

pub(in crate::cli) fn eval(
    args: &Eval,
    terminal: &Terminal,
    stopper: &Stopper,
) -> Result<ExitCode, Error> {
    let (name, text) = ("eval".to_owned(), args.chunk.clone());
    let source = if defines_default(&text) {
        Source::Text { name, text }
    } else {
        Source::Body { name, text }
    };
    let job = || {
        let mut job = job::job(source.clone(), &args.flags.options, terminal)?;
        if args.is_once() {
            let mut quiet = Layer::new();
            quiet.set("summary_mode", "disabled", Origin::Default);
            job.layers.push(quiet);
        }
        Ok(job)
    };
    // Code that is run once is not a load to share out, unless that is said.
    let is_apart = args.is_once() && args.flags.part.part.is_none();
    let placement = if is_apart {
        None
    } else {
        resolve::placement(&args.flags.part)?
    };
    let ended = play(
        "eval",
        job,
        placement.as_ref(),
        &args.flags,
        terminal,
        stopper,
    )?;
    // In a shell, `ssel eval … && next` is to stop at a chunk that raised. A load is judged by its thresholds.
    if args.is_once() && ended.raised > 0 && ended.verdict == Verdict::Passed {
        return Ok(exit_code::SCRIPT.into());
    }
    Ok(exit_code::of_verdict(&ended.verdict))
}

/// Whether a chunk says `function default` or `default = function`, and so is a script of its own.
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

//! The public face for programs that embed a run.

use std::io::{self, Write};
use std::num::NonZeroUsize;

use serde_json::Value;

use super::{Ended, Job, Stopper, run};
use crate::error::Error;
use crate::options::{Layer, Origin};
use crate::output::{Output, Settings, Stream, Terminal};
use crate::script::Source;

/// A script to be run by another program, and what it is told.
///
/// Unlike the command line it reads neither config files nor `SSEL_…` variables, listens for no signals and prints
/// nothing: what the script prints and what there is to say about it is dropped, or goes where the program wants it.
///
/// ```
/// use ssel::{Run, Source, Verdict};
///
/// let text = r#"
///     options = { thresholds = { checks = "rate==1" } }
///     function default()
///       local res = sse.open(target.url("/.sse?n=3&interval=1ms"), function() end)
///       check(res, { ["three events"] = res.events == 3 })
///     end
/// "#;
/// let ended = Run::script(Source::text("three.lua", text))
///     .option("vus", 2)
///     .option("iterations", 10)
///     .run()?;
/// assert_eq!(ended.verdict, Verdict::Passed);
/// let events = ended.summary.metric("sse_event").and_then(|events| events.count());
/// assert_eq!(events, Some(30.0));
/// # Ok::<(), ssel::Error>(())
/// ```
#[must_use = "nothing happens before `run`"]
pub struct Run {
    job: Job,
    options: Layer,
    prints: Box<dyn Write + Send>,
    messages: Box<dyn Write + Send>,
    stopper: Stopper,
}

impl Run {
    /// A run of this script. Without options, those of the script hold.
    pub fn script(source: Source) -> Self {
        let mut options = Layer::new();
        options.set("summary_mode", "disabled", Origin::Program);
        Self {
            job: Job::new(source),
            options,
            prints: Box::new(io::sink()),
            messages: Box::new(io::sink()),
            stopper: Stopper::new(),
        }
    }

    /// Sets an option over those of the script. Names and values are those of scripts and config files: `vus`, `duration`,
    /// `scenarios`. A mistake is told by [`Run::run`], with all others.
    pub fn option(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.options.set(name, value, Origin::Program);
        self
    }

    /// Sets a variable of the script's `env`, over those of the process.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.job.env.insert(name.into(), value.into());
        self
    }

    /// Uses so many threads for VUs; by default one for each core.
    pub fn workers(mut self, workers: NonZeroUsize) -> Self {
        self.job.workers = Some(workers);
        self
    }

    /// Hands all samples to `output` while the run goes on.
    pub fn output(mut self, output: impl Output + 'static) -> Self {
        self.job.outputs.push(Box::new(output));
        self
    }

    /// Where it goes what the script prints to standard output. With the option `summary_mode` set, the summary as text
    /// goes there too.
    pub fn prints_to(mut self, writer: impl Write + Send + 'static) -> Self {
        self.prints = Box::new(writer);
        self
    }

    /// Where warnings and errors go, a line each, and what the script prints to standard error.
    pub fn messages_to(mut self, writer: impl Write + Send + 'static) -> Self {
        self.messages = Box::new(writer);
        self
    }

    /// Ends the run in good order, from any thread and at any time.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Runs to the end. Waits for it without running any Lua on this thread.
    ///
    /// # Errors
    /// What kept the run from taking place: options, the script's top level or its `setup`. All that goes wrong later is
    /// in [`Ended`].
    pub fn run(self) -> Result<Ended, Error> {
        let settings = Settings {
            quiet: true,
            no_color: true,
            dumb: true,
            ends_with_reader: false,
        };
        let stream = |writer| Stream { writer, tty: false };
        let start = std::time::Instant::now();
        let terminal = Terminal::new(
            settings,
            stream(self.prints),
            stream(self.messages),
            move || start.elapsed(),
            || None,
        );
        let stopper = self.stopper.clone();
        terminal.hurry_when(move || stopper.is_stopped());
        let mut job = self.job;
        job.layers.push(self.options);
        let ended = run(job, &terminal, &self.stopper);
        terminal.finish();
        ended
    }
}

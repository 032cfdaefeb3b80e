//! The public face for programs that embed a run.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::num::NonZeroUsize;

use serde_json::{Map, Value};

use super::program::{Setup, Vus};
use super::{Ended, Job, Stopper, run};
use crate::error::Error;
use crate::options::{Layer, OptionOrigin};
use crate::output::{Output, Terminal, TerminalSettings, TerminalStream};
use crate::script::Source;
use crate::vu::VuFactory;

/// A run inside another program: of a Lua script, or of VUs written in Rust.
///
/// Unlike the command line it reads neither config files nor `SSEL_…` variables, does not handle signals and prints
/// nothing. The program decides where the output of the script and the messages of the run go; by default they are dropped.
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
    thresholds: BTreeMap<String, Vec<Value>>,
}

impl Run {
    /// Runs a Lua script, with its own options unless [`Run::option`] overrides them.
    pub fn script(source: Source) -> Self {
        Self::of(Job::new(source))
    }

    /// Runs VUs written in Rust. `prepare` is called once before the load: it registers the metrics of the program and
    /// makes the factory of its VUs.
    ///
    /// ```
    /// use ssel::http::Request;
    /// use ssel::vu::{Iteration, IterationError, Vu, VuFactory, VuInfo};
    /// use ssel::{Connections, Requests, Run, serve::Server};
    ///
    /// struct Visitor(Requests, String);
    ///
    /// impl Vu for Visitor {
    ///     async fn iterate(&mut self, iteration: &Iteration) -> Result<(), IterationError> {
    ///         let request = Request::get(&self.1).map_err(|error| error.to_string())?;
    ///         self.0.send(iteration, request).await;
    ///         Ok(())
    ///     }
    /// }
    ///
    /// struct Visitors(Connections, String);
    ///
    /// impl VuFactory for Visitors {
    ///     type Vu = Visitor;
    ///
    ///     fn make(&self, vu: VuInfo) -> Result<Visitor, IterationError> {
    ///         Ok(Visitor(Requests::new(&self.0, &vu), self.1.clone()))
    ///     }
    /// }
    ///
    /// let server = Server::start_background(([127, 0, 0, 1], 0).into())?;
    /// let url = format!("http://{}/echo", server.addr());
    /// let ended = Run::vus("visitors", |setup| Ok(Visitors(setup.connections(), url)))
    ///     .option("vus", 2)
    ///     .option("iterations", 10)
    ///     .threshold("http_req_failed", "rate==0")
    ///     .run()?;
    /// assert_eq!(ended.verdict, ssel::Verdict::Passed);
    /// let requests = ended.summary.metric("http_reqs").and_then(|requests| requests.count());
    /// assert_eq!(requests, Some(10.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn vus<F: VuFactory>(
        name: impl Into<String>,
        prepare: impl FnOnce(&Setup<'_>) -> Result<F, String> + 'static,
    ) -> Self {
        let mut job = Job::new(Source::text(name, ""));
        job.vus = Some(Box::new(|setup| prepare(setup).map(Vus::of)));
        Self::of(job)
    }

    fn of(job: Job) -> Self {
        let mut options = Layer::new();
        options.set("summary_mode", "disabled", OptionOrigin::Program);
        Self {
            job,
            options,
            prints: Box::new(io::sink()),
            messages: Box::new(io::sink()),
            stopper: Stopper::new(),
            thresholds: BTreeMap::new(),
        }
    }

    /// Sets an option over those of the script. Names and values are those of scripts and config files: `vus`, `duration`,
    /// `scenarios`. A mistake is told by [`Run::run`], with all others.
    pub fn option(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.options.set(name, value, OptionOrigin::Program);
        self
    }

    /// Adds a threshold, e.g. `http_req_duration` and `p(95)<200ms`. It is an error of [`Run::run`] if the expression or
    /// the metric does not exist.
    pub fn threshold(mut self, metric: &str, expression: &str) -> Self {
        let demands = self.thresholds.entry(metric.to_owned()).or_default();
        demands.push(expression.into());
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
    pub fn run(mut self) -> Result<Ended, Error> {
        if !self.thresholds.is_empty() {
            let thresholds = self.thresholds.into_iter();
            let thresholds: Map<_, _> = thresholds
                .map(|(metric, demands)| (metric, demands.into()))
                .collect();
            self.options
                .set("thresholds", thresholds, OptionOrigin::Program);
        }
        let terminal = silent_terminal(self.prints, self.messages);
        let stopper = self.stopper.clone();
        terminal.hurry_when(move || stopper.is_stopped());
        let mut job = self.job;
        job.layers.push(self.options);
        let ended = run(job, &terminal, &self.stopper);
        terminal.finish();
        ended
    }
}

/// A terminal without progress and colours, whose two streams go where a program wants them.
pub(super) fn silent_terminal(
    prints: Box<dyn Write + Send>,
    messages: Box<dyn Write + Send>,
) -> Terminal {
    let settings = TerminalSettings {
        quiet: true,
        no_color: true,
        dumb: true,
        ends_with_reader: false,
    };
    let stream = |writer| TerminalStream { writer, tty: false };
    let start = std::time::Instant::now();
    Terminal::new(
        settings,
        stream(prints),
        stream(messages),
        move || start.elapsed(),
        || None,
    )
}

//! [`Run`]: a load test inside another program.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use serde_json::{Map, Value};

use super::program::{Loader, Setup, UnpreparedVus};
use super::{Ended, Job, Stopper, run};
use crate::error::Error;
use crate::options::{Layer, OptionOrigin, Source};
use crate::output::{Output, Terminal, TerminalSettings, TerminalStream};
use crate::vu::VuFactory;

/// Builds and performs a load test, from a Lua script or from VUs written in Rust.
///
/// Unlike the program, a `Run` reads neither config files nor `SSEL_…` variables, handles no signals and prints nothing.
/// [`prints_to`](Run::prints_to) and [`messages_to`](Run::messages_to) receive what a script prints and what the program would
/// report; by default both are discarded.
///
/// # Examples
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
    /// A run of a Lua script. [`Run::option`] overrides the options of the script.
    #[cfg(feature = "lua")]
    pub fn script(source: Source) -> Self {
        Self::of(Job::script(source))
    }

    /// A run of VUs written in Rust. `name` is the name of the run in messages and records. `prepare` is called once, before the
    /// load: it registers metrics and returns the factory of the VUs.
    ///
    /// # Examples
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
        let loader: Loader = Box::new(|_| Ok(Box::new(UnpreparedVus(prepare))));
        Self::of(Job::new(Source::text(name, ""), loader))
    }

    fn of(mut job: Job) -> Self {
        job.record.command = "run";
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

    /// Sets an option, and overrides that of the script. Names and values are those of scripts and config files: `vus`,
    /// `duration`, `scenarios` and so on. [`Run::run`] reports all mistakes together.
    pub fn option(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.options.set(name, value, OptionOrigin::Program);
        self
    }

    /// Adds a threshold, e.g. `p(95)<200ms` for the metric `http_req_duration`. [`Run::run`] fails if the expression is invalid
    /// or the metric does not exist.
    pub fn threshold(mut self, metric: &str, expression: &str) -> Self {
        let demands = self.thresholds.entry(metric.to_owned()).or_default();
        demands.push(expression.into());
        self
    }

    /// Sets a variable in the script's `env`, and overrides that of the process.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.job.env.insert(name.into(), value.into());
        self
    }

    /// Sets the number of threads that run VUs. The default is one for each core.
    pub fn workers(mut self, workers: NonZeroUsize) -> Self {
        self.job.workers = Some(workers);
        self
    }

    /// Adds an output, which receives each sample during the run.
    pub fn output(mut self, output: impl Output + 'static) -> Self {
        self.job.outputs.push(Box::new(output));
        self
    }

    /// Saves the run, second by second, to a new file, which [`saved::read`](crate::saved::read) and `ssel report` read.
    pub fn save(mut self, path: impl Into<PathBuf>) -> Self {
        self.job.record.save = Some(path.into());
        self
    }

    /// Keeps the record of the run in memory and returns it as [`Ended::record`]. In a long run, older frames are combined.
    pub fn record(mut self) -> Self {
        self.job.record.in_memory = true;
        self
    }

    /// Sets the writer for what the script prints to standard output. With the option `summary_mode`, it also receives the
    /// summary as text.
    pub fn prints_to(mut self, writer: impl Write + Send + 'static) -> Self {
        self.prints = Box::new(writer);
        self
    }

    /// Sets the writer for warnings and errors, one per line, and for what the script prints to standard error.
    pub fn messages_to(mut self, writer: impl Write + Send + 'static) -> Self {
        self.messages = Box::new(writer);
        self
    }

    /// Returns a handle that ends the run early, from any thread. The summary then covers the run up to that point.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Performs the run and blocks until it has ended.
    ///
    /// # Errors
    /// Fails if the load cannot start: an invalid option, a script whose top level or `setup` raises, a file that cannot be
    /// written, a stop before the load. Whatever goes wrong later is part of [`Ended`].
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

/// A terminal without progress and colours that writes to the writers of a program.
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

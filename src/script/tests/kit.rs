//! A script with one VU, its output and its samples.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;
use tokio::time::{Instant, timeout};

use crate::error::ScriptError;
use crate::llm::{Reply, RequestInfo};
use crate::metrics::{Registry, Selector, Sink, Tags, Totals};
use crate::options::Source;
use crate::samples::Connections;
use crate::script::vu::LuaVu;
use crate::script::{Console, Host, Script, load};
use crate::serve::{Background, Server};
use crate::vu::{Iteration, IterationError, RunState, ScenarioInfo, Vu, VuFactory, VuInfo};

/// A loaded script with one VU.
pub(super) struct Bench {
    pub(super) registry: Arc<Registry>,
    pub(super) run: Arc<RunState>,
    script: Script,
    vu: Option<LuaVu>,
    printed: Arc<Printed>,
    totals: Totals,
    runtime: Runtime,
    local: LocalSet,
    /// The time limit of an iteration.
    patience: Duration,
    iterations: u64,
}

impl Bench {
    /// Loads a script named `s.lua`, with real time.
    pub(super) fn new(text: &str) -> Self {
        let mut runtime = Builder::new_current_thread();
        Self::with(text, runtime.enable_all(), Duration::from_secs(30))
    }

    /// Loads a script that uses no network, with paused time: waits end immediately and advance the clock.
    pub(super) fn without_network(text: &str) -> Self {
        let mut runtime = Builder::new_current_thread();
        let runtime = runtime.enable_time().start_paused(true);
        Self::with(text, runtime, Duration::from_hours(1))
    }

    fn with(text: &str, runtime: &mut Builder, patience: Duration) -> Self {
        let runtime = runtime.build().unwrap();
        let (registry, run) = (Registry::new(Vec::new()), RunState::new());
        let printed = Arc::new(Printed::default());
        let script = loaded(text, &registry, &run, &printed).unwrap();
        script.configure(
            Connections::default(),
            serde_json::Value::Null,
            Tags::new(),
            1,
        );
        Self {
            registry,
            run,
            script,
            vu: None,
            printed,
            totals: Totals::new(),
            runtime,
            local: LocalSet::new(),
            patience,
            iterations: 0,
        }
    }

    /// Adds sub-metrics such as `http_reqs{status:200}`.
    pub(super) fn watching(self, selectors: &[&str]) -> Self {
        let parse = |text: &&str| Selector::parse(text).unwrap();
        self.registry
            .declare(&selectors.iter().map(parse).collect::<Vec<_>>());
        self
    }

    pub(super) fn setup(&self) -> Result<(), ScriptError> {
        let (sender, receiver) = channel();
        self.script.setup(Duration::from_mins(1), move |result| {
            sender.send(result).unwrap();
        });
        receiver.recv().unwrap()
    }

    /// Runs one iteration to its end.
    pub(super) fn iterate(&mut self) -> Result<(), IterationError> {
        self.iterate_for(self.patience)
            .expect("the iteration hangs")
    }

    /// Runs one iteration and drops it after `limit`: `None`.
    pub(super) fn iterate_for(&mut self, limit: Duration) -> Option<Result<(), IterationError>> {
        let iteration = Iteration {
            number_in_scenario: self.iterations,
            number_in_process: self.iterations,
            number_in_vu: self.iterations,
            planned_number: None,
            scheduled: None,
            delay: None,
        };
        self.iterations += 1;
        let vu = self.vu.get_or_insert_with(|| {
            let info = info(&self.registry, &self.run);
            self.script.factory().make(info).unwrap()
        });
        let iterating = async { timeout(limit, vu.iterate(&iteration)).await.ok() };
        self.local.block_on(&self.runtime, iterating)
    }

    /// Runs one iteration that must not fail, and returns its duration on the clock of the runtime.
    pub(super) fn time(&mut self) -> Duration {
        let now = |bench: &Self| bench.runtime.block_on(async { Instant::now() });
        let start = now(self);
        self.iterate().unwrap();
        now(self) - start
    }

    /// Lets other tasks run for this long.
    pub(super) fn settle(&self, time: Duration) {
        self.local
            .block_on(&self.runtime, async { tokio::time::sleep(time).await });
    }

    /// Runs one iteration that must fail, and returns its message with the traceback.
    pub(super) fn error(&mut self) -> String {
        match self.iterate() {
            Err(IterationError::Raised(text)) => text,
            other => panic!(
                "the iteration gave {other:?}; it printed {}",
                self.printed()
            ),
        }
    }

    /// Takes the output since the last call.
    pub(super) fn printed(&self) -> String {
        std::mem::take(&mut self.printed.0.lock().unwrap())
    }

    /// Takes the replies since the last call.
    pub(super) fn replies(&self) -> Vec<(RequestInfo, Reply)> {
        std::mem::take(&mut self.printed.1.lock().unwrap())
    }

    /// The number of samples of a metric or sub-metric, and their sum.
    pub(super) fn samples(&mut self, selector: &str) -> (u64, f64) {
        self.totals.collect(&self.registry);
        let target = self
            .registry
            .target(&Selector::parse(selector).unwrap())
            .unwrap();
        match self.totals.sink(target.sink) {
            Some(Sink::Counter(counter)) => (counter.samples, counter.count),
            Some(Sink::Rate(rate)) => (rate.total, rate.passes as f64),
            Some(Sink::Trend(trend)) => (trend.count(), trend.sum()),
            Some(Sink::Gauge(gauge)) => (1, gauge.value),
            None => (0, 0.0),
        }
    }
}

/// Runs one iteration of a script that must not fail, and returns its output.
pub(super) fn printed(text: &str) -> String {
    let mut bench = Bench::new(text);
    bench.iterate().unwrap();
    bench.printed()
}

/// The error of `code`, a line of an iteration.
pub(super) fn misuse(code: &str) -> String {
    let text = Bench::new(&format!("function default() {code} end")).error();
    text.lines()
        .next()
        .unwrap_or_default()
        .replace("s.lua:1: ", "")
}

/// Loads a script.
pub(super) fn loaded(
    text: &str,
    registry: &Arc<Registry>,
    run: &Arc<RunState>,
    printed: &Arc<Printed>,
) -> Result<Script, ScriptError> {
    let source = Source::Text {
        name: "s.lua".into(),
        text: text.into(),
    };
    let heard = Arc::clone(printed);
    let host = Host {
        part: crate::parts::Part::WHOLE,
        env: HashMap::new(),
        console: Arc::clone(printed) as Arc<dyn Console>,
        registry: Arc::clone(registry),
        run: Arc::clone(run),
        target: Box::new(|| Ok(format!("http://{}", target().addr()))),
        replies: Some(Arc::new(move |request, reply| {
            heard
                .1
                .lock()
                .unwrap()
                .push((request.clone(), reply.clone()));
        })),
    };
    let (sender, receiver) = channel();
    load(source, host, move |script| drop(sender.send(script)));
    receiver.recv().unwrap()
}

fn info(registry: &Arc<Registry>, run: &Arc<RunState>) -> VuInfo {
    let scenario = ScenarioInfo {
        name: "default".into(),
        executor: "per-vu-iterations",
        exec: "default".into(),
        env: Vec::new(),
        tags: Tags::new().with("scenario", "default"),
        start_time: Duration::ZERO,
        duration: None,
        total_iterations: None,
        iterations_started: AtomicU64::new(0),
        iterations_completed: AtomicU64::new(0),
    };
    VuInfo {
        id: 1,
        scenario: Arc::new(scenario),
        recorder: registry.recorder(),
        run: Arc::clone(run),
        worker: 0,
    }
}

/// One target for all tests.
fn target() -> &'static Background {
    static TARGET: OnceLock<Background> = OnceLock::new();
    let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    TARGET.get_or_init(|| Server::start_background(any_port).unwrap())
}

/// Keeps the output of a script, and the replies of language models.
#[derive(Default)]
pub(super) struct Printed(Mutex<String>, Mutex<Vec<(RequestInfo, Reply)>>);

impl Console for Printed {
    fn print(&self, text: &[u8]) {
        self.0
            .lock()
            .unwrap()
            .push_str(&String::from_utf8_lossy(text));
    }

    fn print_error(&self, text: &[u8]) {
        self.print(text);
    }

    fn script_error(&self, text: &str) {
        self.print(format!("script error: {text}\n").as_bytes());
    }
}

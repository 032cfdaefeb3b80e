//! The traits [`Vu`] and [`VuFactory`], and the run state that runner and VU share.
//!
//! The runner knows when an iteration starts, a VU knows what an iteration is; they meet here, so that every
//! executor can be tested with a VU written in Rust, and a Rust program can bring VUs of its own.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::metrics::{Recorder, Tags};

/// Stack of a thread that runs VUs, in bytes. Scripts may recurse deeply on the C stack, which ends the process when it
/// overflows; only what is touched of it is real memory.
pub(crate) const STACK: usize = 64 << 20;

/// Makes the VUs of a run. Shared by all workers; each VU is made on the worker thread it then lives on.
pub trait VuFactory: Send + Sync + 'static {
    /// The VU this factory makes. It never leaves its thread, so it need not be `Send`.
    type Vu: Vu;

    /// Makes the VU that `info` describes.
    ///
    /// # Errors
    /// What is wrong in words, e.g. a script that raised in its init stage; the run ends.
    fn make(&self, info: VuInfo) -> Result<Self::Vu, IterationError>;
}

/// One virtual user: runs iterations, one at a time.
#[expect(
    async_fn_in_trait,
    reason = "a VU never leaves its thread, so its futures need no `Send`"
)]
pub trait Vu: 'static {
    /// Runs one iteration. The runner may drop the future to interrupt it; the VU must then be able to run again.
    ///
    /// # Errors
    /// A failure inside the iteration. The iteration still counts as complete, as in k6.
    async fn iterate(&mut self, iteration: &Iteration) -> Result<(), IterationError>;
}

/// How an iteration, or the making of a VU, failed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum IterationError {
    /// The VU's own code raised: message with its place and traceback.
    Raised(String),
    /// The VU's own code asked to end the whole run ([`RunState::abort`] was called).
    Aborted,
}

impl From<String> for IterationError {
    /// A failure of the VU's own code, in words.
    fn from(message: String) -> Self {
        Self::Raised(message)
    }
}

/// The identity of a VU, fixed when it is created.
#[derive(Debug, Clone)]
pub struct VuInfo {
    /// Number of the VU in the whole test, from 1.
    pub id: u64,
    /// The scenario the VU works for.
    pub scenario: Arc<ScenarioInfo>,
    /// Where the VU's thread records its samples.
    pub recorder: Recorder,
    /// The run as a whole.
    pub run: Arc<RunState>,
    /// Index of the worker thread, from 0.
    pub worker: usize,
}

/// What a VU may know about its scenario.
#[derive(Debug)]
pub struct ScenarioInfo {
    /// Name of the scenario; `default` when the options name none.
    pub name: String,
    /// The executor's name, e.g. `constant-vus`.
    pub executor: &'static str,
    /// The exported function an iteration calls.
    pub exec: String,
    /// Environment of the scenario, over that of the run.
    pub env: Vec<(String, String)>,
    /// Tags of every sample of the scenario, run tags and `scenario` included.
    pub tags: Tags,
    /// When the scenario starts, since the start of the run.
    pub start_time: Duration,
    /// Regular length of the scenario without graceful stop; `None` while unbounded in time.
    pub duration: Option<Duration>,
    /// Iterations the scenario makes in all, in this process, when its executor fixes them.
    pub total_iterations: Option<u64>,
    /// Iterations started so far in this scenario, by all VUs.
    pub iterations_started: AtomicU64,
    /// Iterations completed so far in this scenario.
    pub iterations_completed: AtomicU64,
}

impl ScenarioInfo {
    /// How much of the scenario is over, from 0 to 1: iterations where their number is fixed, else time;
    /// `elapsed` counts from the scenario's own start.
    pub fn fraction(&self, elapsed: Duration) -> f64 {
        let (part, whole) = match (self.total_iterations, self.duration) {
            (Some(total), _) => (
                self.iterations_completed.load(Ordering::Relaxed) as f64,
                total as f64,
            ),
            (None, Some(duration)) => (elapsed.as_secs_f64(), duration.as_secs_f64()),
            (None, None) => return 0.0,
        };
        if whole > 0.0 {
            (part / whole).min(1.0)
        } else {
            1.0
        }
    }
}

/// The numbers of one iteration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Iteration {
    /// Number among all iterations of the scenario, from 0; unique over its VUs, in all parts of a run.
    pub number_in_scenario: u64,
    /// Number among those of the scenario in this process, from 0.
    pub number_in_process: u64,
    /// Number among the iterations of this VU, from 0.
    pub number_in_vu: u64,
    /// Number of its start among all planned ones, dropped ones included, from 0; where the executor plans starts.
    pub planned_number: Option<u64>,
    /// Planned start since the start of the run, where the executor plans one (arrival rates and replays).
    pub scheduled: Option<Duration>,
    /// From the planned start to the actual one, where one was planned.
    pub delay: Option<Duration>,
}

/// The status of a scenario. The variants are in the order in which they occur; one of the last two is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum ScenarioStatus {
    /// It has not started.
    Waiting,
    /// It runs.
    #[default]
    Running,
    /// It starts no more iterations and waits for the running ones.
    Stopping,
    /// It has finished.
    Done,
    /// It was interrupted.
    Interrupted,
}

impl ScenarioStatus {
    /// All of them, in order.
    pub(crate) const ALL: [Self; 5] = [
        Self::Waiting,
        Self::Running,
        Self::Stopping,
        Self::Done,
        Self::Interrupted,
    ];

    /// Whether it does not change any more.
    pub(crate) fn is_final(self) -> bool {
        self >= Self::Done
    }
}

/// The state of the whole run: written by the runner, read by VUs and the progress display.
#[derive(Debug)]
pub struct RunState {
    started: OnceLock<Instant>,
    load_started: OnceLock<Instant>,
    /// Iterations that ran to their end, failed ones included.
    pub iterations_completed: AtomicU64,
    /// Iterations interrupted by the end of the run or of a scenario.
    pub iterations_interrupted: AtomicU64,
    /// VUs inside an active part of their scenario.
    pub vus_active: AtomicU64,
    /// The maximum number so far.
    pub vus_active_max: AtomicU64,
    /// VUs made so far.
    pub vus_initialized: AtomicU64,
    abort: OnceLock<String>,
    failure: OnceLock<String>,
}

impl RunState {
    /// A run that has not started.
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            started: OnceLock::new(),
            load_started: OnceLock::new(),
            iterations_completed: AtomicU64::new(0),
            iterations_interrupted: AtomicU64::new(0),
            vus_active: AtomicU64::new(0),
            vus_active_max: AtomicU64::new(0),
            vus_initialized: AtomicU64::new(0),
            abort: OnceLock::new(),
            failure: OnceLock::new(),
        })
    }

    /// Marks the start of the run, once; later calls change nothing.
    pub fn start(&self, now: Instant) {
        let _ = self.started.set(now);
    }

    /// The instant of the start, `None` before it.
    pub fn started(&self) -> Option<Instant> {
        self.started.get().copied()
    }

    /// Marks the start of the load, once: all planned VUs are there, and from here the start times of scenarios
    /// count. It is the start of the run as well unless something came before, such as `setup`.
    pub fn start_load(&self, now: Instant) {
        self.start(now);
        let _ = self.load_started.set(now);
    }

    /// The instant the load started, `None` before it.
    pub fn load_started(&self) -> Option<Instant> {
        self.load_started.get().copied()
    }

    /// Asks for the end of the run (`exec.test.abort`); the first reason is kept.
    pub fn abort(&self, reason: impl Into<String>) {
        let _ = self.abort.set(reason.into());
    }

    /// Whether [`RunState::abort`] was called; cheap.
    pub fn is_aborted(&self) -> bool {
        self.abort.get().is_some()
    }

    /// The reason of [`RunState::abort`], if it was called.
    pub fn abort_reason(&self) -> Option<String> {
        self.abort.get().cloned()
    }

    /// Marks the run as failed without ending it (`exec.test.fail`); the first reason is kept.
    pub fn fail(&self, reason: impl Into<String>) {
        let _ = self.failure.set(reason.into());
    }

    /// The reason of [`RunState::fail`], if it was called.
    pub fn fail_reason(&self) -> Option<String> {
        self.failure.get().cloned()
    }
}

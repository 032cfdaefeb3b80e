//! The traits [`Vu`] and [`VuFactory`], and the run state that runner and VU share.
//!
//! The runner decides when an iteration starts; a VU runs it. Because they share only these traits, tests can run every
//! executor with a VU written in Rust, and a Rust program can provide its own VUs.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::metrics::{Recorder, Tags};

/// The stack size of a thread that runs VUs, in bytes. Scripts may recurse deeply on the C stack, whose overflow ends the
/// process. Only the touched part of a stack uses memory.
pub(crate) const STACK: usize = 64 << 20;

/// Creates the VUs of a run. All workers share it; each creates its VUs on its own thread.
pub trait VuFactory: Send + Sync + 'static {
    /// The type of the VUs. A VU never leaves its thread, so it need not be `Send`.
    type Vu: Vu;

    /// Creates the VU that `info` describes.
    ///
    /// # Errors
    /// The reason, e.g. the error of a script in its init stage. It ends the run.
    fn make(&self, info: VuInfo) -> Result<Self::Vu, IterationError>;
}

/// One virtual user: runs iterations, one at a time.
#[expect(
    async_fn_in_trait,
    reason = "a VU never leaves its thread, so its futures need no `Send`"
)]
pub trait Vu: 'static {
    /// Runs one iteration. The runner may drop the future to interrupt it; the VU must be able to run again afterwards.
    ///
    /// # Errors
    /// The failure of the iteration, which still counts as complete, as in k6.
    async fn iterate(&mut self, iteration: &Iteration) -> Result<(), IterationError>;
}

/// The failure of an iteration, or of creating a VU.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum IterationError {
    /// The VU's code raised an error: the message, with file, line and traceback.
    Raised(String),
    /// The VU's code ended the run with [`RunState::abort`].
    Aborted,
}

impl From<String> for IterationError {
    /// A failure of the VU's code, described by this text.
    fn from(message: String) -> Self {
        Self::Raised(message)
    }
}

/// The identity of a VU, fixed when it is created.
#[derive(Debug, Clone)]
pub struct VuInfo {
    /// The number of the VU in the run, from 1.
    pub id: u64,
    /// The scenario of the VU.
    pub scenario: Arc<ScenarioInfo>,
    /// The recorder for the samples of the VU's thread.
    pub recorder: Recorder,
    /// The state of the run.
    pub run: Arc<RunState>,
    /// The index of the worker thread, from 0.
    pub worker: usize,
}

/// The information about a scenario that its VUs can read.
#[derive(Debug)]
pub struct ScenarioInfo {
    /// The name of the scenario; `default` if the options have no scenarios.
    pub name: String,
    /// The executor's name, e.g. `constant-vus`.
    pub executor: &'static str,
    /// The exported function that an iteration calls.
    pub exec: String,
    /// Variables that override those of the run.
    pub env: Vec<(String, String)>,
    /// Tags of every sample of the scenario, including those of the run and `scenario`.
    pub tags: Tags,
    /// The start of the scenario, since the start of the load.
    pub start_time: Duration,
    /// The regular duration of the scenario, without the graceful stop; `None` for no limit.
    pub duration: Option<Duration>,
    /// The total number of iterations in this process, if the executor fixes it.
    pub total_iterations: Option<u64>,
    /// The number of iterations that its VUs have started.
    pub iterations_started: AtomicU64,
    /// The number of iterations that its VUs have completed.
    pub iterations_completed: AtomicU64,
}

impl ScenarioInfo {
    /// The completed share of the scenario, from 0 to 1: of iterations if their number is fixed, else of time. `elapsed` is the
    /// time since the start of the scenario.
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
    /// Number among all iterations of the scenario, from 0; unique across all VUs and all parts of a run.
    pub number_in_scenario: u64,
    /// Number among those of the scenario in this process, from 0.
    pub number_in_process: u64,
    /// Number among the iterations of this VU, from 0.
    pub number_in_vu: u64,
    /// Number of its start among all planned ones, including dropped ones, from 0; if the executor plans starts.
    pub planned_number: Option<u64>,
    /// The planned start, since the start of the run; if the executor plans starts (arrival rates and replays).
    pub scheduled: Option<Duration>,
    /// The time from the planned start to the actual one.
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

/// The state of a run: written by the runner, read by VUs and the progress display.
#[derive(Debug)]
pub struct RunState {
    started: OnceLock<Instant>,
    load_started: OnceLock<Instant>,
    /// The number of completed iterations, including failed ones.
    pub iterations_completed: AtomicU64,
    /// The number of iterations interrupted by the end of the run or of a scenario.
    pub iterations_interrupted: AtomicU64,
    /// The number of active VUs.
    pub vus_active: AtomicU64,
    /// The maximum number of active VUs so far.
    pub vus_active_max: AtomicU64,
    /// The number of VUs created so far.
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

    /// Marks the start of the run; only the first call has an effect.
    pub fn start(&self, now: Instant) {
        let _ = self.started.set(now);
    }

    /// The start of the run; `None` before it.
    pub fn started(&self) -> Option<Instant> {
        self.started.get().copied()
    }

    /// Marks the start of the load, from which the start times of scenarios count; only the first call has an effect. It is also
    /// the start of the run, unless the run has started before, e.g. with `setup`.
    pub fn start_load(&self, now: Instant) {
        self.start(now);
        let _ = self.load_started.set(now);
    }

    /// The start of the load; `None` before it.
    pub fn load_started(&self) -> Option<Instant> {
        self.load_started.get().copied()
    }

    /// Ends the run (`exec.test.abort`); the first reason is kept.
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

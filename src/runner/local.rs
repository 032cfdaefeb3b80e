//! A scenario on one worker: its clock and its recorder.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;

use super::coordinator::Coordinator;
use super::event::RunEvent;
use super::scenario_run::ScenarioRun;
use crate::metrics::{Recorder, Series};

/// A scenario as one worker has it.
pub(super) struct LocalScenario {
    pub(super) shared: Arc<Coordinator>,
    /// Index of the worker.
    pub(super) worker: usize,
    pub(super) recorder: Recorder,
    /// The scenario's place in the plan.
    place: usize,
    /// The start of the scenario.
    origin: Instant,
    /// The same, since the start of the run.
    origin_in_run: Duration,
    iterations: Series,
    iterations_failed: Series,
    iteration_duration: Series,
    schedule_delay: Series,
}

impl LocalScenario {
    /// The scenario at `place`, in a load that started at `load_start`.
    pub(super) fn new(
        shared: Arc<Coordinator>,
        worker: usize,
        place: usize,
        recorder: Recorder,
        load_start: Instant,
    ) -> Self {
        let info = &shared.scenarios[place].info;
        let builtin = shared.registry.builtin();
        let series = |metric| recorder.series(metric, &info.tags);
        let iterations = series(builtin.iterations);
        let iterations_failed = series(builtin.iterations_failed);
        let iteration_duration = series(builtin.iteration_duration);
        let schedule_delay = series(builtin.schedule_delay);
        let run_start = shared.run.started().unwrap_or(load_start.into_std());
        let load_in_run = load_start.into_std().saturating_duration_since(run_start);
        let start_time = info.start_time;
        Self {
            shared,
            worker,
            recorder,
            place,
            origin: later(load_start, start_time),
            origin_in_run: load_in_run.saturating_add(start_time),
            iterations,
            iterations_failed,
            iteration_duration,
            schedule_delay,
        }
    }

    pub(super) fn scenario(&self) -> &ScenarioRun {
        &self.shared.scenarios[self.place]
    }

    /// Whether this worker does what only one has to do for the scenario.
    pub(super) fn is_first(&self) -> bool {
        self.place % self.shared.busy.len() == self.worker
    }

    /// The time since the start of the scenario.
    pub(super) fn time_at(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.origin)
    }

    /// The moment of a time since the start of the scenario.
    pub(super) fn instant(&self, time: Duration) -> Instant {
        later(self.origin, time)
    }

    /// A time since the start of the scenario as one since the start of the run.
    pub(super) fn since_run_start(&self, time: Duration) -> Duration {
        self.origin_in_run.saturating_add(time)
    }

    /// Runs `work` while the VU is marked as having this worker's thread.
    pub(super) fn hold_thread<T>(
        &self,
        vu: u64,
        now: std::time::Instant,
        work: impl FnOnce() -> T,
    ) -> T {
        self.shared.busy[self.worker].hold(vu, self.place, now, work)
    }

    /// Counts a started iteration and returns its number in the scenario, among those of this process.
    pub(super) fn count_started(&self) -> u64 {
        self.scenario()
            .info
            .iterations_started
            .fetch_add(1, Ordering::AcqRel)
    }

    /// Counts an iteration that ran to its end, or to an error of its own.
    pub(super) fn count_completed(&self, duration: Duration, has_failed: bool) {
        if self.shared.is_closed() {
            return;
        }
        self.scenario()
            .info
            .iterations_completed
            .fetch_add(1, Ordering::AcqRel);
        self.shared
            .run
            .iterations_completed
            .fetch_add(1, Ordering::Relaxed);
        let mut batch = self.recorder.batch();
        batch.add(&self.iterations, 1.0);
        batch.add(&self.iterations_failed, f64::from(u8::from(has_failed)));
        batch.add(&self.iteration_duration, duration.as_secs_f64());
    }

    /// Counts an interrupted iteration, which gives no samples.
    pub(super) fn count_interrupted(&self) {
        if !self.shared.is_closed() {
            self.scenario().count_interrupted(&self.shared.run, 1);
        }
    }

    /// Counts planned iterations that never started.
    pub(super) fn count_dropped(&self, n: u64) {
        self.shared
            .count_dropped(self.scenario(), &self.recorder, n);
    }

    /// Records how late a planned iteration starts.
    pub(super) fn record_delay(&self, delay: Duration) {
        self.recorder.add(&self.schedule_delay, delay.as_secs_f64());
    }

    /// Counts a panic inside a VU; only the first of a run is reported.
    pub(super) fn report_panic(&self, vu: u64, iteration: u64, message: String) {
        if self.shared.panics.fetch_add(1, Ordering::Relaxed) == 0 {
            let scenario = self.scenario().info.name.clone();
            self.shared.tell(RunEvent::InternalError {
                scenario,
                vu,
                iteration,
                message,
            });
        }
    }
}

/// The moment `time` after `start`; a century later if that is beyond the range of the clock.
fn later(start: Instant, time: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_hours(878_400);
    start.checked_add(time).unwrap_or(start + CENTURY)
}

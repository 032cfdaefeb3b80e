//! A scenario on one worker: its clock and its recorder.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;

use super::coordinator::Coordinator;
use super::event::RunEvent;
use super::scenario_run::ScenarioRun;
use crate::metrics::{Recorder, Series};

/// The part of a scenario that one worker runs.
pub(super) struct LocalScenario {
    pub(super) shared: Arc<Coordinator>,
    /// Index of the worker.
    pub(super) worker: usize,
    pub(super) recorder: Recorder,
    /// The scenario's index in the plan.
    index: usize,
    /// The start of the scenario.
    origin: Instant,
    /// The start of the scenario, since the start of the run.
    origin_in_run: Duration,
    iterations: Series,
    iterations_failed: Series,
    iteration_duration: Series,
    schedule_delay: Series,
}

impl LocalScenario {
    /// The scenario at `index`, in a load that started at `load_start`.
    pub(super) fn new(
        shared: Arc<Coordinator>,
        worker: usize,
        index: usize,
        recorder: Recorder,
        load_start: Instant,
    ) -> Self {
        let info = &shared.scenarios[index].info;
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
            index,
            origin: later(load_start, start_time),
            origin_in_run: load_in_run.saturating_add(start_time),
            iterations,
            iterations_failed,
            iteration_duration,
            schedule_delay,
        }
    }

    pub(super) fn scenario(&self) -> &ScenarioRun {
        &self.shared.scenarios[self.index]
    }

    /// Whether this worker is the one that does the single tasks of the scenario.
    pub(super) fn is_first(&self) -> bool {
        self.index % self.shared.busy.len() == self.worker
    }

    /// The time since the start of the scenario.
    pub(super) fn time_at(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.origin)
    }

    /// The instant of a time since the start of the scenario.
    pub(super) fn instant(&self, time: Duration) -> Instant {
        later(self.origin, time)
    }

    /// Converts a time since the start of the scenario into one since the start of the run.
    pub(super) fn since_run_start(&self, time: Duration) -> Duration {
        self.origin_in_run.saturating_add(time)
    }

    /// Runs `work` and marks the VU as the holder of this worker's thread meanwhile.
    pub(super) fn hold_thread<T>(
        &self,
        vu: u64,
        now: std::time::Instant,
        work: impl FnOnce() -> T,
    ) -> T {
        self.shared.busy[self.worker].hold(vu, self.index, now, work)
    }

    /// Counts a started iteration and returns its number among those of the scenario in this process.
    pub(super) fn count_started(&self) -> u64 {
        self.scenario()
            .info
            .iterations_started
            .fetch_add(1, Ordering::AcqRel)
    }

    /// Counts an iteration that returned or failed.
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

    /// Counts an interrupted iteration, which has no samples.
    pub(super) fn count_interrupted(&self) {
        if !self.shared.is_closed() {
            self.scenario().count_interrupted(&self.shared.run, 1);
        }
    }

    /// Counts dropped starts.
    pub(super) fn count_dropped(&self, n: u64) {
        self.shared
            .count_dropped(self.scenario(), &self.recorder, n);
    }

    /// Records the delay of a planned start.
    pub(super) fn record_delay(&self, delay: Duration) {
        self.recorder.add(&self.schedule_delay, delay.as_secs_f64());
    }

    /// Counts a panic inside a VU; only the first one of a run is reported.
    pub(super) fn report_panic(&self, vu: u64, iteration: u64, message: String) {
        if self.shared.panics.fetch_add(1, Ordering::Relaxed) == 0 {
            let scenario = self.scenario().info.name.clone();
            self.shared.report(RunEvent::InternalError {
                scenario,
                vu,
                iteration,
                message,
            });
        }
    }
}

/// The instant `time` after `start`; a century after it if that is beyond the range of the clock.
fn later(start: Instant, time: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_hours(878_400);
    start.checked_add(time).unwrap_or(start + CENTURY)
}

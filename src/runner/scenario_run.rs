//! The state of a scenario that all workers and the handle share.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Notify, watch};

use super::progress::ScenarioSnapshot;
use super::starts::Starts;
use super::timeline::SignalTimeline;
use crate::load::{StartCounts, VuRamp, derive_seed};
use crate::metrics::Tags;
use crate::options::{Executor, Pace, Scenario};
use crate::parts::{Assignment, Part};
use crate::units::format_duration;
use crate::vu::{RunState, ScenarioInfo, ScenarioStatus};

/// The state of a scenario.
pub(super) struct ScenarioRun {
    /// Its index in the plan.
    pub(super) index: usize,
    pub(super) info: Arc<ScenarioInfo>,
    pace: Pace,
    /// What starts the iterations of a VU, before its first one.
    pub(super) starts: Starts,
    /// When VUs are active, and how long they may continue an iteration afterwards, where their number changes.
    ramp: Option<(VuRamp, Duration)>,
    /// The share of this part of the run.
    pub(super) assignment: Assignment,
    /// The number of VUs that all parts create before the load.
    pub(super) vus_of_all: u64,
    /// The number of VUs that this part creates before the load.
    pub(super) planned_vus: u64,
    /// The maximum number of VUs of this part.
    pub(super) max_vus: u64,
    /// The time, from the start of the scenario, in which iterations start.
    pub(super) duration: Duration,
    pub(super) graceful_stop: Duration,
    /// The number, in the run, of its first VU; the planned VUs of all parts have consecutive numbers.
    pub(super) first_vu: u64,
    /// The number of an additional VU, if the part has a share of the starts but none of the planned VUs.
    pub(super) extra_vu: Option<u64>,
    pub(super) vus_made: AtomicU64,
    pub(super) vus_active: AtomicU64,
    pub(super) interrupted: AtomicU64,
    pub(super) dropped: AtomicU64,
    /// When a stop or an abort ended it, since its start.
    pub(super) interrupted_at: OnceLock<Duration>,
    /// When it ended, since its start.
    pub(super) over: OnceLock<Duration>,
    /// Whether the warning about dropped starts has been reported.
    pub(super) warned: AtomicBool,
    /// Sends each worker the numbers of VUs to create during the load.
    pub(super) spare_ids: Vec<UnboundedSender<u64>>,
    /// Notified when an additional VU asks for its first start.
    pub(super) spare_began: Notify,
    /// Whether all planned starts have been taken: idle VUs can end, and no more VUs are needed.
    pub(super) complete: watch::Sender<bool>,
    status: AtomicU8,
    workers_left: AtomicUsize,
}

impl ScenarioRun {
    /// A scenario that has not started.
    pub(super) fn new(
        index: usize,
        first_vu: u64,
        options: &Scenario,
        run_tags: &Tags,
        (seed, part): (u64, Part),
    ) -> Self {
        let duration = options.executor.regular_duration();
        let vus_of_all = options.executor.initial_vus();
        let most = options.executor.max_vus().max(vus_of_all);
        let assignment = Assignment::new(part, first_vu - 1, most);
        let max_vus = assignment.vu_count(most);
        // Each of several parts that has starts has a VU for them from the beginning.
        let least = if part.is_whole() { 0 } else { max_vus.min(1) };
        let planned_vus = assignment.vu_count(vus_of_all).max(least);
        let tags = options
            .tags
            .iter()
            .fold(run_tags.clone(), |tags, (key, value)| {
                tags.with(key.as_str(), value.as_str())
            });
        let info = ScenarioInfo {
            name: options.name.clone(),
            executor: options.executor.name(),
            exec: options.exec.clone(),
            env: options.env.clone(),
            tags: tags.with("scenario", options.name.as_str()),
            start_time: options.start_time,
            duration: Some(duration),
            total_iterations: iterations_of(&options.executor, assignment),
            iterations_started: AtomicU64::new(0),
            iterations_completed: AtomicU64::new(0),
        };
        Self {
            index,
            info: Arc::new(info),
            pace: options.executor.pace(),
            starts: Starts::new(
                &options.executor,
                derive_seed(seed, &options.name),
                assignment,
            ),
            ramp: match &options.executor {
                Executor::RampingVus {
                    start_vus,
                    stages,
                    graceful_ramp_down,
                } => Some((VuRamp::new(*start_vus, stages.clone()), *graceful_ramp_down)),
                _ => None,
            },
            assignment,
            vus_of_all,
            planned_vus,
            max_vus,
            duration,
            graceful_stop: options.graceful_stop,
            first_vu,
            extra_vu: None,
            vus_made: AtomicU64::new(0),
            vus_active: AtomicU64::new(0),
            interrupted: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
            interrupted_at: OnceLock::new(),
            over: OnceLock::new(),
            warned: AtomicBool::new(false),
            spare_ids: Vec::new(),
            spare_began: Notify::new(),
            complete: watch::Sender::new(false),
            status: AtomicU8::new(ScenarioStatus::Waiting as u8),
            workers_left: AtomicUsize::new(0),
        }
    }

    /// Sets the workers, each reached by one of `spare_ids`.
    pub(super) fn set_workers(&mut self, spare_ids: Vec<UnboundedSender<u64>>) {
        self.workers_left = AtomicUsize::new(spare_ids.len());
        self.spare_ids = spare_ids;
    }

    /// Whether this part needs an additional VU.
    pub(super) fn needs_extra_vu(&self) -> bool {
        self.assignment.vu_count(self.vus_of_all) < self.planned_vus
    }

    /// The numbers, in the run, of the VUs that are created before the load.
    pub(super) fn planned_ids(&self) -> impl Iterator<Item = u64> {
        let planned = self.assignment.vus(self.vus_of_all);
        planned.map(|vu| self.first_vu + vu).chain(self.extra_vu)
    }

    /// The signals for the VUs with these numbers in the scenario.
    pub(super) fn timeline(&self, vus: &[u64]) -> SignalTimeline {
        match &self.ramp {
            Some((ramp, graceful_ramp_down)) => SignalTimeline::ramping(
                vus.iter().map(|vu| ramp.intervals(*vu)),
                *graceful_ramp_down,
                self.duration,
                self.graceful_stop,
            ),
            None => SignalTimeline::steady(self.duration, self.graceful_stop),
        }
    }

    /// When the last iteration is interrupted, since the start of the load.
    pub(super) fn last_interruption(&self) -> Duration {
        self.info
            .start_time
            .saturating_add(self.duration)
            .saturating_add(self.graceful_stop)
    }

    /// Advances to `status`; false if it was reached before.
    pub(super) fn enter(&self, status: ScenarioStatus) -> bool {
        // The variants are numbered in their order, and only one of the two final ones is entered.
        self.status.fetch_max(status as u8, Ordering::AcqRel) < status as u8
    }

    pub(super) fn status(&self) -> ScenarioStatus {
        ScenarioStatus::ALL[usize::from(self.status.load(Ordering::Acquire))]
    }

    /// Records that one worker has ended it; true for the last worker.
    pub(super) fn worker_is_over(&self) -> bool {
        self.workers_left.fetch_sub(1, Ordering::AcqRel) == 1
    }

    /// The number of planned iterations that never started, computed at the end. Iterations that were planned for a time after
    /// an early end do not count.
    pub(super) fn left_over(&self) -> u64 {
        let interrupted_at = self.interrupted_at.get().copied();
        let started = self.info.iterations_started.load(Ordering::Relaxed);
        if let Some(schedule) = self.starts.schedule() {
            schedule.finish(interrupted_at.unwrap_or(self.duration));
            let StartCounts { taken, dropped } = schedule.counts();
            // A VU that was interrupted, or whose thread is blocked, may have taken a start without making it.
            let known = started + self.dropped.load(Ordering::Relaxed);
            return (taken + dropped).saturating_sub(known);
        }
        match self.info.total_iterations {
            Some(total) if interrupted_at.is_none_or(|at| at >= self.duration) => {
                total.saturating_sub(started)
            }
            _ => 0,
        }
    }

    /// The warning about dropped iterations, with its remedy.
    pub(super) fn drop_warning(&self) -> String {
        let name = &self.info.name;
        let (planned, max) = (self.planned_vus, self.max_vus);
        if self.starts.schedule().is_none() {
            format!(
                "scenario \"{name}\" could not start all its iterations within max_duration ({}): raise it, or vus ({planned})",
                format_duration(self.duration)
            )
        } else if self.vus_made.load(Ordering::Relaxed) >= max {
            let busy = match max {
                1 => "its only VU is busy".to_owned(),
                _ => format!("all {max} VUs are busy"),
            };
            format!(
                "scenario \"{name}\" cannot keep its rate and drops iterations: {busy}; raise max_vus"
            )
        } else {
            format!(
                "scenario \"{name}\" cannot keep its rate and drops iterations: new VUs come too late; raise pre_allocated_vus ({planned})"
            )
        }
    }

    /// The number of running iterations.
    pub(super) fn running(&self) -> u64 {
        // The counts are read in reverse order, so that an iteration that ends meanwhile is still counted.
        let ended = self.info.iterations_completed.load(Ordering::Acquire)
            + self.interrupted.load(Ordering::Acquire);
        self.info
            .iterations_started
            .load(Ordering::Acquire)
            .saturating_sub(ended)
    }

    /// Counts interrupted iterations.
    pub(super) fn count_interrupted(&self, run: &RunState, n: u64) {
        self.interrupted.fetch_add(n, Ordering::AcqRel);
        run.iterations_interrupted.fetch_add(n, Ordering::Relaxed);
    }

    /// The progress of the scenario `since_load` after the start of the load.
    pub(super) fn progress(&self, since_load: Duration) -> ScenarioSnapshot {
        let so_far = since_load.saturating_sub(self.info.start_time);
        let elapsed = self
            .over
            .get()
            .copied()
            .unwrap_or(so_far)
            .min(self.duration);
        let vus_made = self.vus_made.load(Ordering::Relaxed);
        ScenarioSnapshot {
            name: self.info.name.clone(),
            pace: self.pace,
            status: self.status(),
            vus_busy: self.running().min(vus_made),
            vus_active: self.vus_active.load(Ordering::Relaxed),
            vus_made,
            vus_max: self.max_vus,
            iterations_completed: self.info.iterations_completed.load(Ordering::Relaxed),
            iterations_total: self.info.total_iterations,
            iterations_interrupted: self.interrupted.load(Ordering::Relaxed),
            iterations_dropped: self.dropped.load(Ordering::Relaxed),
            elapsed,
            duration: self.duration,
            fraction: self.info.fraction(elapsed),
        }
    }
}

/// The total number of iterations of a part, if that is fixed.
fn iterations_of(executor: &Executor, assignment: Assignment) -> Option<u64> {
    if let Executor::PerVuIterations(budget) = executor {
        let vus = assignment.vu_count(budget.vus);
        return Some(budget.iterations.saturating_mul(vus));
    }
    let total = executor.total_iterations()?;
    Some(assignment.start_count(total))
}

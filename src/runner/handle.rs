//! The handle of a run, for its caller.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::coordinator::{Coordinator, EndState};
use super::end::LoadEnd;
use super::progress::RunSnapshot;
use super::watch::{STUCK, StuckVu};

/// How long after the planned end of its last iteration a worker is abandoned.
const LATE: Duration = Duration::from_secs(1);

/// The interval of checks of a worker that is late but not stuck.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Maximum time between two checks for the end.
const LOOK_AGAIN_AT_THE_LATEST: Duration = Duration::from_mins(1);

/// A run on its own threads. Clones are handles of the same run; dropping them does not end it.
#[derive(Clone)]
pub(crate) struct Handle {
    shared: Arc<Coordinator>,
}

impl Handle {
    pub(super) fn new(shared: Arc<Coordinator>) -> Self {
        Self { shared }
    }

    /// The progress of the run.
    pub(crate) fn progress(&self) -> RunSnapshot {
        let ended_after = self.shared.ending().end.as_ref().map(|end| end.duration);
        let load_start = self.shared.load_start();
        // The load starts later.
        let load_start = load_start.filter(|start| *start <= tokio::time::Instant::now());
        let elapsed = load_start.map(|start| ended_after.unwrap_or_else(|| start.elapsed()));
        let run = &self.shared.run;
        RunSnapshot {
            elapsed,
            vus_active: run.vus_active.load(Ordering::Relaxed),
            vus_active_max: run.vus_active_max.load(Ordering::Relaxed),
            vus_made: run.vus_initialized.load(Ordering::Relaxed),
            vus_max: self
                .shared
                .scenarios
                .iter()
                .map(|scenario| scenario.max_vus)
                .sum(),
            iterations_completed: run.iterations_completed.load(Ordering::Relaxed),
            iterations_interrupted: run.iterations_interrupted.load(Ordering::Relaxed),
            scenarios: self
                .shared
                .scenarios
                .iter()
                .map(|scenario| scenario.progress(elapsed.unwrap_or_default()))
                .collect(),
        }
    }

    /// Whether all planned VUs exist.
    pub(crate) fn is_ready(&self) -> bool {
        self.shared.is_ready()
    }

    /// Starts a held load ([`Plan::hold`](super::Plan::hold)) at this instant, or immediately if it has passed. Call it once,
    /// when all VUs exist; later calls have no effect.
    pub(crate) fn start_at(&self, at: Instant) {
        self.shared.start_load(at.into());
    }

    /// The actual start of the load: when the first worker started.
    pub(crate) fn begun(&self) -> Option<Instant> {
        self.shared.begun().map(tokio::time::Instant::into_std)
    }

    /// Ends the run early. No more iterations start; running ones are interrupted after `grace`, or after the graceful stop of
    /// their scenario if that is shorter. A later call can only shorten this time.
    pub(crate) fn stop(&self, grace: Duration) {
        self.shared.stop(grace);
    }

    /// Waits for the end of the run, at most for `timeout`; `None` if the run continues.
    ///
    /// A worker whose VU blocks the thread is abandoned one second after its last iteration should have been interrupted, once
    /// all other workers are done.
    pub(crate) fn wait(&self, timeout: Duration) -> Option<LoadEnd> {
        // Otherwise an abort from outside a VU would take effect only when a VU runs.
        self.shared.stop_if_aborted();
        let timeout_at = Instant::now().checked_add(timeout);
        let mut ending = self.shared.ending();
        loop {
            if let Some(end) = &ending.end {
                return Some(end.clone());
            }
            let now = Instant::now();
            let look_at = match self.give_up_at() {
                Some(at) if at <= now => match self.all_stuck(&ending, now) {
                    Some(abandoned) => {
                        // This reports events, so it must not hold the lock.
                        drop(ending);
                        self.shared.abandon_scenarios();
                        ending = self.shared.ending();
                        self.shared.close(&mut ending, abandoned);
                        continue;
                    }
                    None => now + LOOK_AGAIN,
                },
                Some(at) => at,
                None => now + LOOK_AGAIN_AT_THE_LATEST,
            };
            if timeout_at.is_some_and(|timeout_at| now >= timeout_at) {
                return None;
            }
            let look_at = timeout_at.map_or(look_at, |timeout_at| look_at.min(timeout_at));
            ending = self.shared.wait_for_news(ending, look_at);
        }
    }

    /// VUs that have blocked their thread for more than a second.
    pub(crate) fn stuck(&self) -> Vec<StuckVu> {
        let now = Instant::now();
        (0..self.shared.busy.len())
            .filter_map(|worker| self.stuck_on(worker, now))
            .collect()
    }

    /// When to abandon a worker that is not done; `None` while the run has no end.
    fn give_up_at(&self) -> Option<Instant> {
        let scenarios = &self.shared.scenarios;
        let planned = self.shared.load_start().and_then(|start| {
            let last_interruption = scenarios
                .iter()
                .map(super::scenario_run::ScenarioRun::last_interruption)
                .max()?;
            start.into_std().checked_add(last_interruption)
        });
        let ordered = self.shared.stop_order().and_then(|order| {
            // VUs that are being created have nothing to finish.
            let grace = match self.shared.load_start() {
                Some(_) => {
                    let graceful_stops = scenarios.iter().map(|scenario| scenario.graceful_stop);
                    order.grace.min(graceful_stops.max()?)
                }
                None => Duration::ZERO,
            };
            order.at.into_std().checked_add(grace)
        });
        planned.into_iter().chain(ordered).min()?.checked_add(LATE)
    }

    /// The VUs that block the workers that are not done; `None` if one of these workers is only slow.
    fn all_stuck(&self, ending: &EndState, now: Instant) -> Option<Vec<StuckVu>> {
        let late = ending.done.iter().enumerate().filter(|(_, done)| !**done);
        late.map(|(worker, _)| self.stuck_on(worker, now)).collect()
    }

    fn stuck_on(&self, worker: usize, now: Instant) -> Option<StuckVu> {
        let holder = self.shared.busy[worker]
            .holder(now)
            .filter(|holder| holder.busy >= STUCK)?;
        let scenario = self.shared.scenarios.get(holder.scenario)?;
        Some(StuckVu {
            scenario: scenario.info.name.clone(),
            vu: holder.vu,
            busy: holder.busy,
        })
    }
}

//! The loop of one VU: waits for signals, runs iterations and counts them.

use std::future::pending;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until};

use super::control::{Signal, VuControl};
use super::event::RunEvent;
use super::iteration::{IterationEnd, run_iteration};
use super::local::LocalScenario;
use super::starts::{StartTime, Starts};
use crate::load::PlannedStart;
use crate::vu::{Iteration, IterationError, Vu};

/// The maximum time for which a VU whose iterations never wait keeps the thread.
const SLICE: Duration = Duration::from_micros(100);

/// One VU of a scenario.
pub(super) struct VuLoop {
    /// Number of the VU in the run.
    pub(super) id: u64,
    /// Whether it was created during the load.
    pub(super) is_spare: bool,
    pub(super) local: Rc<LocalScenario>,
    pub(super) control: Rc<VuControl>,
    pub(super) starts: Starts,
    /// The number of iterations it has started.
    pub(super) iterations: u64,
}

impl VuLoop {
    /// Runs until no more iterations start or a signal ends the VU. Returns the VU, which is dropped later, since that takes time.
    pub(super) async fn run<V: Vu>(mut self, mut vu: V) -> V {
        while self.control.wait_for_run().await {
            let local = Rc::clone(&self.local);
            let _active = Active::new(&local);
            if self.run_iterations(&mut vu).await.is_break() {
                break;
            }
        }
        vu
    }

    /// Runs iterations while the signal is `Run`. Breaks when the VU can end.
    async fn run_iterations<V: Vu>(&mut self, vu: &mut V) -> ControlFlow<()> {
        let mut slice = Slice::new();
        while self.control.state().is_run() {
            if self.local.shared.is_over() {
                return self.wait_for_signal().await;
            }
            let (start, dropped) = self.starts.next(self.local.time_at(slice.now));
            self.local.count_dropped(dropped);
            if std::mem::take(&mut self.is_spare) {
                self.local.scenario().spare_began.notify_one();
            }
            let slot = match start {
                StartTime::Now => None,
                StartTime::At(slot) if self.wait_until_due(slot.due, &mut slice).await => {
                    Some(slot)
                }
                StartTime::At(_) => continue,
                StartTime::Never => return self.wait_for_signal().await,
                StartTime::Done => return ControlFlow::Break(()),
            };
            let began = slice.now;
            self.run_one(vu, slot, &mut slice).await;
            self.pause(began, &mut slice).await;
        }
        ControlFlow::Continue(())
    }

    /// Sleeps until a planned start. False if a signal cancels the start.
    async fn wait_until_due(&self, due: Duration, slice: &mut Slice) -> bool {
        let at = self.local.instant(due);
        if slice.now < at {
            self.control
                .run_while(Signal::is_run, self.local.shared.clock.until(at))
                .await;
            *slice = Slice::new();
        }
        // A due start is made even if the scenario ends at the same instant, so that no start is lost.
        let starts = slice.now >= at && self.control.state().lets_finish();
        if starts {
            self.local.record_delay(slice.now - at);
        }
        starts
    }

    /// Runs one iteration until it ends or a signal drops it, and counts it.
    async fn run_one<V: Vu>(&mut self, vu: &mut V, slot: Option<PlannedStart>, slice: &mut Slice) {
        let due = slot.map(|slot| slot.due);
        let number = self.local.count_started();
        let assignment = self.local.scenario().assignment;
        let iteration = Iteration {
            number_in_scenario: assignment.start_number(number),
            number_in_process: number,
            number_in_vu: self.iterations,
            planned_number: slot.map(|slot| assignment.start_number(slot.number)),
            scheduled: due.map(|due| self.local.since_run_start(due)),
            delay: due.map(|due| slice.now - self.local.instant(due)),
        };
        self.iterations += 1;
        let began = slice.now;
        let ran = run_iteration(vu, &iteration, began, self.id, &self.local, &self.control).await;
        slice.now = Instant::now();
        if ran.waited {
            slice.end = slice.now + SLICE;
        }

        let duration = slice.now - began;
        match ran.outcome {
            IterationEnd::Returned(Err(IterationError::Aborted)) => {
                self.local.count_interrupted();
                self.local.shared.stop(Duration::ZERO);
            }
            IterationEnd::Returned(Ok(())) => self.local.count_completed(duration, false),
            IterationEnd::Returned(Err(IterationError::Raised(message))) => {
                self.local.count_completed(duration, true);
                self.local.shared.report(RunEvent::ScriptError {
                    scenario: self.local.scenario().info.name.clone(),
                    vu: self.id,
                    iteration: iteration.number_in_vu,
                    message,
                });
            }
            IterationEnd::Panicked(message) => {
                self.local.count_completed(duration, true);
                self.local
                    .report_panic(self.id, iteration.number_in_vu, message);
            }
            IterationEnd::Interrupted => self.local.count_interrupted(),
        }
    }

    /// Waits between iterations: for the rest of the minimum time of an iteration, or until other tasks have run.
    async fn pause(&self, began: Instant, slice: &mut Slice) {
        let next_start = began + self.local.shared.min_iteration_duration;
        if slice.now < next_start {
            self.control
                .run_while(Signal::is_run, sleep_until(next_start))
                .await;
        } else if slice.now >= slice.end {
            yield_now().await;
        } else {
            return;
        }
        *slice = Slice::new();
    }

    /// Stays active without iterations until the signal changes.
    async fn wait_for_signal(&self) -> ControlFlow<()> {
        self.control
            .run_while(Signal::is_run, pending::<()>())
            .await;
        ControlFlow::Continue(())
    }
}

/// The time that was last read, and the end of the time slice, at which the VU yields its thread.
struct Slice {
    now: Instant,
    end: Instant,
}

impl Slice {
    fn new() -> Self {
        let now = Instant::now();
        Self {
            now,
            end: now + SLICE,
        }
    }
}

/// Counts a VU as active while this value exists.
struct Active<'a>(&'a LocalScenario);

impl<'a> Active<'a> {
    fn new(local: &'a LocalScenario) -> Self {
        local.scenario().vus_active.fetch_add(1, Ordering::Relaxed);
        let run = &local.shared.run;
        let active = run.vus_active.fetch_add(1, Ordering::Relaxed) + 1;
        run.vus_active_max.fetch_max(active, Ordering::Relaxed);
        Self(local)
    }
}

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.0.scenario().vus_active.fetch_sub(1, Ordering::Relaxed);
        self.0.shared.run.vus_active.fetch_sub(1, Ordering::Relaxed);
    }
}

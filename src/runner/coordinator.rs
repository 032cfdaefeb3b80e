//! The state that workers and the handle share: start, stop and end.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, MutexGuard, OnceLock};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::clock::StartClock;
use super::end::{EndCause, LoadEnd};
use super::event::{EventHandler, RunEvent};
use super::plan::Plan;
use super::scenario_run::ScenarioRun;
use super::watch::{Busy, StuckVu};
use crate::load::worker_of;
use crate::metrics::{Recorder, Registry, Tags};
use crate::parts::Part;
use crate::sync::{Condvar, Mutex};
use crate::vu::{RunState, ScenarioStatus};

/// The state of one run.
pub(super) struct Coordinator {
    pub(super) run: Arc<RunState>,
    pub(super) registry: Arc<Registry>,
    pub(super) scenarios: Vec<ScenarioRun>,
    pub(super) tags: Tags,
    pub(super) min_iteration_duration: Duration,
    pub(super) clock: StartClock,
    /// One for each worker.
    pub(super) busy: Vec<Busy>,
    /// Processor time of each worker during the load, in nanoseconds.
    pub(super) cpu: Vec<AtomicU64>,
    part: Part,
    /// The number of VUs of this part that have a number in the run.
    vus: AtomicU64,
    pub(super) panics: AtomicU64,
    sink: EventHandler,
    /// The number of workers that still create VUs.
    making: AtomicUsize,
    /// Whether the load waits for [`Handle::start_at`](super::Handle::start_at).
    hold: bool,
    start: watch::Sender<Option<Instant>>,
    /// When the first worker started.
    begun: OnceLock<Instant>,
    stop: watch::Sender<Option<StopOrder>>,
    /// Whether the run has ended; nothing that happens later is counted.
    closed: AtomicBool,
    ending: Mutex<EndState>,
    changed: Condvar,
}

/// A stop, and when it was ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StopOrder {
    pub(super) at: Instant,
    /// How long running iterations may continue.
    pub(super) grace: Duration,
}

impl StopOrder {
    /// Whether it interrupts iterations before `other` does.
    fn is_sooner_than(&self, other: &Self) -> bool {
        let cut = |order: &Self| order.at.checked_add(order.grace);
        match (cut(self), cut(other)) {
            (Some(own), Some(other)) => own < other,
            (own, _) => own.is_some(),
        }
    }
}

#[derive(Debug)]
pub(super) struct EndState {
    /// By worker.
    pub(super) done: Vec<bool>,
    failure: Option<EndCause>,
    pub(super) end: Option<LoadEnd>,
}

impl Coordinator {
    /// The state of a run before its start. `vus` is the number of VUs of this part that already have a number in the run.
    pub(super) fn new(
        plan: &Plan,
        (run, registry, sink, clock): (Arc<RunState>, Arc<Registry>, EventHandler, StartClock),
        scenarios: Vec<ScenarioRun>,
        workers: usize,
        vus: u64,
    ) -> Arc<Self> {
        let epoch = std::time::Instant::now();
        let ending = EndState {
            done: vec![false; workers],
            failure: None,
            end: None,
        };
        Arc::new(Self {
            run,
            registry,
            scenarios,
            tags: plan.tags.clone(),
            min_iteration_duration: plan.min_iteration_duration,
            clock,
            busy: (0..workers).map(|_| Busy::new(epoch)).collect(),
            cpu: (0..workers).map(|_| AtomicU64::new(0)).collect(),
            part: plan.part,
            vus: AtomicU64::new(vus),
            panics: AtomicU64::new(0),
            sink,
            making: AtomicUsize::new(workers),
            hold: plan.hold,
            start: watch::Sender::new(None),
            begun: OnceLock::new(),
            stop: watch::Sender::new(None),
            closed: AtomicBool::new(false),
            ending: Mutex::new(ending),
            changed: Condvar::new(),
        })
    }

    /// The number, in the run, of the next unplanned VU.
    pub(super) fn next_vu(&self) -> u64 {
        self.part.number(self.vus.fetch_add(1, Ordering::Relaxed)) + 1
    }

    /// The worker that runs a VU.
    pub(super) fn worker_of(&self, vu: u64) -> usize {
        worker_of(self.part.own(vu - 1), self.busy.len())
    }

    pub(super) fn report(&self, event: RunEvent) {
        (self.sink)(event);
    }

    /// Advances the status of a scenario and reports it.
    pub(super) fn enter(&self, scenario: &ScenarioRun, status: ScenarioStatus) {
        if scenario.enter(status) {
            self.report(RunEvent::ScenarioState {
                scenario: scenario.info.name.clone(),
                status,
            });
        }
    }

    /// Records that a worker has created its planned VUs. The last worker starts the load, unless the load is held.
    pub(super) fn worker_is_ready(&self) {
        if self.making.fetch_sub(1, Ordering::AcqRel) == 1 {
            if !self.hold {
                self.start_load(Instant::now());
            }
            self.announce();
        }
    }

    /// Whether all planned VUs exist.
    pub(super) fn is_ready(&self) -> bool {
        self.making.load(Ordering::Acquire) == 0
    }

    /// Starts the load at an instant, once; later calls change nothing.
    pub(super) fn start_load(&self, at: Instant) {
        let is_first = self.start.send_if_modified(|start| {
            let is_first = start.is_none();
            start.get_or_insert(at);
            is_first
        });
        if is_first {
            self.run.start_load(at.into_std());
            self.announce();
        }
    }

    /// Waits for the start of the load; `None` if the run is stopped before.
    pub(super) async fn started(&self) -> Option<Instant> {
        let (mut start, mut stop) = (self.start.subscribe(), self.stop.subscribe());
        let started = async {
            let start = start.wait_for(Option::is_some).await;
            let start = start.ok().and_then(|start| *start)?;
            if start > Instant::now() {
                self.clock.until(start).await;
            }
            self.begun.get_or_init(Instant::now);
            Some(start)
        };
        tokio::select! {
            biased;
            _ = stop.wait_for(Option::is_some) => None,
            start = started => start,
        }
    }

    /// When the first worker started, if one did.
    pub(super) fn begun(&self) -> Option<Instant> {
        self.begun.get().copied()
    }

    /// The start of the load, if it has started.
    pub(super) fn load_start(&self) -> Option<Instant> {
        *self.start.borrow()
    }

    /// Orders a stop after `grace`. An order that would take effect later than a previous one is ignored.
    pub(super) fn stop(&self, grace: Duration) {
        let order = StopOrder {
            at: Instant::now(),
            grace,
        };
        let is_news = self.stop.send_if_modified(|known| {
            let is_news = known.is_none_or(|known| order.is_sooner_than(&known));
            if is_news {
                *known = Some(order);
            }
            is_news
        });
        if is_news {
            self.announce();
        }
    }

    /// Wakes the thread that waits for the end, so that it computes its timeout again.
    fn announce(&self) {
        // Under the lock, so that it cannot happen between that computation and the wait.
        let _ending = self.ending();
        self.changed.notify_all();
    }

    /// The last order to stop.
    pub(super) fn stop_order(&self) -> Option<StopOrder> {
        *self.stop.borrow()
    }

    /// The orders to stop, including one that has already been given.
    pub(super) fn stops(&self) -> watch::Receiver<Option<StopOrder>> {
        let mut stops = self.stop.subscribe();
        if stops.borrow().is_some() {
            stops.mark_changed();
        }
        stops
    }

    /// Ends the run immediately if a VU has aborted it. Called after each call of VU code.
    pub(super) fn stop_if_aborted(&self) {
        if self.run.is_aborted() {
            self.stop(Duration::ZERO);
        }
    }

    /// Ends the run because it cannot continue. The first cause is kept.
    pub(super) fn fail(&self, cause: EndCause) {
        self.ending().failure.get_or_insert(cause);
        self.stop(Duration::ZERO);
    }

    /// Ends a scenario and counts its planned iterations that never started.
    pub(super) fn finish(&self, scenario: &ScenarioRun, recorder: &Recorder) {
        self.count_dropped(scenario, recorder, scenario.left_over());
        scenario.over.get_or_init(|| {
            let since_load = self
                .load_start()
                .map_or(Duration::ZERO, |start| start.elapsed());
            since_load.saturating_sub(scenario.info.start_time)
        });
        let status = match scenario.interrupted_at.get() {
            Some(_) => ScenarioStatus::Interrupted,
            None => ScenarioStatus::Done,
        };
        self.enter(scenario, status);
    }

    /// Counts planned iterations that never started; the first call reports a remedy.
    pub(super) fn count_dropped(&self, scenario: &ScenarioRun, recorder: &Recorder, n: u64) {
        if n == 0 {
            return;
        }
        scenario.dropped.fetch_add(n, Ordering::Relaxed);
        let metric = self.registry.builtin().dropped_iterations;
        recorder.add_n(&recorder.series(metric, &scenario.info.tags), 1.0, n);
        if !scenario.warned.swap(true, Ordering::Relaxed) {
            self.report(RunEvent::Warning(scenario.drop_warning()));
        }
    }

    /// Whether the run has ended and counts nothing more.
    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Whether no iteration may start any more, even if the order has not reached all workers.
    pub(super) fn is_over(&self) -> bool {
        self.run.is_aborted() || self.is_closed()
    }

    /// Records that a worker is done. The last worker ends the run.
    pub(super) fn worker_is_done(&self, worker: usize) {
        let mut ending = self.ending();
        ending.done[worker] = true;
        if ending.done.iter().all(|done| *done) {
            self.close(&mut ending, Vec::new());
        }
    }

    /// Marks scenarios that a worker never finished as interrupted.
    pub(super) fn abandon_scenarios(&self) {
        let recorder = self.registry.recorder();
        let at = self
            .stop_order()
            .map_or_else(Instant::now, |order| order.at);
        let since_load = self.load_start().map_or(Duration::ZERO, |start| at - start);
        for scenario in &self.scenarios {
            if !scenario.status().is_final() {
                let since_start = since_load.saturating_sub(scenario.info.start_time);
                scenario
                    .interrupted_at
                    .get_or_init(|| since_start.min(scenario.duration));
                self.finish(scenario, &recorder);
            }
        }
    }

    /// Ends the run without the workers whose threads are blocked by the VUs in `abandoned`. A second call has no effect.
    pub(super) fn close(&self, ending: &mut EndState, abandoned: Vec<StuckVu>) {
        if ending.end.is_some() {
            return;
        }
        self.closed.store(true, Ordering::Release);
        let now = Instant::now();
        for scenario in &self.scenarios {
            // Zero, unless workers are abandoned together with their running iterations.
            scenario.count_interrupted(&self.run, scenario.running());
        }
        let order = self.stop_order();
        let cause = match (ending.failure.take(), self.run.abort_reason(), order) {
            (Some(failure), _, _) => failure,
            (None, Some(reason), _) => EndCause::Aborted(reason),
            (None, None, Some(_)) => EndCause::Stopped,
            (None, None, None) => EndCause::Finished,
        };
        ending.end = Some(LoadEnd {
            cause,
            duration: self
                .load_start()
                .map_or(Duration::ZERO, |start| now - start),
            cpu: self
                .cpu
                .iter()
                .map(|nanos| Duration::from_nanos(nanos.load(Ordering::Relaxed)))
                .collect(),
            abandoned,
            panics: self.panics.load(Ordering::Relaxed),
        });
        self.changed.notify_all();
    }

    pub(super) fn ending(&self) -> MutexGuard<'_, EndState> {
        self.ending.lock()
    }

    /// Waits until the state of the end changes, at most until `deadline`.
    pub(super) fn wait_for_news<'a>(
        &self,
        ending: MutexGuard<'a, EndState>,
        deadline: std::time::Instant,
    ) -> MutexGuard<'a, EndState> {
        let time = deadline.saturating_duration_since(std::time::Instant::now());
        self.changed.wait_timeout(ending, time)
    }
}

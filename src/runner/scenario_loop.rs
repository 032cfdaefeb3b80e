//! The loop of a scenario on one worker: sends signals to VUs, adds VUs, and collects them at the end.

use std::future::pending;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::control::{Signal, VuControl};
use super::create::{CreatedVu, create};
use super::end::EndCause;
use super::iteration::panic_message;
use super::local::LocalScenario;
use super::spare_vus::add_spare_vus;
use super::timeline::{Recipients, TimedSignal};
use super::vu_loop::VuLoop;
use crate::vu::{ScenarioStatus, Vu, VuFactory};

/// Runs a scenario on this worker to its end. Returns the VUs, which are done.
pub(super) async fn run_scenario<F: VuFactory>(
    local: Rc<LocalScenario>,
    factory: Arc<F>,
    vus: Vec<CreatedVu<F::Vu>>,
    mut spare_ids: UnboundedReceiver<u64>,
) -> Vec<F::Vu> {
    let scenario = local.scenario();
    let schedule = scenario.starts.schedule();
    let mut complete = scenario.complete.subscribe();
    let numbers: Vec<u64> = vus.iter().map(|made| made.number).collect();
    let mut timeline = scenario.timeline(&numbers);
    let mut stops = local.shared.stops();

    let mut here = LocalVus::new(&local);
    for made in vus {
        here.add(made, Signal::Pause);
    }
    let mut adder = JoinSet::new();
    if schedule.is_some() && local.is_first() {
        adder.spawn_local(add_spare_vus(Rc::clone(&local)));
    }

    let mut is_stopped = false;
    loop {
        let now = Instant::now();
        if is_stopped || now >= local.instant(Duration::ZERO) {
            while let Some(change) = timeline.take_due(local.time_at(now)) {
                here.send(change);
            }
        }
        // With planned starts, VUs may be created later, so a scenario without VUs may continue.
        let may_grow = schedule.is_some_and(|schedule| !schedule.is_complete());
        if here.tasks.is_empty() && (here.is_stopping || !may_grow) {
            if !may_grow {
                scenario.complete.send_replace(true);
            }
            break;
        }
        let next_change = timeline.next_at().map(|at| local.instant(at));
        tokio::select! {
            biased;
            Ok(()) = stops.changed() => {
                if let Some(order) = *stops.borrow_and_update() {
                    is_stopped = true;
                    // Later starts are not counted as dropped.
                    adder.abort_all();
                    let at = local.time_at(order.at);
                    timeline.stop(at, order.grace.min(scenario.graceful_stop));
                    if !here.is_stopping {
                        scenario.interrupted_at.get_or_init(|| at);
                    }
                }
            }
            () = wait_until(&local, next_change, schedule.is_some()) => {}
            Ok(()) = complete.changed(), if may_grow => {}
            Some(joined) = here.tasks.join_next() => here.take_back(joined),
            Some(id) = spare_ids.recv(), if !here.is_stopping => {
                let recorder = &local.recorder;
                let made = create(&local.shared, &*factory, local.worker, scenario, id, recorder);
                if let Some(made) = made {
                    here.add(made, Signal::Run);
                }
            }
        }
    }
    if scenario.worker_is_over() {
        local.shared.finish(scenario, &local.recorder);
    }
    here.over
}

/// Waits for the next signal. A resolution of one millisecond is enough, except before the first start of a schedule.
async fn wait_until(local: &LocalScenario, at: Option<Instant>, exactly: bool) {
    match at {
        Some(at) if exactly => local.shared.clock.until(at).await,
        Some(at) => sleep_until(at).await,
        None => pending().await,
    }
}

/// The VUs of a scenario on this worker.
struct LocalVus<'a, V> {
    local: &'a Rc<LocalScenario>,
    controls: Vec<Rc<VuControl>>,
    tasks: JoinSet<V>,
    /// VUs that have ended.
    over: Vec<V>,
    /// Whether all of them are stopping.
    is_stopping: bool,
}

impl<'a, V: Vu> LocalVus<'a, V> {
    fn new(local: &'a Rc<LocalScenario>) -> Self {
        Self {
            local,
            controls: Vec::new(),
            tasks: JoinSet::new(),
            over: Vec::new(),
            is_stopping: false,
        }
    }

    fn add(&mut self, made: CreatedVu<V>, state: Signal) {
        let control = VuControl::new(state);
        let vu_loop = VuLoop {
            id: made.id,
            // Only VUs that are created during the load are running from the beginning.
            is_spare: state.is_run(),
            local: Rc::clone(self.local),
            control: Rc::clone(&control),
            starts: self.local.scenario().starts.clone(),
            iterations: 0,
        };
        self.controls.push(control);
        self.tasks.spawn_local(vu_loop.run(made.vu));
    }

    fn send(&mut self, change: TimedSignal) {
        let scenario = self.local.scenario();
        match change.signal {
            Signal::Run => self.local.shared.enter(scenario, ScenarioStatus::Running),
            Signal::Stop => {
                self.is_stopping = true;
                self.local.shared.enter(scenario, ScenarioStatus::Stopping);
            }
            Signal::Pause | Signal::PauseNow | Signal::StopNow => {}
        }
        match change.recipients {
            Recipients::All => self
                .controls
                .iter()
                .for_each(|control| control.send(change.signal)),
            Recipients::One(index) => {
                if let Some(control) = self.controls.get(index) {
                    control.send(change.signal);
                }
            }
        }
    }

    fn take_back(&mut self, joined: Result<V, JoinError>) {
        match joined {
            Ok(vu) => self.over.push(vu),
            // Panics of VUs are caught where they happen, so this one is a fault of the runner.
            Err(error) => {
                if let Ok(panic) = error.try_into_panic() {
                    self.local
                        .shared
                        .fail(EndCause::Internal(panic_message(&*panic)));
                }
            }
        }
    }
}

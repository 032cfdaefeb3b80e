//! Sets up a run and starts its threads.

use std::io;
use std::sync::Arc;
use std::thread;

use tokio::runtime;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::LocalSet;

use super::clock::StartClock;
use super::coordinator::Coordinator;
use super::end::EndCause;
use super::event::EventHandler;
use super::handle::Handle;
use super::plan::Plan;
use super::scenario_run::ScenarioRun;
use super::worker::work;
use crate::metrics::Registry;
use crate::units::system_refusal;
use crate::vu::{RunState, STACK, VuFactory};

/// Starts a run and returns immediately. The handle and the events passed to `sink` report its progress.
///
/// Worker `(i - 1) % workers` creates VU `i` and runs it on its thread. The load starts when all planned VUs exist. `run` may
/// have been started before, e.g. for `setup`; otherwise it starts with the load. The calling thread never runs code of a VU.
pub(crate) fn run<F: VuFactory>(
    plan: &Plan,
    factory: &Arc<F>,
    registry: Arc<Registry>,
    run: Arc<RunState>,
    sink: EventHandler,
) -> Handle {
    let (shared, workers) = prepare(plan, registry, run, sink, StartClock::exact());
    for (worker, spare_ids) in workers.into_iter().enumerate() {
        let spawned = thread::Builder::new()
            .name(format!("ssel-worker-{worker}"))
            .stack_size(STACK)
            .spawn({
                let (shared, factory) = (Arc::clone(&shared), Arc::clone(factory));
                move || run_worker(&shared, factory, worker, spare_ids)
            });
        if let Err(error) = spawned {
            cannot_start(&shared, worker, &error);
        }
    }
    Handle::new(shared)
}

/// Prepares a run without its threads. The channels, one per worker and scenario, carry the numbers of VUs to create during
/// the load.
pub(super) fn prepare(
    plan: &Plan,
    registry: Arc<Registry>,
    run: Arc<RunState>,
    sink: EventHandler,
    clock: StartClock,
) -> (Arc<Coordinator>, Vec<Vec<UnboundedReceiver<u64>>>) {
    // VUs have the same numbers as in one process that makes the whole run.
    let (mut planned_vus, mut max_vus) = (0, 0);
    let mut scenarios = Vec::new();
    for (index, options) in plan.scenarios.iter().enumerate() {
        let of_run = (plan.seed, plan.part);
        let scenario = ScenarioRun::new(index, planned_vus + 1, options, &plan.tags, of_run);
        planned_vus += scenario.vus_of_all;
        max_vus += scenario.max_vus;
        scenarios.push(scenario);
    }
    let mut vus = plan.part.share(planned_vus);
    for scenario in &mut scenarios {
        if scenario.needs_extra_vu() {
            scenario.extra_vu = Some(plan.part.number(vus) + 1);
            vus += 1;
        }
    }
    let mut workers: Vec<_> = (0..plan.workers_for(max_vus)).map(|_| Vec::new()).collect();
    for scenario in &mut scenarios {
        let mut senders = Vec::new();
        for worker in &mut workers {
            let (sender, receiver) = unbounded_channel();
            senders.push(sender);
            worker.push(receiver);
        }
        scenario.set_workers(senders);
    }
    let outside = (run, registry, sink, clock);
    let shared = Coordinator::new(plan, outside, scenarios, workers.len(), vus);
    (shared, workers)
}

/// Runs a worker on its thread.
///
/// The worker is done when nothing on the thread can record any more: all iterations, and tasks that they started, have ended
/// or were dropped. VUs record nothing then, so their destruction, which may take long for thousands of them, comes after.
fn run_worker<F: VuFactory>(
    shared: &Arc<Coordinator>,
    factory: Arc<F>,
    worker: usize,
    spare_ids: Vec<UnboundedReceiver<u64>>,
) {
    let _done = DoneOnDrop { shared, worker };
    match runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            let tasks = LocalSet::new();
            let work = work(Arc::clone(shared), factory, worker, spare_ids);
            let vus = tasks.block_on(&runtime, work);
            drop(tasks);
            shared.worker_is_done(worker);
            drop(vus);
        }
        Err(error) => cannot_start(shared, worker, &error),
    }
}

fn cannot_start(shared: &Coordinator, worker: usize, error: &io::Error) {
    shared.fail(EndCause::System(format!(
        "cannot start worker thread {worker}: {}",
        system_refusal(error)
    )));
    shared.worker_is_done(worker);
}

/// Marks a worker as done even if its thread panics.
struct DoneOnDrop<'a> {
    shared: &'a Coordinator,
    worker: usize,
}

impl Drop for DoneOnDrop<'_> {
    fn drop(&mut self) {
        self.shared.worker_is_done(self.worker);
    }
}

//! A worker: creates its VUs, waits for the start, and runs its part of every scenario.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{JoinSet, spawn_local, yield_now};

use super::coordinator::Coordinator;
use super::end::EndCause;
use super::lag::record_lag;
use super::local::LocalScenario;
use super::made::{Made, make};
use super::scenario_loop::run_scenario;
use super::scenario_run::ScenarioRun;
use crate::metrics::Recorder;
use crate::vu::VuFactory;

/// Runs everything that belongs to one worker. `spare_ids` bring the numbers of VUs to be made later, by scenario.
///
/// Must run inside a `LocalSet`, which may still have tasks when this ends with the VUs that are left.
pub(super) async fn work<F: VuFactory>(
    shared: Arc<Coordinator>,
    factory: Arc<F>,
    worker: usize,
    spare_ids: Vec<UnboundedReceiver<u64>>,
) -> Left<F::Vu> {
    let recorder = shared.registry.recorder();
    let left = Left::default();
    if let Some(vus) = make_planned(&shared, &*factory, worker, &recorder) {
        shared.worker_is_ready();
        if let Some(load_start) = shared.started().await {
            spawn_local(record_lag(Arc::clone(&shared), worker, recorder.clone()));
            let mut parts = JoinSet::new();
            for (place, (vus, spare_ids)) in vus.into_iter().zip(spare_ids).enumerate() {
                let (shared, recorder) = (Arc::clone(&shared), recorder.clone());
                let local = Rc::new(LocalScenario::new(
                    shared, worker, place, recorder, load_start,
                ));
                parts.spawn_local(run_scenario(local, Arc::clone(&factory), vus, spare_ids));
            }
            while let Some(over) = parts.join_next().await {
                match over {
                    Ok(vus) => {
                        left.borrow_mut().extend(vus);
                        spawn_local(take_apart(Rc::clone(&left)));
                    }
                    Err(error) => shared.fail(EndCause::Internal(error.to_string())),
                }
            }
        }
    }
    left
}

/// Makes the planned VUs of all scenarios that belong to this worker; `None` if the run ends before.
fn make_planned<F: VuFactory>(
    shared: &Arc<Coordinator>,
    factory: &F,
    worker: usize,
    recorder: &Recorder,
) -> Option<Vec<Vec<Made<F::Vu>>>> {
    let of_scenario = |scenario: &ScenarioRun| {
        let ids = scenario.planned_ids();
        ids.filter(|id| shared.worker_of(*id) == worker)
            .map(|id| make(shared, factory, worker, scenario, id, recorder))
            .collect()
    };
    shared.scenarios.iter().map(of_scenario).collect()
}

/// VUs that have nothing more to do.
pub(super) type Left<V> = Rc<RefCell<Vec<V>>>;

/// Drops VUs of a scenario that is over while others go on, without holding these up for long.
async fn take_apart<V>(left: Left<V>) {
    loop {
        let vu = left.borrow_mut().pop();
        if vu.is_none() {
            return;
        }
        drop(vu);
        yield_now().await;
    }
}

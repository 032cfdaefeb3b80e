//! A worker: creates its VUs, waits for the start, and runs its part of every scenario.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{JoinSet, spawn_local, yield_now};

use super::coordinator::Coordinator;
use super::create::{CreatedVu, create};
use super::end::EndCause;
use super::lag::record_lag;
use super::local::LocalScenario;
use super::scenario_loop::run_scenario;
use super::scenario_run::ScenarioRun;
use crate::metrics::Recorder;
use crate::vu::VuFactory;

/// Runs one worker. `spare_ids`, one per scenario, carry the numbers of VUs to create during the load.
///
/// It must run inside a `LocalSet`, which may still have tasks when this returns the remaining VUs.
pub(super) async fn work<F: VuFactory>(
    shared: Arc<Coordinator>,
    factory: Arc<F>,
    worker: usize,
    spare_ids: Vec<UnboundedReceiver<u64>>,
) -> EndedVus<F::Vu> {
    let recorder = shared.registry.recorder();
    let left = EndedVus::default();
    if let Some(vus) = make_planned(&shared, &*factory, worker, &recorder) {
        shared.worker_is_ready();
        if let Some(load_start) = shared.started().await {
            spawn_local(record_lag(Arc::clone(&shared), worker, recorder.clone()));
            let mut parts = JoinSet::new();
            for (index, (vus, spare_ids)) in vus.into_iter().zip(spare_ids).enumerate() {
                let (shared, recorder) = (Arc::clone(&shared), recorder.clone());
                let local = Rc::new(LocalScenario::new(
                    shared, worker, index, recorder, load_start,
                ));
                parts.spawn_local(run_scenario(local, Arc::clone(&factory), vus, spare_ids));
            }
            while let Some(over) = parts.join_next().await {
                match over {
                    Ok(vus) => {
                        left.borrow_mut().extend(vus);
                        spawn_local(drop_one_by_one(Rc::clone(&left)));
                    }
                    Err(error) => shared.fail(EndCause::Internal(error.to_string())),
                }
            }
        }
    }
    left
}

/// Creates the planned VUs of this worker, by scenario; `None` if the run ends before.
fn make_planned<F: VuFactory>(
    shared: &Arc<Coordinator>,
    factory: &F,
    worker: usize,
    recorder: &Recorder,
) -> Option<Vec<Vec<CreatedVu<F::Vu>>>> {
    let of_scenario = |scenario: &ScenarioRun| {
        let ids = scenario.planned_ids();
        ids.filter(|id| shared.worker_of(*id) == worker)
            .map(|id| create(shared, factory, worker, scenario, id, recorder))
            .collect()
    };
    shared.scenarios.iter().map(of_scenario).collect()
}

/// VUs that are done.
pub(super) type EndedVus<V> = Rc<RefCell<Vec<V>>>;

/// Drops the VUs of a scenario that has ended, one at a time, so that other scenarios are not delayed.
async fn drop_one_by_one<V>(left: EndedVus<V>) {
    loop {
        let vu = left.borrow_mut().pop();
        if vu.is_none() {
            return;
        }
        drop(vu);
        yield_now().await;
    }
}

//! One worker: makes its VUs, waits for the start, and runs its share of every scenario.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{JoinSet, spawn_local, yield_now};

use super::conductor::conduct;
use super::end::Cause;
use super::iteration::caught;
use super::lag::record_lag;
use super::scenario::ScenarioRun;
use super::share::Share;
use super::shared::Shared;
use crate::load::worker_of;
use crate::metrics::Recorder;
use crate::vu::{Seat, VuFactory};

/// A VU that was made.
pub(super) struct Made<V> {
    /// Its number in the run, from 1.
    pub(super) id: u64,
    /// Its number in the scenario, from 0.
    pub(super) number: u64,
    pub(super) vu: V,
}

/// Runs everything that belongs to one worker. `recruits` bring the numbers of VUs to be made later, by scenario.
///
/// Must run inside a `LocalSet`, which may still have tasks when this ends with the VUs that are left.
pub(super) async fn work<F: VuFactory>(
    shared: Arc<Shared>,
    factory: Arc<F>,
    worker: usize,
    recruits: Vec<UnboundedReceiver<u64>>,
) -> Left<F::Vu> {
    let recorder = shared.registry.recorder();
    let left = Left::default();
    if let Some(vus) = make_planned(&shared, &*factory, worker, &recorder) {
        shared.worker_is_ready();
        if let Some(load_start) = shared.started().await {
            spawn_local(record_lag(Arc::clone(&shared), worker, recorder.clone()));
            let mut parts = JoinSet::new();
            for (place, (vus, recruits)) in vus.into_iter().zip(recruits).enumerate() {
                let (shared, recorder) = (Arc::clone(&shared), recorder.clone());
                let share = Rc::new(Share::new(shared, worker, place, recorder, load_start));
                parts.spawn_local(conduct(share, Arc::clone(&factory), vus, recruits));
            }
            while let Some(over) = parts.join_next().await {
                match over {
                    Ok(vus) => {
                        left.borrow_mut().extend(vus);
                        spawn_local(take_apart(Rc::clone(&left)));
                    }
                    Err(error) => shared.fail(Cause::Internal(error.to_string())),
                }
            }
        }
    }
    left
}

/// Makes the planned VUs of all scenarios that belong to this worker; `None` if the run ends before.
fn make_planned<F: VuFactory>(
    shared: &Arc<Shared>,
    factory: &F,
    worker: usize,
    recorder: &Recorder,
) -> Option<Vec<Vec<Made<F::Vu>>>> {
    let of_scenario = |scenario: &ScenarioRun| {
        let ids = scenario.first_vu..scenario.first_vu + scenario.planned_vus;
        ids.filter(|id| worker_of(id - 1, shared.busy.len()) == worker)
            .map(|id| make(shared, factory, worker, scenario, id, recorder))
            .collect()
    };
    shared.scenarios.iter().map(of_scenario).collect()
}

/// Makes a VU; `None` if that fails, which ends the run, or if the run ends anyway.
pub(super) fn make<F: VuFactory>(
    shared: &Arc<Shared>,
    factory: &F,
    worker: usize,
    scenario: &ScenarioRun,
    id: u64,
    recorder: &Recorder,
) -> Option<Made<F::Vu>> {
    if shared.stop_order().is_some() {
        return None;
    }
    let seat = Seat {
        id,
        scenario: Arc::clone(&scenario.info),
        recorder: recorder.clone(),
        run: Arc::clone(&shared.run),
        worker,
    };
    let make = || caught(|| factory.make(seat));
    match shared.busy[worker].hold(id, scenario.place, Instant::now(), make) {
        Ok(Ok(vu)) => {
            let number = scenario.vus_made.fetch_add(1, Ordering::Relaxed);
            shared.run.vus_initialized.fetch_add(1, Ordering::Relaxed);
            let planned = id.checked_sub(scenario.first_vu);
            let planned = planned.filter(|number| *number < scenario.planned_vus);
            Some(Made {
                id,
                number: planned.unwrap_or(number),
                vu,
            })
        }
        Ok(Err(error)) => {
            shared.fail(Cause::Init { vu: id, error });
            None
        }
        Err(message) => {
            shared.fail(Cause::Internal(message));
            None
        }
    }
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

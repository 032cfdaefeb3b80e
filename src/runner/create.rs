//! Creates a VU on its worker.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use super::coordinator::Coordinator;
use super::end::EndCause;
use super::iteration::caught;
use super::scenario_run::ScenarioRun;
use crate::metrics::Recorder;
use crate::vu::{VuFactory, VuInfo};

/// A VU and its numbers.
pub(super) struct CreatedVu<V> {
    /// Its number in the run, from 1.
    pub(super) id: u64,
    /// Its number in the scenario, from 0.
    pub(super) number: u64,
    pub(super) vu: V,
}

/// Creates a VU; `None` if that fails, which ends the run, or if the run is ending.
pub(super) fn create<F: VuFactory>(
    shared: &Arc<Coordinator>,
    factory: &F,
    worker: usize,
    scenario: &ScenarioRun,
    id: u64,
    recorder: &Recorder,
) -> Option<CreatedVu<F::Vu>> {
    if shared.stop_order().is_some() {
        return None;
    }
    let info = VuInfo {
        id,
        scenario: Arc::clone(&scenario.info),
        recorder: recorder.clone(),
        run: Arc::clone(&shared.run),
        worker,
    };
    let made = || caught(|| factory.make(info));
    match shared.busy[worker].hold(id, scenario.index, Instant::now(), made) {
        Ok(Ok(vu)) => {
            let number = scenario.vus_made.fetch_add(1, Ordering::Relaxed);
            shared.run.vus_initialized.fetch_add(1, Ordering::Relaxed);
            let planned = id.checked_sub(scenario.first_vu);
            let planned = planned.filter(|number| *number < scenario.vus_of_all);
            Some(CreatedVu {
                id,
                number: planned.unwrap_or(number),
                vu,
            })
        }
        Ok(Err(error)) => {
            shared.fail(EndCause::Init { vu: id, error });
            None
        }
        Err(message) => {
            shared.fail(EndCause::Internal(message));
            None
        }
    }
}

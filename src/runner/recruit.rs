//! Making more VUs where planned starts find none idle.

use std::rc::Rc;
use std::sync::atomic::Ordering;

use super::executor::PATIENCE;
use super::share::Share;
use crate::load::worker_of;

/// Watches the planned starts of a scenario from one of its workers. One that comes due unclaimed has found all VUs
/// busy: then one more VU is made, on the worker whose turn it is, or there is a warning if there may be no more.
pub(super) async fn recruit(share: Rc<Share>) {
    let (shared, scenario) = (&share.shared, share.scenario());
    let Some(claims) = scenario.executor.claims() else {
        return;
    };
    let planned = scenario.planned_vus;
    let mut may_hire = scenario.max_vus.saturating_sub(planned);
    while let Some(due) = claims.next_due() {
        // At the very start, VUs on other workers may need a moment to make their first claims.
        shared.clock.until(share.instant(due.max(PATIENCE))).await;
        if claims.next_due() != Some(due) {
            continue;
        }
        if may_hire > 0 {
            may_hire -= 1;
            let id = shared.next_vu.fetch_add(1, Ordering::Relaxed);
            let worker = worker_of(id - 1, scenario.recruits.len());
            if scenario.recruits[worker].send(id).is_err() {
                return;
            }
            // One at a time: it may be all that is needed.
            scenario.recruited.notified().await;
        } else {
            shared.clock.until(share.instant(due + PATIENCE)).await;
            if claims.next_due() == Some(due) {
                shared.warn_of_drops(scenario);
                return;
            }
        }
    }
}

//! Adds VUs for planned starts that find no idle one, and reports dropped starts.

use std::rc::Rc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::local::LocalScenario;
use super::starts::PATIENCE;
use super::watch::STUCK;

/// How often losses are looked for while all VUs are busy and there may be no more.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How long a new VU is waited for before another one is sent for: its worker may not come back.
const GIVE_UP: Duration = STUCK;

/// Watches the planned starts of a scenario from one of its workers. One that comes due unclaimed has found all VUs
/// busy: then one more VU is made, or there is a warning if there may be no more.
pub(super) async fn add_spare_vus(local: Rc<LocalScenario>) {
    let (shared, scenario) = (&local.shared, local.scenario());
    let Some(schedule) = scenario.starts.schedule() else {
        return;
    };
    let planned = scenario.planned_vus;
    let mut may_add = scenario.max_vus.saturating_sub(planned);
    while let Some(due) = schedule.next_due() {
        // At the very start, VUs on other workers may need a moment to make their first schedule.
        shared.clock.until(local.instant(due.max(PATIENCE))).await;
        if schedule.next_due() != Some(due) {
            continue;
        }
        if may_add > 0 {
            may_add -= 1;
            if !add_one(&local) {
                return;
            }
            // One at a time: one may be enough.
            let _ = timeout(GIVE_UP, scenario.spare_began.notified()).await;
        } else {
            sleep(LOOK_AGAIN).await;
        }
        local.count_dropped(schedule.drop_overdue(local.time_at(Instant::now())));
    }
    if schedule.is_complete() {
        scenario.complete.send_replace(true);
    }
}

/// Has a VU made on the worker whose turn it is, or on the next one that is not stuck; false if that is too late.
fn add_one(local: &LocalScenario) -> bool {
    let (shared, scenario) = (&local.shared, local.scenario());
    let id = shared.next_vu();
    let workers = scenario.spare_ids.len();
    let turn = shared.worker_of(id);
    let now = std::time::Instant::now();
    let free = (0..workers)
        .map(|further| (turn + further) % workers)
        .find(|worker| !shared.busy[*worker].is_stuck(now));
    scenario.spare_ids[free.unwrap_or(turn)].send(id).is_ok()
}

//! Adds VUs for planned starts that find no idle one, and reports dropped starts.

use std::rc::Rc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::local::LocalScenario;
use super::starts::PATIENCE;
use super::watch::STUCK;

/// The interval of checks for dropped starts while all VUs are busy and no more may be created.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// How long to wait for a new VU before another one is created, because its worker may be blocked.
const GIVE_UP: Duration = STUCK;

/// Watches the planned starts of a scenario, on one of its workers. If a start becomes due that no VU has taken, all VUs are
/// busy: one more VU is created, or a warning is reported if there may be no more.
pub(super) async fn add_spare_vus(local: Rc<LocalScenario>) {
    let (shared, scenario) = (&local.shared, local.scenario());
    let Some(schedule) = scenario.starts.schedule() else {
        return;
    };
    let planned = scenario.planned_vus;
    let mut may_add = scenario.max_vus.saturating_sub(planned);
    while let Some(due) = schedule.next_due() {
        // At the beginning, VUs on other workers may need a moment to take their first start.
        shared.clock.until(local.instant(due.max(PATIENCE))).await;
        if schedule.next_due() != Some(due) {
            continue;
        }
        if may_add > 0 {
            may_add -= 1;
            if !add_one(&local) {
                return;
            }
            // One VU at a time, because one may be enough.
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

/// Requests a VU from the next worker that is not blocked; false if the worker has ended.
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

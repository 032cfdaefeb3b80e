//! Conducts a scenario's VUs on one worker: gives them their orders on time, takes in new ones, sees them all off.

use std::future::pending;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until};

use super::end::Cause;
use super::iteration::panic_message;
use super::leash::{Leash, Order};
use super::member::Member;
use super::progress::Status;
use super::recruit::recruit;
use super::share::Share;
use super::timeline::{Change, Whom};
use super::worker::{Made, make};
use crate::vu::{Vu, VuFactory};

/// Runs a share to its end. Returns the VUs, which have nothing more to do.
pub(super) async fn conduct<F: VuFactory>(
    share: Rc<Share>,
    factory: Arc<F>,
    vus: Vec<Made<F::Vu>>,
    mut recruits: UnboundedReceiver<u64>,
) -> Vec<F::Vu> {
    let scenario = share.scenario();
    let claims = scenario.executor.claims();
    let mut complete = scenario.complete.subscribe();
    let numbers: Vec<u64> = vus.iter().map(|made| made.number).collect();
    let mut timeline = scenario.executor.timeline(&numbers, scenario.graceful_stop);
    let mut stops = share.shared.stops();

    let mut crew = Crew::new(&share);
    for made in vus {
        crew.take_in(made, Order::Rest);
    }
    let mut recruiter = JoinSet::new();
    if claims.is_some() && share.is_home() {
        recruiter.spawn_local(recruit(Rc::clone(&share)));
    }

    let mut is_stopped = false;
    loop {
        let now = Instant::now();
        if is_stopped || now >= share.instant(Duration::ZERO) {
            while let Some(change) = timeline.take_due(share.time_at(now)) {
                crew.give(change);
            }
        }
        // Where starts are planned, VUs may come later, so that a share may be empty and yet not over.
        let may_grow = claims.is_some_and(|claims| !claims.is_complete());
        if crew.tasks.is_empty() && (crew.is_leaving || !may_grow) {
            if !may_grow {
                scenario.complete.send_replace(true);
            }
            break;
        }
        let next_change = timeline.next_at().map(|at| share.instant(at));
        tokio::select! {
            biased;
            Ok(()) = stops.changed() => {
                if let Some(order) = *stops.borrow_and_update() {
                    is_stopped = true;
                    // What is planned for later is not missed.
                    recruiter.abort_all();
                    let at = share.time_at(order.at);
                    timeline.stop(at, order.grace.min(scenario.graceful_stop));
                    if !crew.is_leaving {
                        scenario.cut_short.get_or_init(|| at);
                    }
                }
            }
            () = wait_until(&share, next_change, claims.is_some()) => {}
            Ok(()) = complete.changed(), if may_grow => {}
            Some(joined) = crew.tasks.join_next() => crew.see_off(joined),
            Some(id) = recruits.recv(), if !crew.is_leaving => {
                let recorder = &share.recorder;
                let made = make(&share.shared, &*factory, share.worker, scenario, id, recorder);
                if let Some(made) = made {
                    crew.take_in(made, Order::Go);
                }
            }
        }
    }
    if scenario.share_is_over() {
        share.shared.finish(scenario, &share.recorder);
    }
    crew.over
}

/// Waits for the next change. To the millisecond is enough, unless the first start of a schedule hangs on it.
async fn wait_until(share: &Share, at: Option<Instant>, exactly: bool) {
    match at {
        Some(at) if exactly => share.shared.clock.until(at).await,
        Some(at) => sleep_until(at).await,
        None => pending().await,
    }
}

/// The VUs of a share.
struct Crew<'a, V> {
    share: &'a Rc<Share>,
    leashes: Vec<Rc<Leash>>,
    tasks: JoinSet<V>,
    /// VUs that have left.
    over: Vec<V>,
    /// All have been told to leave.
    is_leaving: bool,
}

impl<'a, V: Vu> Crew<'a, V> {
    fn new(share: &'a Rc<Share>) -> Self {
        Self {
            share,
            leashes: Vec::new(),
            tasks: JoinSet::new(),
            over: Vec::new(),
            is_leaving: false,
        }
    }

    fn take_in(&mut self, made: Made<V>, order: Order) {
        let leash = Leash::new(order);
        let member = Member {
            id: made.id,
            is_recruit: made.number >= self.share.scenario().planned_vus,
            share: Rc::clone(self.share),
            leash: Rc::clone(&leash),
            work: self.share.scenario().executor.work(),
            iterations: 0,
        };
        self.leashes.push(leash);
        self.tasks.spawn_local(member.live(made.vu));
    }

    fn give(&mut self, change: Change) {
        let scenario = self.share.scenario();
        match change.order {
            Order::Go => self.share.shared.enter(scenario, Status::Running),
            Order::Leave => {
                self.is_leaving = true;
                self.share.shared.enter(scenario, Status::Stopping);
            }
            Order::Rest | Order::Drop | Order::Quit => {}
        }
        match change.whom {
            Whom::All => self
                .leashes
                .iter()
                .for_each(|leash| leash.give(change.order)),
            Whom::One(place) => {
                if let Some(leash) = self.leashes.get(place) {
                    leash.give(change.order);
                }
            }
        }
    }

    fn see_off(&mut self, joined: Result<V, JoinError>) {
        match joined {
            Ok(vu) => self.over.push(vu),
            // Panics of a VU are caught where they happen; this one is the runner's own.
            Err(error) => {
                if let Ok(panic) = error.try_into_panic() {
                    self.share
                        .shared
                        .fail(Cause::Internal(panic_message(&*panic)));
                }
            }
        }
    }
}

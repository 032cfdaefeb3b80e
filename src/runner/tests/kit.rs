//! VUs made of closures, and runs without threads.

use std::cell::{RefCell, RefMut};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use tokio::task::{LocalSet, spawn_local};
use tokio::time::{Instant, sleep, sleep_until};

use crate::metrics::{MetricId, Registry, Sink, Tags, Totals, Trend};
use crate::options::{Executor, IterationBudget, Scenario};
use crate::parts::Part;
use crate::runner::clock::StartClock;
use crate::runner::engine::prepare;
use crate::runner::worker::work;
use crate::runner::{Handle, LoadEnd, Plan, RunEvent};
use crate::vu::{Iteration, IterationError, RunState, Vu, VuFactory, VuInfo};

pub(super) type Ended = Result<(), IterationError>;
type Iterating = Pin<Box<dyn Future<Output = Ended>>>;
type Body = dyn Fn(VuInfo, Iteration) -> Iterating + Send + Sync;

/// Makes VUs whose iterations run a closure.
pub(super) struct Closures(Arc<Body>);

/// VUs that run `body` in each iteration.
pub(super) fn vus<F>(body: impl Fn(VuInfo, Iteration) -> F + Send + Sync + 'static) -> Arc<Closures>
where
    F: Future<Output = Ended> + 'static,
{
    Arc::new(Closures(Arc::new(move |info, iteration| {
        Box::pin(body(info, iteration))
    })))
}

/// An iteration that does nothing for this long.
pub(super) async fn nap(time: Duration) -> Ended {
    sleep(time).await;
    Ok(())
}

/// VUs whose iterations take this long.
pub(super) fn sleepers(time: Duration) -> Arc<Closures> {
    vus(move |_, _| nap(time))
}

pub(super) struct ClosureVu {
    info: VuInfo,
    body: Arc<Body>,
}

impl VuFactory for Closures {
    type Vu = ClosureVu;

    fn make(&self, info: VuInfo) -> Result<ClosureVu, IterationError> {
        Ok(ClosureVu {
            info,
            body: Arc::clone(&self.0),
        })
    }
}

impl Vu for ClosureVu {
    async fn iterate(&mut self, iteration: &Iteration) -> Ended {
        (self.body)(self.info.clone(), *iteration).await
    }
}

/// A run with its own registry and events. In paused time, all its workers share one thread.
pub(super) struct Bench {
    pub(super) plan: Plan,
    pub(super) registry: Arc<Registry>,
    pub(super) state: Arc<RunState>,
    pub(super) events: Receiver<RunEvent>,
    sender: Sender<RunEvent>,
    totals: RefCell<Totals>,
}

impl Bench {
    pub(super) fn new(scenarios: impl IntoIterator<Item = Scenario>) -> Self {
        let (sender, events) = channel();
        let plan = Plan {
            scenarios: scenarios.into_iter().collect(),
            workers: 1.try_into().ok(),
            tags: Tags::new(),
            min_iteration_duration: Duration::ZERO,
            seed: 1,
            part: Part::WHOLE,
            hold: false,
        };
        let (registry, totals) = (Registry::new(Vec::new()), RefCell::default());
        Self {
            plan,
            registry,
            state: RunState::new(),
            events,
            sender,
            totals,
        }
    }

    pub(super) fn workers(mut self, workers: usize) -> Self {
        self.plan.workers = workers.try_into().ok();
        self
    }

    /// Starts the run on threads.
    pub(super) fn start<F: VuFactory>(&self, factory: &Arc<F>) -> Handle {
        let (registry, state) = (Arc::clone(&self.registry), Arc::clone(&self.state));
        crate::runner::run(&self.plan, factory, registry, state, self.sink())
    }

    /// Runs in the time of this thread, concurrently with `meanwhile`.
    pub(super) async fn play_with<F: VuFactory, M: Future<Output = ()> + 'static>(
        &self,
        factory: Arc<F>,
        meanwhile: impl FnOnce(Handle) -> M,
    ) -> LoadEnd {
        let (registry, state) = (Arc::clone(&self.registry), Arc::clone(&self.state));
        let (shared, workers) =
            prepare(&self.plan, registry, state, self.sink(), StartClock::Coarse);
        let handle = Handle::new(Arc::clone(&shared));
        let meanwhile = meanwhile(handle.clone());
        LocalSet::new()
            .run_until(async {
                let meanwhile = spawn_local(meanwhile);
                let work = workers.into_iter().enumerate().map(|(worker, spare_ids)| {
                    let (shared, factory) = (Arc::clone(&shared), Arc::clone(&factory));
                    spawn_local(async move {
                        work(Arc::clone(&shared), factory, worker, spare_ids).await;
                        shared.worker_is_done(worker);
                    })
                });
                for worker in work.collect::<Vec<_>>() {
                    worker.await.unwrap();
                }
                if meanwhile.is_finished() {
                    meanwhile.await.unwrap();
                }
            })
            .await;
        handle.wait(Duration::ZERO).expect("all workers are done")
    }

    /// Runs in the time of this thread.
    pub(super) async fn play<F: VuFactory>(&self, factory: Arc<F>) -> LoadEnd {
        self.play_with(factory, |_| async {}).await
    }

    fn sink(&self) -> crate::runner::EventHandler {
        let sender = self.sender.clone();
        Arc::new(move |event| drop(sender.send(event)))
    }

    /// The samples recorded so far.
    fn totals(&self) -> RefMut<'_, Totals> {
        let mut totals = self.totals.borrow_mut();
        totals.collect(&self.registry);
        totals
    }

    /// The sum of a counter.
    pub(super) fn count(&self, metric: MetricId) -> u64 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole and not negative"
        )]
        let count = self.totals().count(metric) as u64;
        count
    }

    /// The samples of a trend.
    pub(super) fn trend(&self, metric: MetricId) -> Option<Trend> {
        match self.totals().sink(metric.sink()) {
            Some(Sink::Trend(trend)) => Some(trend.clone()),
            _ => None,
        }
    }

    /// Texts of the warnings so far.
    pub(super) fn warnings(&self) -> Vec<String> {
        let warning = |event| match event {
            RunEvent::Warning(text) => Some(text),
            _ => None,
        };
        self.events.try_iter().filter_map(warning).collect()
    }
}

pub(super) fn s(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

/// Waits until `seconds` after `start`.
pub(super) async fn until(start: Instant, seconds: f64) {
    sleep_until(start + s(seconds)).await;
}

/// A scenario named `default` whose running iterations are dropped at its end.
pub(super) fn scenario(executor: Executor) -> Scenario {
    Scenario {
        graceful_stop: Duration::ZERO,
        ..Scenario::unnamed(executor)
    }
}

pub(super) fn constant(vus: u64, duration: Duration) -> Executor {
    Executor::ConstantVus { vus, duration }
}

pub(super) fn shared(vus: u64, iterations: u64) -> Executor {
    Executor::SharedIterations(IterationBudget {
        vus,
        iterations,
        max_duration: s(600.0),
    })
}

pub(super) fn per_vu(vus: u64, iterations: u64) -> Executor {
    Executor::PerVuIterations(IterationBudget {
        vus,
        iterations,
        max_duration: s(600.0),
    })
}

//! Engines, which are shared by requests with the same parameters. [`model`] computes the waiting times; this module waits.

mod model;
pub(super) mod prefix;
mod stalls;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use crate::sync::Mutex;
use crate::units::MAX_DURATION;
use model::Model;
pub(super) use model::{Admitted, Counts, EngineLoad, EngineRequest};

/// The engines of one server.
#[derive(Debug, Clone)]
pub(super) struct Engines {
    start: Instant,
    engines: Arc<Mutex<HashMap<EngineLoad, Arc<Mutex<Engine>>>>>,
}

#[derive(Debug)]
struct Engine {
    model: Model,
    /// The waiting requests.
    waiting: HashMap<u64, Arc<Notify>>,
}

impl Default for Engines {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            engines: Arc::default(),
        }
    }
}

impl Engines {
    /// Adds a request to the queue of its engine. `id` is unique to the request.
    pub(super) fn enter(
        &self,
        load: &EngineLoad,
        id: u64,
        request: EngineRequest,
        arrived: Instant,
    ) -> EngineTicket {
        let engine = {
            let mut engines = self.engines.lock();
            let engine = engines.entry(load.clone()).or_insert_with(|| {
                let model = Model::new(load.clone());
                let waiting = HashMap::new();
                Arc::new(Mutex::new(Engine { model, waiting }))
            });
            Arc::clone(engine)
        };
        let ticket = EngineTicket {
            engine,
            start: self.start,
            id,
            turn: Arc::new(Notify::new()),
            blocks: request.blocks.clone(),
            steps: None,
        };
        let mut state = ticket.engine.lock();
        state.waiting.insert(id, Arc::clone(&ticket.turn));
        let now = arrived.saturating_duration_since(self.start);
        state.model.arrive(id, request, now);
        state.admit(now);
        drop(state);
        ticket
    }

    /// The sums of the counters of all engines.
    pub(super) fn counts(&self) -> Counts {
        let engines = self.engines.lock();
        let counts = engines.values().map(|one| one.lock().model.counts());
        counts.fold(Counts::default(), |all, one| Counts {
            running: all.running + one.running,
            waiting: all.waiting + one.waiting,
            kv_used: all.kv_used + if one.kv_size > 0 { one.kv_used } else { 0 },
            kv_size: all.kv_size + one.kv_size,
            preemptions: all.preemptions + one.preemptions,
            queried: all.queried + one.queried,
            hits: all.hits + one.hits,
        })
    }
}

impl Engine {
    fn admit(&mut self, now: Duration) {
        for id in self.model.admit(now) {
            if let Some(turn) = self.waiting.get(&id) {
                turn.notify_one();
            }
        }
    }
}

/// The place of a request in its engine, which is freed when this is dropped.
#[derive(Debug)]
pub(super) struct EngineTicket {
    engine: Arc<Mutex<Engine>>,
    start: Instant,
    id: u64,
    turn: Arc<Notify>,
    /// The blocks to add to the prefix cache at the end.
    blocks: Vec<u64>,
    /// The times at which its first and its last step were due.
    steps: Option<(Instant, Instant)>,
}

/// The state of a step.
enum Next {
    /// It was made, and was due at this time.
    Made(Instant),
    Due(Instant),
    Waits,
}

impl EngineTicket {
    /// Waits until the first token is due: for the admission, for the prefill, and then for `delay`.
    pub(super) async fn first(&self, delay: Duration) -> Admitted {
        let admitted = self.admitted().await;
        self.engine.lock().model.delay(self.id, delay);
        sleep_until_due(self.instant(admitted.prefilled.saturating_add(delay))).await;
        admitted
    }

    async fn admitted(&self) -> Admitted {
        loop {
            let admitted = self.engine.lock().model.admitted(self.id);
            if let Some(admitted) = admitted {
                return admitted;
            }
            self.turn.notified().await;
        }
    }

    /// Waits until a step of this number of tokens is due, and makes it.
    pub(super) async fn step(&mut self, tokens: u64) {
        loop {
            match self.try_step(tokens) {
                Next::Made(due) => {
                    let (first, _) = self.steps.unwrap_or((due, due));
                    self.steps = Some((first, due));
                    return;
                }
                Next::Due(due) => sleep_until(due).await,
                Next::Waits => {
                    self.admitted().await;
                }
            }
        }
    }

    fn try_step(&self, tokens: u64) -> Next {
        let mut state = self.engine.lock();
        let due = self.instant(state.model.due(self.id));
        if due > Instant::now() {
            return Next::Due(due);
        }
        if !state.model.take(self.id, tokens) {
            return Next::Waits;
        }
        state.model.stepped(self.id);
        Next::Made(due)
    }

    /// Completes the reply. Its blocks are added to the prefix cache.
    pub(super) fn complete(&mut self, blocks: Vec<u64>) {
        self.blocks = blocks;
    }

    /// The time from its first step to its last.
    pub(super) fn generation(&self) -> Duration {
        self.steps
            .map_or(Duration::ZERO, |(first, last)| last - first)
    }

    /// The instant at this time since the start of the engine.
    pub(super) fn instant(&self, time: Duration) -> Instant {
        self.start + time.min(MAX_DURATION)
    }
}

impl Drop for EngineTicket {
    fn drop(&mut self) {
        let now = self.start.elapsed();
        let mut state = self.engine.lock();
        state.waiting.remove(&self.id);
        state.model.leave(self.id, &self.blocks);
        state.admit(now);
    }
}

async fn sleep_until_due(due: Instant) {
    // A timer has a cost and a resolution of a millisecond, so it is used only if the time is in the future.
    if due > Instant::now() {
        sleep_until(due).await;
    }
}

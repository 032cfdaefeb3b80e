//! `shared-iterations`: a fixed number of iterations for all VUs together; the quick ones do more of them.

use std::sync::Arc;
use std::time::Duration;

use super::{Executor, Start, Turn, Work};
use crate::load::Iterations;

pub(super) struct SharedIterations {
    vus: u64,
    iterations: Arc<Iterations>,
    max_duration: Duration,
}

impl SharedIterations {
    pub(super) fn new(vus: u64, iterations: u64, max_duration: Duration) -> Self {
        Self { vus, iterations: Arc::new(Iterations::new(iterations)), max_duration }
    }
}

impl Executor for SharedIterations {
    fn planned_vus(&self) -> u64 {
        self.vus
    }

    fn duration(&self) -> Duration {
        self.max_duration
    }

    fn total_iterations(&self) -> Option<u64> {
        Some(self.iterations.total())
    }

    fn work(&self) -> Box<dyn Work> {
        Box::new(Share(Arc::clone(&self.iterations)))
    }
}

struct Share(Arc<Iterations>);

impl Work for Share {
    fn next(&mut self, _now: Duration) -> Turn {
        self.0.take().map_or(Start::Done, |_| Start::Now).into()
    }
}

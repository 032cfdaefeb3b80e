//! `shared-iterations`: a fixed number of iterations for all VUs together; the quick ones do more of them.

use std::sync::Arc;
use std::time::Duration;

use super::{Executor, Start, Turn, Work};
use crate::load::Iterations;
use crate::runner::timeline::Timeline;

pub(super) struct SharedIterations {
    iterations: Arc<Iterations>,
    max_duration: Duration,
}

impl SharedIterations {
    pub(super) fn new(iterations: u64, max_duration: Duration) -> Self {
        Self {
            iterations: Arc::new(Iterations::new(iterations)),
            max_duration,
        }
    }
}

impl Executor for SharedIterations {
    fn timeline(&self, _vus: &[u64], graceful_stop: Duration) -> Timeline {
        Timeline::steady(self.max_duration, graceful_stop)
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

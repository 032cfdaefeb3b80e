//! What the replies of a run come to, while it goes on and at its end.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::chat::Replies;
use crate::llm::{Aggregate, BenchResult, Reply, Request, Settings};

/// Collects replies from all workers.
#[derive(Clone)]
pub(super) struct Collector(Arc<Mutex<Collected>>);

struct Collected {
    aggregate: Aggregate,
    /// From the start of the first request to the end of the last.
    span: Option<(Duration, Duration)>,
    so_far: SoFar,
}

/// A few figures of a run that goes on.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct SoFar {
    /// Requests that are over.
    pub(super) done: u64,
    /// Those that failed.
    pub(super) failed: u64,
    /// Completion tokens.
    pub(super) tokens: u64,
    ttft_sum: f64,
    ttfts: u64,
}

impl SoFar {
    /// The mean time to the first token, in seconds.
    pub(super) fn ttft(&self) -> Option<f64> {
        (self.ttfts > 0).then(|| self.ttft_sum / self.ttfts as f64)
    }
}

impl Collector {
    pub(super) fn new(settings: Settings) -> Self {
        Self(Arc::new(Mutex::new(Collected {
            aggregate: Aggregate::new(settings),
            span: None,
            so_far: SoFar::default(),
        })))
    }

    /// What a run is to call for each reply.
    pub(super) fn replies(&self) -> Replies {
        let collected = Arc::clone(&self.0);
        Arc::new(move |request: &Request, reply: &Reply| {
            let mut collected = collected.lock().unwrap_or_else(PoisonError::into_inner);
            collected.add(request, reply);
        })
    }

    pub(super) fn so_far(&self) -> SoFar {
        let collected = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        collected.so_far
    }

    /// The result. Its duration is the time in which there were requests.
    pub(super) fn finish(&self) -> BenchResult {
        let collected = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let span = collected
            .span
            .map_or(Duration::ZERO, |(start, end)| end.saturating_sub(start));
        collected.aggregate.clone().finish(span)
    }
}

impl Collected {
    fn add(&mut self, request: &Request, reply: &Reply) {
        self.aggregate.add(request, reply);
        let end = request.start.saturating_add(reply.marks.end);
        self.span = Some(match self.span {
            None => (request.start, end),
            Some((first, last)) => (first.min(request.start), last.max(end)),
        });
        self.so_far.done += 1;
        if reply.outcome.failure().is_some() {
            self.so_far.failed += u64::from(!reply.outcome.is_cancelled());
            return;
        }
        self.so_far.tokens += reply.tokens.completion;
        if let Some(ttft) = reply.ttft() {
            self.so_far.ttft_sum += ttft.as_secs_f64();
            self.so_far.ttfts += 1;
        }
    }
}

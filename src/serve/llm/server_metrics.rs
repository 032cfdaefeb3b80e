//! The counters of a server, for `/metrics`.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::engine::Admitted;
use crate::sync::Mutex;

/// The end of a reply, with the names of vLLM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EndReason {
    Stop,
    Length,
    /// The client left.
    Abort,
    Error,
}

impl EndReason {
    pub(super) const NAMES: [&str; 4] = ["stop", "length", "abort", "error"];
}

/// A histogram of times with fixed bounds.
#[derive(Debug, Clone)]
pub(super) struct BucketHistogram {
    pub(super) bounds: &'static [f64],
    /// The number of values up to each bound and beyond the last one; not cumulative.
    pub(super) counts: Vec<u64>,
    pub(super) sum: f64,
}

impl BucketHistogram {
    fn new(bounds: &'static [f64]) -> Self {
        Self {
            bounds,
            counts: vec![0; bounds.len() + 1],
            sum: 0.0,
        }
    }

    fn add(&mut self, value: f64) {
        let bucket = self.bounds.partition_point(|bound| *bound < value);
        self.counts[bucket] += 1;
        self.sum += value;
    }
}

/// Buckets of vLLM 0.33: `vllm/v1/metrics/buckets.py`.
const TTFT: &[f64] = &[
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
    20.0, 40.0, 80.0, 160.0, 640.0, 2560.0,
];
const ITL: &[f64] = &[
    0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 20.0,
    40.0, 80.0,
];
const REQUEST: &[f64] = &[
    0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0, 120.0, 240.0,
    480.0, 960.0, 1920.0, 7680.0,
];

/// The totals of a server.
#[derive(Debug, Clone)]
pub(super) struct ServerTotals {
    /// Tokens of prompts whose reply has begun.
    pub(super) prompt_tokens: u64,
    pub(super) cached_tokens: u64,
    pub(super) generated_tokens: u64,
    /// Replies by their end, in the order of [`EndReason::NAMES`].
    pub(super) ended: [u64; 4],
    /// Steps with drafts, drafted tokens, and accepted tokens at each position.
    pub(super) drafts: u64,
    pub(super) drafted: u64,
    pub(super) accepted: Vec<u64>,
    pub(super) ttft: BucketHistogram,
    pub(super) itl: BucketHistogram,
    pub(super) e2e: BucketHistogram,
    pub(super) queue: BucketHistogram,
    pub(super) prefill: BucketHistogram,
    pub(super) decode: BucketHistogram,
}

/// The metrics of one server.
#[derive(Debug, Clone)]
pub(super) struct TargetMetrics {
    pub(super) start: Instant,
    sums: Arc<Mutex<ServerTotals>>,
}

impl Default for TargetMetrics {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            sums: Arc::new(Mutex::new(ServerTotals {
                prompt_tokens: 0,
                cached_tokens: 0,
                generated_tokens: 0,
                ended: [0; 4],
                drafts: 0,
                drafted: 0,
                accepted: Vec::new(),
                ttft: BucketHistogram::new(TTFT),
                itl: BucketHistogram::new(ITL),
                e2e: BucketHistogram::new(REQUEST),
                queue: BucketHistogram::new(REQUEST),
                prefill: BucketHistogram::new(REQUEST),
                decode: BucketHistogram::new(REQUEST),
            })),
        }
    }
}

impl TargetMetrics {
    pub(super) fn sums(&self) -> ServerTotals {
        self.sums.lock().clone()
    }

    /// The metrics of one reply.
    pub(super) fn open(&self, arrived: Instant, prompt_tokens: u64) -> ReplyMetrics {
        ReplyMetrics {
            metrics: self.clone(),
            arrived,
            prompt_tokens,
            first: None,
            last: arrived,
            ended: EndReason::Abort,
        }
    }
}

/// One reply in the metrics. If it is dropped without an end, its client has left.
#[derive(Debug)]
pub(super) struct ReplyMetrics {
    metrics: TargetMetrics,
    arrived: Instant,
    prompt_tokens: u64,
    first: Option<Instant>,
    last: Instant,
    ended: EndReason,
}

impl ReplyMetrics {
    /// Records that the prompt is computed and the first token is due; the request was admitted at `turn`.
    pub(super) fn begun(&self, admitted: Admitted, turn: Instant) {
        let now = Instant::now();
        let mut sums = self.metrics.sums.lock();
        sums.prompt_tokens += self.prompt_tokens;
        sums.cached_tokens += admitted.cached;
        let queued = turn.saturating_duration_since(self.arrived);
        sums.queue.add(queued.as_secs_f64());
        let prefill = now.saturating_duration_since(turn);
        sums.prefill.add(prefill.as_secs_f64());
    }

    /// Records a step.
    pub(super) fn step(&mut self, tokens: u64) {
        let now = Instant::now();
        let mut sums = self.metrics.sums.lock();
        sums.generated_tokens += tokens;
        let since = |then: Instant| now.saturating_duration_since(then).as_secs_f64();
        if self.first.is_some() {
            sums.itl.add(since(self.last));
        } else {
            self.first = Some(now);
            sums.ttft.add(since(self.arrived));
        }
        self.last = now;
    }

    /// Records the drafted and the accepted tokens of a step.
    pub(super) fn drafted(&self, drafted: u64, accepted: u64) {
        let mut sums = self.metrics.sums.lock();
        sums.drafts += 1;
        sums.drafted += drafted;
        let positions = usize::try_from(drafted).unwrap_or(0);
        if sums.accepted.len() < positions {
            sums.accepted.resize(positions, 0);
        }
        let hits = usize::try_from(accepted).unwrap_or(0);
        sums.accepted
            .iter_mut()
            .take(hits)
            .for_each(|count| *count += 1);
    }

    pub(super) fn end(&mut self, ended: EndReason) {
        self.ended = ended;
    }
}

impl Drop for ReplyMetrics {
    fn drop(&mut self) {
        let now = Instant::now();
        let mut sums = self.metrics.sums.lock();
        sums.ended[self.ended as usize] += 1;
        let since = |then: Instant| now.saturating_duration_since(then);
        if self.ended != EndReason::Abort {
            sums.e2e.add(since(self.arrived).as_secs_f64());
            let decode = self.first.map_or(Duration::ZERO, since);
            sums.decode.add(decode.as_secs_f64());
        }
    }
}

//! The unsent spans of a worker.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::{Span, SpanContext};
use crate::sync::{Mutex, PerThread};
use crate::units::mixed;

/// Random numbers that make IDs unique across runs.
pub(super) type Seed = [u64; 3];

/// A function that returns the time since the Unix epoch.
type Clock = Box<dyn Fn() -> Duration + Send + Sync>;

/// Selects the requests that become spans, and collects spans. Shared by all threads.
pub(crate) struct Spans {
    /// The number of recorded traces per 2^56.
    sampled: u64,
    seed: Seed,
    clock: Clock,
    logs: PerThread<SpanLog>,
    /// The number of logs so far.
    made: AtomicU64,
}

/// The collected spans of one worker.
#[derive(Debug)]
pub(crate) struct SpanLog {
    spans: Arc<Spans>,
    /// Number of the log, from 0, which makes IDs unique across workers.
    number: u64,
    /// The number of requests so far.
    begun: AtomicU64,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    spans: Vec<Span>,
    dropped: u64,
}

/// The random bits of a trace ID that determine sampling.
const RANDOM: u64 = (1 << 56) - 1;

impl Spans {
    /// The maximum number of waiting spans of a worker; further ones are dropped and counted.
    pub(crate) const MAX_WAITING: usize = 8192;

    /// Records this share of traces, from 0 to 1. `clock` returns the time since the Unix epoch.
    pub(crate) fn new(
        ratio: f64,
        seed: Seed,
        clock: impl Fn() -> Duration + Send + Sync + 'static,
    ) -> Arc<Self> {
        let most = (RANDOM + 1) as f64;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a cast from a float saturates, and 0 is the least"
        )]
        let sampled = (ratio.clamp(0.0, 1.0) * most) as u64;
        Arc::new(Self {
            sampled,
            seed: seed.map(mixed),
            clock: Box::new(clock),
            logs: PerThread::default(),
            made: AtomicU64::new(0),
        })
    }

    /// Creates the log of another worker.
    pub(crate) fn log(self: &Arc<Self>) -> Arc<SpanLog> {
        self.logs.add(SpanLog {
            spans: Arc::clone(self),
            number: self.made.fetch_add(1, Relaxed),
            begun: AtomicU64::new(0),
            waiting: Mutex::default(),
        })
    }

    /// Takes the spans since the last call, and the number of dropped ones.
    pub(crate) fn take(&self) -> (Vec<Span>, u64) {
        let (mut spans, mut dropped) = (Vec::new(), 0);
        for log in self.logs.all() {
            let mut waiting = std::mem::take(&mut *log.waiting.lock());
            spans.append(&mut waiting.spans);
            dropped += waiting.dropped;
        }
        (spans, dropped)
    }
}

impl fmt::Debug for Spans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spans").finish_non_exhaustive()
    }
}

impl SpanLog {
    /// The time, since the Unix epoch.
    pub(crate) fn now(&self) -> Duration {
        (self.spans.clock)()
    }

    /// Begins a request: the IDs of its span, if it is sampled.
    pub(crate) fn begin(&self) -> Option<SpanContext> {
        let Spans { sampled, seed, .. } = &*self.spans;
        // Each request of a run has a unique number, and mixing is bijective.
        let number = (self.number << 48) | (self.begun.fetch_add(1, Relaxed) & ((1 << 48) - 1));
        let [high, low, span] = seed.map(|seed| mixed(number.wrapping_add(seed)));
        (low & RANDOM < *sampled).then(|| SpanContext {
            trace: (u128::from(high) << 64 | u128::from(low)).max(1),
            span: span.max(1),
        })
    }

    /// Stores a finished span, or drops it if there is no room.
    pub(crate) fn end(&self, span: Span) {
        let mut waiting = self.waiting.lock();
        if waiting.spans.len() < Spans::MAX_WAITING {
            waiting.spans.push(span);
        } else {
            waiting.dropped += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn new(ratio: f64, seed: Seed) -> Arc<Spans> {
        Spans::new(ratio, seed, || Duration::ZERO)
    }

    #[test]
    fn ids_are_unique_across_requests_and_workers() {
        let spans = new(1.0, [1, 2, 3]);
        let logs = [spans.log(), spans.log(), spans.log()];
        let contexts = || logs.iter().map(|log| log.begin().unwrap());
        let all: Vec<SpanContext> = (0..1_000).flat_map(|_| contexts()).collect();
        let traces: HashSet<u128> = all.iter().map(|context| context.trace).collect();
        let ids: HashSet<u64> = all.iter().map(|context| context.span).collect();
        assert_eq!((traces.len(), ids.len()), (3_000, 3_000));
        // Another run has other IDs.
        let other = new(1.0, [4, 5, 6]).log().begin().unwrap();
        assert!(!traces.contains(&other.trace) && !ids.contains(&other.span));
    }

    #[test]
    fn a_share_of_the_requests_is_recorded() {
        for (ratio, least, most) in [(0.0, 0, 0), (0.25, 2_300, 2_700), (1.0, 10_000, 10_000)] {
            let log = new(ratio, [7, 8, 9]).log();
            let sampled = (0..10_000).filter(|_| log.begin().is_some()).count();
            assert!((least..=most).contains(&sampled), "{sampled} for {ratio}");
        }
    }

    #[test]
    fn waiting_spans_are_bounded_and_dropped_ones_are_counted() {
        let spans = new(1.0, [1, 1, 1]);
        let log = spans.log();
        let end = |log: &SpanLog| log.end(Span::new(log.begin().unwrap(), "GET", Duration::ZERO));
        (0..Spans::MAX_WAITING + 5).for_each(|_| end(&log));
        let (taken, dropped) = spans.take();
        assert_eq!((taken.len(), dropped), (Spans::MAX_WAITING, 5));
        // The spans of an ended worker are taken, and its log is removed.
        end(&log);
        drop(log);
        assert_eq!(spans.take().0.len(), 1);
        assert_eq!((spans.take().0.len(), spans.logs.all().len()), (0, 0));
    }
}

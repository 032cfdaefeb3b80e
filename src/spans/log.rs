//! The unsent spans of a worker.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Context, Span};
use crate::units::mixed;

/// Random numbers that make ids unlike those of any other run.
pub type Seed = [u64; 3];

/// Tells the time since the Unix epoch.
type Clock = Box<dyn Fn() -> Duration + Send + Sync>;

/// Which requests become spans, and the spans that wait to be taken. Shared by all threads.
pub struct Spans {
    /// Of 2^56 traces so many are recorded.
    sampled: u64,
    seed: Seed,
    clock: Clock,
    logs: Mutex<Vec<Arc<Log>>>,
    /// How many logs there were.
    made: AtomicU64,
}

/// The spans of one worker that wait to be taken.
#[derive(Debug)]
pub struct Log {
    spans: Arc<Spans>,
    /// Number of the log, from 0: it keeps ids of workers apart.
    number: u64,
    /// How many requests there were.
    begun: AtomicU64,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    spans: Vec<Span>,
    dropped: u64,
}

/// The part of a trace's id that decides about it, in which it is random.
const RANDOM: u64 = (1 << 56) - 1;

impl Spans {
    /// How many spans of a worker may wait. Those that find no room are dropped and counted.
    pub const MAX_WAITING: usize = 8192;

    /// Records this share of traces, from 0 to 1, with the time since the Unix epoch that `clock` tells.
    pub fn new(
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
            logs: Mutex::default(),
            made: AtomicU64::new(0),
        })
    }

    /// A log for another worker.
    pub fn log(self: &Arc<Self>) -> Arc<Log> {
        let log = Arc::new(Log {
            spans: Arc::clone(self),
            number: self.made.fetch_add(1, Relaxed),
            begun: AtomicU64::new(0),
            waiting: Mutex::default(),
        });
        lock(&self.logs).push(Arc::clone(&log));
        log
    }

    /// Takes the spans that have come since the last call, and how many others found no room.
    pub fn take(&self) -> (Vec<Span>, u64) {
        let mut logs = lock(&self.logs);
        let all = logs.clone();
        // One reference is kept here, one just went into `all`: a log without a worker is looked at for the last time.
        logs.retain(|log| Arc::strong_count(log) > 2);
        drop(logs);
        let (mut spans, mut dropped) = (Vec::new(), 0);
        for log in all {
            let mut waiting = std::mem::take(&mut *lock(&log.waiting));
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

impl Log {
    /// The time, since the Unix epoch.
    pub fn now(&self) -> Duration {
        (self.spans.clock)()
    }

    /// A request begins: what its span is called, if there is to be one.
    pub fn begin(&self) -> Option<Context> {
        let Spans { sampled, seed, .. } = &*self.spans;
        // No two requests of a run have the same number, and a mixed number is as unique as the number.
        let number = (self.number << 48) | (self.begun.fetch_add(1, Relaxed) & ((1 << 48) - 1));
        let [high, low, span] = seed.map(|seed| mixed(number.wrapping_add(seed)));
        (low & RANDOM < *sampled).then(|| Context {
            trace: (u128::from(high) << 64 | u128::from(low)).max(1),
            span: span.max(1),
        })
    }

    /// A span is over. It waits until it is taken; where there is no room, it is dropped.
    pub fn end(&self, span: Span) {
        let mut waiting = lock(&self.waiting);
        if waiting.spans.len() < Spans::MAX_WAITING {
            waiting.spans.push(span);
        } else {
            waiting.dropped += 1;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn new(ratio: f64, seed: Seed) -> Arc<Spans> {
        Spans::new(ratio, seed, || Duration::ZERO)
    }

    #[test]
    fn each_request_has_ids_of_its_own_whichever_worker_makes_it() {
        let spans = new(1.0, [1, 2, 3]);
        let logs = [spans.log(), spans.log(), spans.log()];
        let contexts = || logs.iter().map(|log| log.begin().unwrap());
        let all: Vec<Context> = (0..1_000).flat_map(|_| contexts()).collect();
        let traces: HashSet<u128> = all.iter().map(|context| context.trace).collect();
        let ids: HashSet<u64> = all.iter().map(|context| context.span).collect();
        assert_eq!((traces.len(), ids.len()), (3_000, 3_000));
        // Another run has other ids.
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
    fn what_waits_is_bounded_and_what_is_dropped_is_counted() {
        let spans = new(1.0, [1, 1, 1]);
        let log = spans.log();
        let end = |log: &Log| log.end(Span::new(log.begin().unwrap(), "GET", Duration::ZERO));
        (0..Spans::MAX_WAITING + 5).for_each(|_| end(&log));
        let (taken, dropped) = spans.take();
        assert_eq!((taken.len(), dropped), (Spans::MAX_WAITING, 5));
        // What a worker leaves behind is taken, and its log forgotten.
        end(&log);
        drop(log);
        assert_eq!(spans.take().0.len(), 1);
        assert_eq!((spans.take().0.len(), lock(&spans.logs).len()), (0, 0));
    }
}

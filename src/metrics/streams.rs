//! Individual streams: a uniform sample of all, and the first that failed.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::Registry;
use crate::spans::Phases;
use crate::sync::Mutex;
use crate::units::mixed;

/// An event stream or streamed reply, from its request to its end. Times are relative to the start of its request, unless
/// stated otherwise.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct SampledStream {
    /// The number of the stream in the run, from 1.
    pub id: u64,
    /// The kind of stream: `sse` or `llm`.
    pub source: Cow<'static, str>,
    /// The tag `name`: the URL without the parts that vary between requests.
    pub name: String,
    /// The scenario it belongs to.
    pub scenario: String,
    /// The start of its request since the start of the run.
    pub start: Duration,
    /// The phases until its response headers.
    pub phases: Phases,
    /// The time of the first event or token.
    pub first_event: Option<Duration>,
    /// The number of events, or of chunks with content.
    pub events: u64,
    /// The times of events, at most 64: of more events, those of every second, fourth and so on.
    pub event_times: Vec<Duration>,
    /// The longest time between two events.
    pub longest_gap: Option<Duration>,
    /// The start of that gap.
    pub longest_gap_at: Option<Duration>,
    /// The time from its request to its end.
    pub duration: Duration,
    /// Bytes received.
    pub bytes: u64,
    /// The status of its response.
    pub status: Option<u16>,
    /// `ok`, or the kind of failure.
    pub end: Cow<'static, str>,
    /// The error message; empty without a failure.
    pub error: String,
    /// The tokens of the prompt, for a language model.
    pub prompt_tokens: Option<u64>,
    /// The tokens of the completion, for a language model.
    pub completion_tokens: Option<u64>,
    /// Streams with the smallest priorities form the sample.
    pub priority: u64,
}

/// The individual streams that are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Keep {
    /// A sample, and the first failed ones.
    #[default]
    Sample,
    /// All streams.
    All,
    /// No streams.
    None,
}

impl SampledStream {
    /// Whether it ended in a failure.
    pub fn failed(&self) -> bool {
        self.end != "ok"
    }
}

impl Keep {
    /// Parses `sample`, `all` or `none`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "sample" => Some(Self::Sample),
            "all" => Some(Self::All),
            "none" => Some(Self::None),
            _ => None,
        }
    }
}

/// Reservoir sampling: keeps the streams with the smallest random numbers. Several samples merge into a sample of all streams.
#[derive(Debug, Default)]
pub(crate) struct Reservoir {
    keep: Keep,
    sample: BinaryHeap<Ranked>,
    others: Vec<SampledStream>,
    failed: usize,
    new: Vec<u64>,
    gone: Vec<u64>,
}

#[derive(Debug, PartialEq)]
struct Ranked(SampledStream);

impl Eq for Ranked {}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> Ordering {
        let rank = |ranked: &Self| (ranked.0.priority, ranked.0.id);
        rank(self).cmp(&rank(other))
    }
}

impl Reservoir {
    /// The maximum size of the sample.
    pub(crate) const SAMPLE: usize = 2_000;
    /// The maximum number of failed streams that are kept in addition.
    pub(crate) const FAILED: usize = 500;

    /// An empty reservoir.
    pub(crate) fn new(keep: Keep) -> Self {
        Self {
            keep,
            ..Self::default()
        }
    }

    /// Adds a stream if it belongs in the sample, which may remove another one.
    pub(crate) fn add(&mut self, stream: SampledStream) {
        let id = stream.id;
        match self.keep {
            Keep::None => return,
            Keep::All => self.others.push(stream),
            Keep::Sample if stream.failed() && self.failed < Self::FAILED => {
                self.failed += 1;
                self.others.push(stream);
            }
            Keep::Sample => {
                self.sample.push(Ranked(stream));
                if self.sample.len() > Self::SAMPLE
                    && let Some(Ranked(left)) = self.sample.pop()
                {
                    if left.id == id {
                        return;
                    }
                    self.gone.push(left.id);
                }
            }
        }
        self.new.push(id);
    }

    /// The largest priority that may still be sampled.
    fn limit(&self) -> u64 {
        match (self.keep, self.sample.peek()) {
            (Keep::Sample, Some(Ranked(last))) if self.sample.len() >= Self::SAMPLE => {
                last.priority
            }
            (Keep::None, _) => 0,
            _ => u64::MAX,
        }
    }

    /// The streams in order of their start.
    pub(crate) fn into_streams(self) -> Vec<SampledStream> {
        let sample = self.sample.into_iter().map(|Ranked(stream)| stream);
        let mut streams: Vec<_> = sample.chain(self.others).collect();
        streams.sort_by_key(|stream| (stream.start, stream.id));
        streams
    }

    /// The changes since the last call: the streams that were added and are still kept, and the numbers of removed ones. With
    /// [`Keep::All`], streams are returned once and not kept here.
    fn changes(&mut self) -> (Vec<SampledStream>, Vec<u64>) {
        let gone = std::mem::take(&mut self.gone);
        let new = std::mem::take(&mut self.new);
        if self.keep == Keep::All {
            return (std::mem::take(&mut self.others), gone);
        }
        let new: std::collections::HashSet<u64> = new.into_iter().collect();
        let sample = self.sample.iter().map(|Ranked(stream)| stream);
        let all = sample.chain(&self.others);
        (
            all.filter(|stream| new.contains(&stream.id))
                .cloned()
                .collect(),
            gone,
        )
    }
}

/// The individual streams of a run, if they are kept. Shared by all threads.
#[derive(Debug, Default)]
pub(super) struct StreamLog {
    on: OnceLock<u64>,
    ids: AtomicU64,
    limit: AtomicU64,
    failed: AtomicU64,
    reservoir: Mutex<Reservoir>,
}

/// The number of a stream in progress, and whether it may be sampled.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamTicket {
    id: u64,
    priority: u64,
    /// Whether the times of its events should be recorded.
    pub sampled: bool,
}

impl Registry {
    /// Enables the collection of individual streams; `seed` determines the sample. Only the first call has an effect.
    pub(crate) fn keep_streams(&self, keep: Keep, seed: u64) {
        let log = &self.streams;
        *log.reservoir.lock() = Reservoir::new(keep);
        let limit = log.reservoir.lock().limit();
        log.limit.store(limit, Relaxed);
        let _ = log.on.set(seed);
    }

    /// Registers the start of a stream. `None` if streams are not kept.
    pub(crate) fn begin_stream(&self) -> Option<StreamTicket> {
        let seed = self.streams.on.get()?;
        let id = self.streams.ids.fetch_add(1, Relaxed) + 1;
        let priority = mixed(id.wrapping_add(*seed));
        Some(StreamTicket {
            id,
            priority,
            sampled: priority <= self.streams.limit.load(Relaxed),
        })
    }

    /// Registers the end of a stream. `stream` is called only if the stream is kept.
    pub(crate) fn end_stream(
        &self,
        ticket: StreamTicket,
        failed: bool,
        stream: impl FnOnce() -> SampledStream,
    ) {
        let log = &self.streams;
        let among_failed = failed && log.failed.load(Relaxed) < Reservoir::FAILED as u64;
        let in_sample = ticket.priority <= log.limit.load(Relaxed);
        let (id, priority) = (ticket.id, ticket.priority);
        if log.on.get().is_none() || !(among_failed || in_sample) {
            return;
        }
        let stream = SampledStream {
            id,
            priority,
            ..stream()
        };
        let mut reservoir = log.reservoir.lock();
        reservoir.add(stream);
        log.limit.store(reservoir.limit(), Relaxed);
        log.failed.store(reservoir.failed as u64, Relaxed);
    }

    /// The streams added since the last call, and the numbers of those removed from the sample.
    pub(crate) fn stream_changes(&self) -> (Vec<SampledStream>, Vec<u64>) {
        self.streams.reservoir.lock().changes()
    }

    /// The number of streams that have begun.
    pub(crate) fn streams_seen(&self) -> u64 {
        self.streams.ids.load(Relaxed)
    }

    /// Takes all kept streams at the end.
    pub(crate) fn take_streams(&self) -> Vec<SampledStream> {
        std::mem::take(&mut *self.streams.reservoir.lock()).into_streams()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(keep: Keep, streams: u64, fails: impl Fn(u64) -> bool) -> std::sync::Arc<Registry> {
        let registry = Registry::new(Vec::new());
        registry.keep_streams(keep, 7);
        for n in 0..streams {
            let ticket = registry.begin_stream().unwrap();
            registry.end_stream(ticket, fails(n), || SampledStream {
                start: Duration::from_millis(n),
                end: if fails(n) {
                    "reset".into()
                } else {
                    "ok".into()
                },
                ..SampledStream::default()
            });
        }
        registry
    }

    #[test]
    fn a_sample_is_bounded_and_spread_over_the_run() {
        let registry = run(Keep::Sample, 50_000, |_| false);
        assert_eq!(registry.streams_seen(), 50_000);
        let streams = registry.take_streams();
        assert_eq!(streams.len(), Reservoir::SAMPLE);
        let early = streams
            .iter()
            .filter(|s| s.start < Duration::from_secs(25))
            .count();
        assert!((850..1150).contains(&early), "{early} of the first half");
    }

    #[test]
    fn failed_streams_are_kept_in_addition_up_to_a_bound() {
        let registry = run(Keep::Sample, 20_000, |n| n % 10 == 0);
        let streams = registry.take_streams();
        let failed = streams.iter().filter(|stream| stream.failed()).count();
        assert!(failed >= Reservoir::FAILED);
        assert_eq!(streams.len(), Reservoir::SAMPLE + Reservoir::FAILED);
    }

    #[test]
    fn applying_all_changes_gives_the_same_sample() {
        let registry = Registry::new(Vec::new());
        registry.keep_streams(Keep::Sample, 3);
        let mut known = std::collections::BTreeSet::new();
        for _ in 0..20 {
            for _ in 0..1_000 {
                let ticket = registry.begin_stream().unwrap();
                registry.end_stream(ticket, false, || SampledStream {
                    end: "ok".into(),
                    ..SampledStream::default()
                });
            }
            let (new, gone) = registry.stream_changes();
            known.extend(new.iter().map(|stream| stream.id));
            for id in gone {
                known.remove(&id);
            }
        }
        let last: std::collections::BTreeSet<u64> = registry
            .take_streams()
            .iter()
            .map(|stream| stream.id)
            .collect();
        assert_eq!(known, last);
    }

    #[test]
    fn all_keeps_every_stream_and_none_keeps_nothing() {
        assert_eq!(run(Keep::All, 5_000, |_| false).take_streams().len(), 5_000);
        assert!(run(Keep::None, 5_000, |_| true).take_streams().is_empty());
        let registry = Registry::new(Vec::new());
        assert!(registry.begin_stream().is_none());
    }
}

//! Individual samples for the outputs, in bounded memory.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use super::{MetricId, MetricKind, Registry, Tags};
use crate::sync::{Mutex, PerThread};

/// One recorded sample of a metric.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Sample<'a> {
    /// The metric, with its kind and unit.
    pub metric: MetricId,
    /// The metric's name.
    pub name: &'a str,
    /// When it was recorded, by the clock given to [`Registry::keep_samples`]; in outputs, since the Unix epoch.
    pub time: Duration,
    /// The value, in seconds for times and bytes for data.
    pub value: f64,
    /// All tags of the sample.
    pub tags: &'a Tags,
}

/// Returns the time of a sample.
type Clock = Box<dyn Fn() -> Duration + Send + Sync>;

/// Samples that were not taken yet, in one log per recorder, so that threads do not contend.
#[derive(Default)]
pub(super) struct SampleLogs {
    clock: OnceLock<Clock>,
    logs: PerThread<Mutex<SampleLog>>,
}

/// The samples of one recorder since they were last taken.
#[derive(Debug, Default)]
pub(super) struct SampleLog {
    kept: Vec<LoggedSample>,
    /// Samples dropped because the log was full.
    dropped: u64,
}

impl SampleLog {
    /// Takes all samples and keeps capacity for as many.
    fn take(&mut self) -> Self {
        let room = Self {
            kept: Vec::with_capacity(self.kept.len()),
            dropped: 0,
        };
        std::mem::replace(self, room)
    }
}

#[derive(Debug)]
struct LoggedSample {
    metric: MetricId,
    /// The number of times that the value was recorded.
    n: u64,
    time: Duration,
    value: f64,
    tags: Tags,
}

/// Samples per block.
const BLOCK: usize = 1024;

impl SampleLogs {
    /// The log of a new recorder; `None` if samples are not kept.
    pub(super) fn add(&self) -> Option<Arc<Mutex<SampleLog>>> {
        self.clock.get()?;
        Some(self.logs.add(Mutex::default()))
    }

    fn now(&self) -> Duration {
        self.clock.get().map_or(Duration::ZERO, |clock| clock())
    }
}

impl fmt::Debug for SampleLogs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SampleLogs")
            .field("on", &self.clock.get().is_some())
            .finish_non_exhaustive()
    }
}

/// A log, and the time of the first sample of a batch, which all its samples share.
#[derive(Debug)]
pub(super) struct LogEntry<'a> {
    /// Locked for each sample, so that ending a batch costs nothing when samples are not kept.
    log: &'a Mutex<SampleLog>,
    time: Option<Duration>,
}

impl<'a> LogEntry<'a> {
    pub(super) fn begin(log: &'a Mutex<SampleLog>) -> Self {
        Self { log, time: None }
    }

    #[cold]
    pub(super) fn keep(
        &mut self,
        logs: &SampleLogs,
        metric: MetricId,
        value: f64,
        n: u64,
        tags: &Tags,
    ) {
        // The samples of a counter are added up: there may be billions, such as starts that were dropped.
        let (value, n) = match metric.kind() {
            MetricKind::Counter => ((value * n as f64).min(f64::MAX), 1),
            MetricKind::Gauge => (value, 1),
            MetricKind::Rate | MetricKind::Trend => (value, n),
        };
        let time = *self.time.get_or_insert_with(|| logs.now());
        let mut log = self.log.lock();
        if log.kept.len() >= Registry::MAX_WAITING {
            log.dropped = log.dropped.saturating_add(n);
            return;
        }
        log.kept.push(LoggedSample {
            metric,
            n,
            time,
            value,
            tags: tags.clone(),
        });
    }
}

impl Registry {
    /// The maximum number of samples of a recorder that wait for [`Registry::take_samples`]. Further ones are aggregated as
    /// usual but not kept individually, so that recording neither waits nor fills the memory.
    pub const MAX_WAITING: usize = 1 << 20;

    /// Makes new recorders also keep each sample, with its tags and the time of `clock`, until it is taken. The caller has to
    /// take samples often. Only the first call has an effect.
    pub fn keep_samples(&self, clock: impl Fn() -> Duration + Send + Sync + 'static) {
        let _ = self.logs.clock.set(Box::new(clock));
    }

    /// Passes the samples kept since the last call to `take`, in blocks, and returns the number of dropped samples. The
    /// samples of one recorder are in order; those of several recorders are not sorted.
    pub fn take_samples(&self, mut take: impl FnMut(&[Sample<'_>])) -> u64 {
        let mut dropped = 0;
        for log in self.logs.logs.all() {
            let SampleLog { kept, dropped: n } = log.lock().take();
            dropped += n;
            // All metrics in the log are registered.
            let metrics = self.metrics();
            let mut block = Vec::with_capacity(BLOCK.min(kept.len()));
            let samples = kept.iter().flat_map(|kept| {
                let sample = Sample {
                    metric: kept.metric,
                    name: &metrics[kept.metric.index as usize].name,
                    time: kept.time,
                    value: kept.value,
                    tags: &kept.tags,
                };
                (0..kept.n).map(move |_| sample)
            });
            for sample in samples {
                block.push(sample);
                if block.len() == BLOCK {
                    take(&block);
                    block.clear();
                }
            }
            if !block.is_empty() {
                take(&block);
            }
        }
        dropped
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::metrics::Unit;

    /// A registry that keeps samples, with a clock that advances by a second on each reading.
    fn keeping() -> Arc<Registry> {
        let registry = Registry::new(Vec::new());
        let ticks = AtomicU64::new(0);
        registry.keep_samples(move || Duration::from_secs(ticks.fetch_add(1, Ordering::Relaxed)));
        registry
    }

    fn taken(registry: &Registry) -> Vec<String> {
        let mut lines = Vec::new();
        registry.take_samples(|samples| {
            lines.extend(samples.iter().map(|s| {
                let seconds = s.time.as_secs();
                format!("{seconds} {} {} {}", s.name, s.value, s.tags)
            }));
        });
        lines
    }

    #[test]
    fn samples_are_taken_once_in_the_order_of_recording() {
        let registry = keeping();
        let recorder = registry.recorder();
        let trend = registry
            .register("trend", MetricKind::Trend, Unit::Plain)
            .unwrap();
        let base = Tags::new().with("scenario", "a");
        recorder.add(&recorder.series(trend, &base), 1.5);
        recorder.add_tagged(trend, &base, &Tags::new().with("user", "x"), 2.5);
        recorder.add_n(&recorder.series(trend, &Tags::new()), 0.0, 2);
        let reqs = recorder.series(registry.builtin().http_reqs, &Tags::new());
        recorder.add_n(&reqs, 1.0, 1_000_000_000);
        recorder.add(&reqs, -1.0);
        recorder.add(&reqs, f64::NAN);
        assert_eq!(
            taken(&registry),
            [
                "0 trend 1.5 scenario:a",
                "1 trend 2.5 scenario:a,user:x",
                "2 trend 0 ",
                "2 trend 0 ",
                "3 http_reqs 1000000000 ",
            ]
        );
        assert!(taken(&registry).is_empty());
    }

    #[test]
    fn samples_of_one_batch_have_one_time() {
        let registry = keeping();
        let recorder = registry.recorder();
        let series = recorder.series(registry.builtin().sse_event, &Tags::new());
        for _ in 0..2 {
            let mut batch = recorder.batch();
            batch.add(&series, 1.0);
            batch.add(&series, 2.0);
        }
        assert_eq!(
            taken(&registry),
            [
                "0 sse_event 1 ",
                "0 sse_event 2 ",
                "1 sse_event 1 ",
                "1 sse_event 2 "
            ]
        );
    }

    #[test]
    fn samples_of_a_dropped_recorder_are_kept() {
        let registry = keeping();
        let recorder = registry.recorder();
        recorder.add(&recorder.series(registry.builtin().vus, &Tags::new()), 3.0);
        drop(recorder);
        assert_eq!(taken(&registry), ["0 vus 3 "]);
        assert!(registry.logs.logs.all().is_empty());
    }

    #[test]
    fn samples_are_kept_only_on_request() {
        let registry = Registry::new(Vec::new());
        let recorder = registry.recorder();
        recorder.add(&recorder.series(registry.builtin().vus, &Tags::new()), 3.0);
        assert!(taken(&registry).is_empty());
    }

    #[test]
    fn waiting_samples_are_bounded_and_dropped_ones_are_counted() {
        let registry = keeping();
        let recorder = registry.recorder();
        let series = recorder.series(registry.builtin().sse_event_gap, &Tags::new());
        let more = 10;
        for _ in 0..Registry::MAX_WAITING + more {
            recorder.add(&series, 0.5);
        }
        let mut count = 0;
        let dropped = registry.take_samples(|samples| count += samples.len());
        assert_eq!((count, dropped), (Registry::MAX_WAITING, more as u64));
        // The totals contain all of them, and there is room again.
        recorder.add(&series, 0.5);
        assert_eq!(taken(&registry).len(), 1);
        let mut totals = crate::metrics::Totals::new();
        totals.collect(&registry);
        let Some(crate::metrics::Sink::Trend(trend)) = totals.sink(series.metric().sink()) else {
            panic!("a trend");
        };
        assert_eq!(trend.count(), (Registry::MAX_WAITING + more + 1) as u64);
    }
}

use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use self::remote::next_sink;
use super::builtin::{Builtin, BuiltinMetric, Llm, valid_name};
use super::id::{MetricId, SeriesRef, SinkId};
use super::known::{Known, MetricsVersion};
use super::samples::SampleLogs;
use super::split::{self, Split};
use super::streams::StreamLog;
use super::totals::SinkTable;
use super::{MetricError, MetricKind, Recorder, Selector, Series, SeriesRole, Tags, Unit, Warning};
use crate::spans::Spans;
use crate::sync::{Mutex, PerThread, RwLock};
use crate::units;

/// The metrics of a run and their sub-metrics. Shared by all threads; its locks are held for nanoseconds.
#[derive(Debug)]
pub struct Registry {
    /// The declared sub-metrics; their metrics may be registered later.
    selectors: RwLock<Vec<Selector>>,
    metrics: RwLock<Metrics>,
    /// The version of `metrics`, changed under its lock.
    version: MetricsVersion,
    builtin: Builtin,
    llm: OnceLock<Llm>,
    sinks: AtomicU32,
    /// The number of values set to gauges, which orders them over all workers.
    settings: AtomicU64,
    /// The shard of each recorder.
    pub(super) shards: PerThread<Mutex<SinkTable>>,
    /// The individual samples, if an output needs them.
    pub(super) logs: SampleLogs,
    /// The sampled streams, if the run is recorded.
    pub(super) streams: StreamLog,
    /// The spans of requests, if traces are pushed.
    spans: OnceLock<Arc<Spans>>,
    warnings: Mutex<Vec<Warning>>,
}

#[derive(Debug, Default)]
struct Metrics {
    list: Vec<Arc<RegisteredMetric>>,
    by_name: HashMap<String, MetricId>,
}

/// A metric and its sub-metrics.
#[derive(Debug, Clone)]
pub(super) struct RegisteredMetric {
    pub(super) name: String,
    pub(super) id: MetricId,
    /// The sub-metrics declared by their tags.
    pub(super) filters: Vec<(Tags, SinkId)>,
    /// The splits by the value of a tag.
    pub(super) splits: Vec<Arc<Split>>,
    /// The split by the tags given with the samples.
    pub(super) own: Arc<Split>,
}

impl RegisteredMetric {
    /// Whether samples must be matched with filters or splits.
    fn has_sub_metrics(&self) -> bool {
        !self.filters.is_empty() || !self.splits.is_empty()
    }

    /// The series of the metric: the whole, the declared sub-metrics, and those seen so far.
    pub(super) fn series(&self) -> Vec<(Tags, SinkId, SeriesRole)> {
        let declared = self.filters.iter().cloned();
        let mut parts = vec![(Tags::new(), self.id.sink, SeriesRole::Whole)];
        parts.extend(declared.map(|(tags, sink)| (tags, sink, SeriesRole::SubMetric)));
        for (n, split) in self.splits.iter().enumerate() {
            // The first split of `checks` has the checks.
            let part = if n == 0 && self.name == "checks" {
                SeriesRole::Check
            } else {
                split.role()
            };
            let seen = split.sub_metrics().into_iter();
            parts.extend(seen.map(|(tags, sink)| (tags, sink, part)));
        }
        let own = self.own.sub_metrics().into_iter();
        parts.extend(own.map(|(tags, sink)| (tags, sink, SeriesRole::SubMetric)));
        // If a sub-metric is declared twice, the first has all samples.
        let mut known = HashSet::new();
        parts.retain(|(tags, _, part)| known.insert((tags.clone(), *part)));
        parts
    }
}

impl Registry {
    /// A registry with the built-in metrics and the declared sub-metrics. Selectors may name metrics that are registered
    /// later.
    pub fn new(selectors: Vec<Selector>) -> Arc<Self> {
        let metrics = RwLock::default();
        let sinks = AtomicU32::new(0);
        let Ok(builtin) = Builtin::register(|metric| {
            let BuiltinMetric {
                name, kind, unit, ..
            } = *metric;
            let mut metrics = metrics.write();
            let split = metric.split();
            let id = add(&mut metrics, &sinks, &selectors, name, (kind, unit), split);
            Ok::<_, Infallible>(id)
        });
        Arc::new(Self {
            selectors: RwLock::new(selectors),
            metrics,
            version: MetricsVersion::default(),
            builtin,
            llm: OnceLock::new(),
            sinks,
            settings: AtomicU64::new(0),
            shards: PerThread::default(),
            logs: SampleLogs::default(),
            streams: StreamLog::default(),
            spans: OnceLock::new(),
            warnings: Mutex::default(),
        })
    }

    /// Registers a metric. Registering the same name, kind and unit again returns the same metric.
    pub fn register(
        &self,
        name: &str,
        kind: MetricKind,
        unit: Unit,
    ) -> Result<MetricId, MetricError> {
        check_name(name, valid_name(name))?;
        self.register_split(name, (kind, unit), None)
    }

    fn register_split(
        &self,
        name: &str,
        asked: (MetricKind, Unit),
        split: Option<Split>,
    ) -> Result<MetricId, MetricError> {
        let mut metrics = self.metrics.write();
        if let Some(&id) = metrics.by_name.get(name) {
            let is = (id.kind, id.unit);
            return (is == asked).then_some(id).ok_or(MetricError::Clash {
                name: name.to_owned(),
                is,
                asked,
            });
        }
        self.version.change();
        let selectors = self.selectors.read();
        let id = add(&mut metrics, &self.sinks, &selectors, name, asked, split);
        Ok(id)
    }

    /// Declares more sub-metrics, of registered metrics and of later ones. They do not contain earlier samples, so call this
    /// before the first sample.
    pub(crate) fn declare(&self, selectors: &[Selector]) {
        let mut metrics = self.metrics.write();
        self.version.change();
        self.selectors.write().extend_from_slice(selectors);
        for metric in &mut metrics.list {
            // Workers use their copy of the metric until they see the new version.
            let mut new = RegisteredMetric::clone(metric);
            add_filters(&mut new.filters, &new.name, selectors, &self.sinks);
            let splits = split::declared(&new.name, selectors).into_iter();
            new.splits.extend(splits.map(Arc::new));
            *metric = Arc::new(new);
        }
    }

    /// The built-in metrics.
    pub fn builtin(&self) -> &Builtin {
        &self.builtin
    }

    /// The metrics of language models, registered on first use. Fails if one of their names belongs to a metric of another kind.
    pub fn register_llm(&self) -> Result<&Llm, MetricError> {
        if let Some(llm) = self.llm.get() {
            return Ok(llm);
        }
        let llm = Llm::register(|metric| {
            self.register_split(metric.name, (metric.kind, metric.unit), metric.split())
        })?;
        Ok(self.llm.get_or_init(|| llm))
    }

    /// The metric of that name.
    pub fn metric(&self, name: &str) -> Option<MetricId> {
        self.metrics.read().by_name.get(name).copied()
    }

    /// The series that a selector names.
    pub(crate) fn target(&self, selector: &Selector) -> Result<SeriesRef, MetricError> {
        let not_declared = || MetricError::NotDeclared {
            selector: selector.to_string(),
        };
        let Selector::Filter { metric: name, tags } = selector else {
            return Err(not_declared());
        };
        let id = self.metric(name).ok_or_else(|| self.unknown(name))?;
        let sink = if tags.is_empty() {
            id.sink
        } else {
            let metric = self.get(id);
            let part = metric.filters.iter().find(|(filter, _)| filter == tags);
            part.ok_or_else(not_declared)?.1
        };
        Ok(SeriesRef {
            sink,
            kind: id.kind,
            unit: id.unit,
        })
    }

    fn unknown(&self, name: &str) -> MetricError {
        let metrics = self.metrics.read();
        let nearest = units::nearest(name, metrics.by_name.keys().map(String::as_str));
        MetricError::Unknown {
            name: name.to_owned(),
            nearest: nearest.map(str::to_owned),
        }
    }

    /// Creates a recorder with its own shard, one for each worker thread.
    pub fn recorder(self: &Arc<Self>) -> Recorder {
        Recorder {
            registry: Arc::clone(self),
            shard: self.shards.add(Mutex::default()),
            known: Arc::default(),
            log: self.logs.add(),
            spans: self.spans.get().map(Spans::log),
        }
    }

    /// Lets new recorders add the spans of their requests to `spans`. Only the first call has an effect.
    pub(crate) fn keep_spans(&self, spans: Arc<Spans>) {
        let _ = self.spans.set(spans);
    }

    /// Warnings for the user since the last call.
    pub(crate) fn take_warnings(&self) -> Vec<Warning> {
        std::mem::take(&mut *self.warnings.lock())
    }

    /// The number of metrics and sub-metrics.
    pub(crate) fn sink_count(&self) -> usize {
        self.sinks.load(Ordering::Relaxed) as usize
    }

    /// Resolves a metric with the tags of the context, `base`, and those given with the sample, `own`.
    pub(super) fn series(
        &self,
        known: &mut Known,
        id: MetricId,
        base: &Tags,
        own: &Tags,
    ) -> Series {
        known.refresh(&self.version, || self.metrics.read().list.clone());
        let Some(metric) = known.get(id) else {
            return Series::new(id, None);
        };
        if !metric.has_sub_metrics() && own.is_empty() {
            return Series::new(id, None);
        }
        if own.is_empty()
            && let Some(parts) = known.sub_metrics(id, base)
        {
            return Series::new(id, parts);
        }
        let tags = &base.merged(own);
        let mut parts: Vec<SinkId> = metric
            .filters
            .iter()
            .filter(|(f, _)| tags.contains(f))
            .map(|&(_, sink)| sink)
            .collect();
        let splits = metric.splits.iter().map(|split| (split, tags));
        for (split, tags) in splits.chain([(&metric.own, own)]) {
            let (part, warning) = split.sub_metric(&metric.name, tags, || next_sink(&self.sinks));
            parts.extend(part);
            if let Some(warning) = warning {
                self.warnings.lock().push(warning);
            }
        }
        let parts = (!parts.is_empty()).then(|| parts.into());
        // Sub-metrics are never removed, so the result is valid until the metrics change.
        if own.is_empty() {
            known.remember(id, base, &parts);
        }
        Series::new(id, parts)
    }

    /// The next sequence number of a gauge, from 1.
    pub(super) fn next_setting(&self) -> u64 {
        self.settings.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// All metrics in the order of registration.
    pub(super) fn metrics(&self) -> Vec<Arc<RegisteredMetric>> {
        self.metrics.read().list.clone()
    }

    fn get(&self, id: MetricId) -> Arc<RegisteredMetric> {
        Arc::clone(&self.metrics.read().list[id.index as usize])
    }
}

fn check_name(name: &str, is_valid: bool) -> Result<(), MetricError> {
    let name = name.to_owned();
    is_valid.then_some(()).ok_or(MetricError::BadName { name })
}

fn add(
    metrics: &mut Metrics,
    sinks: &AtomicU32,
    selectors: &[Selector],
    name: &str,
    (kind, unit): (MetricKind, Unit),
    split: Option<Split>,
) -> MetricId {
    let sink = next_sink(sinks);
    let mut filters = Vec::new();
    add_filters(&mut filters, name, selectors, sinks);
    let splits = split.into_iter().chain(split::declared(name, selectors));
    let index = u32::try_from(metrics.list.len()).unwrap_or(u32::MAX);
    let id = MetricId {
        index,
        sink,
        kind,
        unit,
    };
    let own = Arc::new(Split::by_own_tags());
    let splits = splits.map(Arc::new).collect();
    metrics.by_name.insert(name.to_owned(), id);
    metrics.list.push(Arc::new(RegisteredMetric {
        name: name.to_owned(),
        id,
        filters,
        splits,
        own,
    }));
    id
}

fn add_filters(
    filters: &mut Vec<(Tags, SinkId)>,
    name: &str,
    selectors: &[Selector],
    sinks: &AtomicU32,
) {
    for selector in selectors {
        if let Selector::Filter { metric, tags } = selector
            && metric == name
            && !tags.is_empty()
            && filters.iter().all(|(known, _)| known != tags)
        {
            filters.push((tags.clone(), next_sink(sinks)));
        }
    }
}

mod remote;
mod scraped;

#[cfg(test)]
mod tests;

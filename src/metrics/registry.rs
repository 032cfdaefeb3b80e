use std::collections::{HashMap, HashSet};
use std::convert::Infallible;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, RwLock};

use self::place::next_sink;
use super::builtin::{Builtin, BuiltinMetric, Llm, valid_name};
use super::id::{MetricId, SinkId, Target};
use super::known::{Known, Version};
use super::locks::{lock, read, write};
use super::samples::Logs;
use super::split::{self, Split};
use super::streams::StreamLog;
use super::totals::Table;
use super::{Kind, MetricError, Part, Recorder, Selector, Series, Tags, Unit, Warning};
use crate::spans::Spans;
use crate::units;

/// The metrics of a run and the parts they are broken into. Shared by all threads.
///
/// What it locks, it locks for nanoseconds.
#[derive(Debug)]
pub struct Registry {
    /// Parts that were declared; metrics may be registered after.
    selectors: RwLock<Vec<Selector>>,
    metrics: RwLock<Metrics>,
    /// That of `metrics`, changed under its lock.
    version: Version,
    builtin: Builtin,
    llm: OnceLock<Llm>,
    sinks: AtomicU32,
    /// Orders the settings of gauges over all workers.
    settings: AtomicU64,
    shards: Mutex<Vec<Arc<Mutex<Table>>>>,
    /// Samples one by one, if somebody asked for them.
    pub(super) logs: Logs,
    /// Streams by themselves, if somebody asked for them.
    pub(super) streams: StreamLog,
    /// Requests by themselves, for a system of traces, if somebody asked for them.
    spans: OnceLock<Arc<Spans>>,
    warnings: Mutex<Vec<Warning>>,
}

#[derive(Debug, Default)]
struct Metrics {
    list: Vec<Arc<Metric>>,
    by_name: HashMap<String, MetricId>,
}

/// One metric and its parts.
#[derive(Debug, Clone)]
pub(super) struct Metric {
    pub(super) name: String,
    pub(super) id: MetricId,
    /// Parts declared by their tags.
    pub(super) filters: Vec<(Tags, SinkId)>,
    /// Parts by the value of a tag.
    pub(super) splits: Vec<Arc<Split>>,
    /// Parts by the tags given with a sample itself.
    pub(super) own: Arc<Split>,
}

impl Metric {
    /// Whether there are filters or splits, which samples have to be matched with.
    fn has_parts(&self) -> bool {
        !self.filters.is_empty() || !self.splits.is_empty()
    }

    /// All that is summed up of it, each part once: the whole, the parts that were declared, and those seen so far.
    pub(super) fn parts(&self) -> Vec<(Tags, SinkId, Part)> {
        let declared = self.filters.iter().cloned();
        let mut parts = vec![(Tags::new(), self.id.sink, Part::Whole)];
        parts.extend(declared.map(|(tags, sink)| (tags, sink, Part::Tagged)));
        for (n, split) in self.splits.iter().enumerate() {
            // The checks are the first split of their metric.
            let part = if n == 0 && self.name == "checks" {
                Part::Check
            } else {
                split.kind()
            };
            let seen = split.parts().into_iter();
            parts.extend(seen.map(|(tags, sink)| (tags, sink, part)));
        }
        let own = self.own.parts().into_iter();
        parts.extend(own.map(|(tags, sink)| (tags, sink, Part::Tagged)));
        // A part may have been asked for twice; the first has all its samples.
        let mut known = HashSet::new();
        parts.retain(|(tags, _, part)| known.insert((tags.clone(), *part)));
        parts
    }
}

impl Registry {
    /// A registry with the built-in metrics, and with what the run breaks metrics down by. Selectors name metrics that
    /// may be registered later.
    pub fn new(selectors: Vec<Selector>) -> Arc<Self> {
        let metrics = RwLock::default();
        let sinks = AtomicU32::new(0);
        let Ok(builtin) = Builtin::register(|metric| {
            let BuiltinMetric {
                name, kind, unit, ..
            } = *metric;
            let mut metrics = write(&metrics);
            let split = metric.split();
            let id = add(&mut metrics, &sinks, &selectors, name, (kind, unit), split);
            Ok::<_, Infallible>(id)
        });
        Arc::new(Self {
            selectors: RwLock::new(selectors),
            metrics,
            version: Version::default(),
            builtin,
            llm: OnceLock::new(),
            sinks,
            settings: AtomicU64::new(0),
            shards: Mutex::default(),
            logs: Logs::default(),
            streams: StreamLog::default(),
            spans: OnceLock::new(),
            warnings: Mutex::default(),
        })
    }

    /// Registers a metric. The same name with the same kind and unit gives the same metric again.
    pub fn register(&self, name: &str, kind: Kind, unit: Unit) -> Result<MetricId, MetricError> {
        check_name(name, valid_name(name))?;
        self.register_split(name, (kind, unit), None)
    }

    fn register_split(
        &self,
        name: &str,
        asked: (Kind, Unit),
        split: Option<Split>,
    ) -> Result<MetricId, MetricError> {
        let mut metrics = write(&self.metrics);
        if let Some(&id) = metrics.by_name.get(name) {
            let is = (id.kind, id.unit);
            return (is == asked).then_some(id).ok_or(MetricError::Clash {
                name: name.to_owned(),
                is,
                asked,
            });
        }
        self.version.change();
        let selectors = read(&self.selectors);
        let id = add(&mut metrics, &self.sinks, &selectors, name, asked, split);
        Ok(id)
    }

    /// Declares further parts of metrics, registered ones and those to come. What was recorded before is not in them, so
    /// this is for the time before the first sample.
    pub fn declare(&self, selectors: &[Selector]) {
        let mut metrics = write(&self.metrics);
        self.version.change();
        write(&self.selectors).extend_from_slice(selectors);
        for metric in &mut metrics.list {
            // Workers keep the metric that they know until they see the new version.
            let mut new = Metric::clone(metric);
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

    /// The metrics of language models, registered when first asked for. Fails if the run has a metric of another kind
    /// under one of their names.
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
        read(&self.metrics).by_name.get(name).copied()
    }

    /// Where a selector without or with tags leads.
    pub fn target(&self, selector: &Selector) -> Result<Target, MetricError> {
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
        Ok(Target {
            sink,
            kind: id.kind,
            unit: id.unit,
        })
    }

    fn unknown(&self, name: &str) -> MetricError {
        let metrics = read(&self.metrics);
        let nearest = units::nearest(name, metrics.by_name.keys().map(String::as_str));
        MetricError::Unknown {
            name: name.to_owned(),
            nearest: nearest.map(str::to_owned),
        }
    }

    /// A new shard to record into: one for each worker thread.
    pub fn recorder(self: &Arc<Self>) -> Recorder {
        let shard = Arc::new(Mutex::new(Table::default()));
        lock(&self.shards).push(Arc::clone(&shard));
        let spans = self.spans.get().map(Spans::log);
        Recorder::new(Arc::clone(self), shard, self.logs.add(), spans)
    }

    /// From now on requests of new recorders become spans, to be taken by whoever holds `spans`. Only the first call counts.
    pub fn keep_spans(&self, spans: Arc<Spans>) {
        let _ = self.spans.set(spans);
    }

    /// What came up since the last call that a user should know.
    pub fn take_warnings(&self) -> Vec<Warning> {
        std::mem::take(&mut *lock(&self.warnings))
    }

    /// How many sinks there are: metrics and their parts.
    pub fn sink_count(&self) -> usize {
        self.sinks.load(Ordering::Relaxed) as usize
    }

    /// Where samples of the metric go that carry the tags of their surroundings, `base`, and some that were given with
    /// the samples themselves and break the metric down, `own`.
    pub(super) fn series(
        &self,
        known: &mut Known,
        id: MetricId,
        base: &Tags,
        own: &Tags,
    ) -> Series {
        known.refresh(&self.version, || read(&self.metrics).list.clone());
        let Some(metric) = known.get(id) else {
            return Series::new(id, None);
        };
        if !metric.has_parts() && own.is_empty() {
            return Series::new(id, None);
        }
        if own.is_empty()
            && let Some(parts) = known.parts(id, base)
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
            let (part, warning) = split.part(&metric.name, tags, || next_sink(&self.sinks));
            parts.extend(part);
            if let Some(warning) = warning {
                lock(&self.warnings).push(warning);
            }
        }
        let parts = (!parts.is_empty()).then(|| parts.into());
        // A part once made stays, so what was found holds until the metrics change.
        if own.is_empty() {
            known.remember(id, base, &parts);
        }
        Series::new(id, parts)
    }

    /// The next number in the order of settings, from 1.
    pub(super) fn next_setting(&self) -> u64 {
        self.settings.fetch_add(1, Ordering::AcqRel) + 1
    }

    /// All metrics in the order of registration.
    pub(super) fn metrics(&self) -> Vec<Arc<Metric>> {
        read(&self.metrics).list.clone()
    }

    /// The shards with samples to collect. Those whose recorders are gone are handed out for the last time.
    pub(super) fn shards(&self) -> Vec<Arc<Mutex<Table>>> {
        let mut shards = lock(&self.shards);
        let all = shards.clone();
        // One reference is kept here, one just went into `all`.
        shards.retain(|shard| Arc::strong_count(shard) > 2);
        all
    }

    fn get(&self, id: MetricId) -> Arc<Metric> {
        Arc::clone(&read(&self.metrics).list[id.index as usize])
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
    (kind, unit): (Kind, Unit),
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
    metrics.list.push(Arc::new(Metric {
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

mod place;
mod scraped;

#[cfg(test)]
mod tests;

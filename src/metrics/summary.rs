use std::collections::HashMap;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::{
    Catalog, ClientAudit, ClientFacts, Expression, FailureCount, MetricKind, Registry, Selector,
    SeriesInfo, SeriesRef, SeriesRole, Sink, SinkId, Stat, Tags, Threshold, ThresholdError, Totals,
    Unit,
};

/// The result of a run, from which all reports are made.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Summary {
    /// The duration of the run, which all figures per second refer to.
    pub duration: Duration,
    /// All metrics by name, including those without samples.
    pub metrics: Vec<MetricSummary>,
    /// The checks in order of first appearance.
    pub checks: Vec<CheckSummary>,
    /// The thresholds in the given order.
    pub thresholds: Vec<ThresholdSummary>,
    /// Completed iterations.
    pub iterations_complete: u64,
    /// Interrupted iterations.
    pub iterations_interrupted: u64,
    /// The maximum number of concurrently active VUs.
    pub vus: u64,
    /// VUs created.
    pub vus_max: u64,
    /// Rejected samples: not finite, or negative for a counter.
    pub rejected: u64,
    /// Failures by kind, in order of first appearance.
    pub failures: Vec<FailureCount>,
    /// Remarks for the reader, as sentences.
    pub notes: Vec<String>,
    /// The verdict on the client.
    pub client: ClientAudit,
    /// The figures of trends that the run selects.
    pub trend_stats: Vec<Stat>,
    /// The parts of a joined run.
    pub parts: Vec<PartSummary>,
    /// The time between the first and the last start of a part.
    pub start_skew: Option<Duration>,
}

/// Facts about a run beyond its samples.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunFacts {
    /// Its duration.
    pub duration: Duration,
    /// Completed iterations.
    pub iterations_complete: u64,
    /// Interrupted iterations.
    pub iterations_interrupted: u64,
    /// The maximum number of concurrently active VUs.
    pub vus: u64,
    /// VUs created.
    pub vus_max: u64,
}

/// A metric or a sub-metric.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MetricSummary {
    /// Name of the metric.
    pub name: String,
    /// The tags of a sub-metric; empty for the metric itself.
    pub tags: Tags,
    /// The metric's kind.
    pub kind: MetricKind,
    /// The unit of its samples.
    pub unit: Unit,
    /// The aggregated samples; zeros without samples.
    pub values: Sink,
    /// The sub-metrics, sorted by their tags. Those of `checks` are in [`Summary::checks`].
    pub sub_metrics: Vec<Self>,
    /// The duration of the run in seconds, which the rate of a counter refers to.
    seconds: f64,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CheckSummary {
    /// Its name.
    pub name: String,
    /// Its group: `::outer::inner`, or empty.
    pub group: String,
    /// The number of passes.
    pub passes: u64,
    /// The number of failures.
    pub fails: u64,
}

/// One threshold.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ThresholdSummary {
    /// Name of the metric.
    pub metric: String,
    /// The tags of the sub-metric.
    pub tags: Tags,
    /// The metric's kind.
    pub kind: MetricKind,
    /// The unit of its samples.
    pub unit: Unit,
    /// The text of the condition.
    pub source: String,
    /// The figure that is compared.
    #[serde(serialize_with = "text")]
    pub stat: Stat,
    /// The figure at the end of the run; `None` without samples.
    pub value: Option<f64>,
    /// Whether it holds; `None` without samples.
    pub ok: Option<bool>,
}

impl Summary {
    /// The summary of a run.
    pub fn new<'a>(
        registry: &Registry,
        totals: &Totals,
        facts: RunFacts,
        thresholds: impl IntoIterator<Item = &'a Threshold>,
    ) -> Self {
        let catalog = Catalog::of(registry);
        let sinks: Vec<Option<Sink>> = catalog
            .iter()
            .map(|(_, sink)| totals.sink(sink).cloned())
            .collect();
        let thresholds = thresholds.into_iter().map(|threshold| {
            let sink = totals.sink(threshold.target().sink);
            ThresholdSummary::of(threshold, sink, facts.duration)
        });
        Self {
            thresholds: thresholds.collect(),
            rejected: totals.rejected(),
            failures: totals.failures().iter().cloned().collect(),
            ..Self::of(catalog.series(), sinks, facts)
        }
    }

    /// The summary of these series with their totals. Fields that do not follow from samples, such as thresholds, stay empty.
    pub fn of(series: &[SeriesInfo], totals: Vec<Option<Sink>>, facts: RunFacts) -> Self {
        let seconds = facts.duration.as_secs_f64();
        let mut checks = Vec::new();
        let mut metrics: Vec<MetricSummary> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut tagged = Vec::new();
        for (info, sink) in series.iter().zip(totals) {
            match info.role {
                SeriesRole::Whole => {
                    places.insert(&info.metric, metrics.len());
                    metrics.push(MetricSummary::new(info, sink, seconds));
                }
                SeriesRole::Check => checks.extend(check(info, sink)),
                SeriesRole::SubMetric => tagged.push((info, sink)),
                SeriesRole::Labels => {}
            }
        }
        for (info, sink) in tagged {
            if let Some(at) = places.get(info.metric.as_str()) {
                let part = MetricSummary::new(info, sink, seconds);
                metrics[*at].sub_metrics.push(part);
            }
        }
        for metric in &mut metrics {
            metric.sub_metrics.sort_by(|a, b| a.tags.cmp(&b.tags));
        }
        metrics.sort_by_cached_key(|m| (m.name.to_lowercase(), m.name.clone()));
        let client = ClientAudit::audit(&metrics, &ClientFacts::default());
        Self {
            duration: facts.duration,
            metrics,
            checks,
            thresholds: Vec::new(),
            iterations_complete: facts.iterations_complete,
            iterations_interrupted: facts.iterations_interrupted,
            vus: facts.vus,
            vus_max: facts.vus_max,
            rejected: 0,
            failures: Vec::new(),
            notes: Vec::new(),
            client,
            trend_stats: Stat::TREND.to_vec(),
            parts: Vec::new(),
            start_skew: None,
        }
    }

    /// Computes the verdict on the client from the metrics and these facts.
    pub fn audit(&mut self, facts: &ClientFacts) {
        self.client = ClientAudit::audit(&self.metrics, facts);
    }

    /// The metric of that name.
    pub fn metric(&self, name: &str) -> Option<&MetricSummary> {
        self.metrics.iter().find(|metric| metric.name == name)
    }
}

impl MetricSummary {
    fn new(info: &SeriesInfo, sink: Option<Sink>, seconds: f64) -> Self {
        let mut values = sink.unwrap_or_else(|| Sink::new(info.kind, info.unit));
        if let Sink::Trend(trend) = &mut values {
            trend.sort();
        }
        Self {
            name: info.metric.clone(),
            tags: info.tags.clone(),
            kind: info.kind,
            unit: info.unit,
            values,
            sub_metrics: Vec::new(),
            seconds,
        }
    }
}

/// A check; `None` without samples.
fn check(info: &SeriesInfo, sink: Option<Sink>) -> Option<CheckSummary> {
    match sink? {
        Sink::Rate(rate) => Some(CheckSummary {
            name: info.tags.get("check").unwrap_or_default().to_owned(),
            group: info.tags.get("group").unwrap_or_default().to_owned(),
            passes: rate.passes,
            fails: rate.fails(),
        }),
        _ => None,
    }
}

impl ThresholdSummary {
    /// A threshold that was not evaluated yet.
    pub(crate) fn pending(threshold: &Threshold) -> Self {
        Self {
            value: None,
            ok: None,
            ..Self::of(threshold, None, Duration::ZERO)
        }
    }

    fn of(threshold: &Threshold, sink: Option<&Sink>, elapsed: Duration) -> Self {
        let result = threshold.judge(sink, elapsed);
        let selector = threshold.selector();
        Self {
            metric: selector.metric().unwrap_or_default().to_owned(),
            tags: selector.tags(),
            kind: threshold.target().kind,
            unit: threshold.target().unit,
            source: threshold.expression().source.clone(),
            stat: threshold.expression().stat,
            value: result.map(|result| result.value),
            ok: result.map(|result| result.ok),
        }
    }

    /// Evaluates a threshold on the total of a series, in a run that took `elapsed`.
    ///
    /// # Errors
    /// A threshold that does not apply to metrics of this kind and unit.
    pub(crate) fn judge(
        selector: &Selector,
        expression: &Expression,
        (kind, unit): (MetricKind, Unit),
        sink: Option<&Sink>,
        elapsed: Duration,
    ) -> Result<Self, ThresholdError> {
        let target = SeriesRef {
            // Unused, since the sink is given.
            sink: SinkId(0),
            kind,
            unit,
        };
        let threshold = Threshold::on(selector.clone(), expression.clone(), target)?;
        Ok(Self::of(&threshold, sink, elapsed))
    }

    /// The metric or sub-metric, as a selector.
    pub fn selector(&self) -> String {
        self.tags.selector(&self.metric)
    }
}

fn text<S: Serializer>(stat: &Stat, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(stat)
}

mod data;
mod figures;
mod parts;

pub(crate) use self::parts::{PartOutcome, PartSummary};

#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::registry::Metric;
use super::{
    Client, ClientFacts, Counter, Gauge, Kind, Outcome, Rate, Registry, Sink, SinkId, Stat, Tags,
    Threshold, Totals, Trend, Unit, Verdict,
};

/// The result of a run, plain and complete: all that any report is made from.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// How long the run took; every figure per second is over this time.
    #[serde(serialize_with = "seconds")]
    pub duration: Duration,
    /// All metrics by name, those without samples too.
    pub metrics: Vec<MetricSummary>,
    /// The checks in the order in which they were first seen.
    pub checks: Vec<CheckSummary>,
    /// The thresholds in the order in which they were given.
    pub thresholds: Vec<ThresholdSummary>,
    /// Iterations that ran to their end.
    pub iterations_complete: u64,
    /// Iterations that were cut off.
    pub iterations_interrupted: u64,
    /// The most VUs that were at work at once.
    pub vus: u64,
    /// VUs that were made.
    pub vus_max: u64,
    /// Samples that were refused: no finite numbers, or less than zero for a counter.
    pub rejected: u64,
    /// What the reader should know besides, a sentence each.
    pub notes: Vec<String>,
    /// Whether the figures are those of the server, or of the program that made the load.
    pub client: Client,
}

/// What a run knows about itself besides its samples.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunFacts {
    /// How long it took.
    pub duration: Duration,
    /// Iterations that ran to their end.
    pub iterations_complete: u64,
    /// Iterations that were cut off.
    pub iterations_interrupted: u64,
    /// The most VUs that were at work at once.
    pub vus: u64,
    /// VUs that were made.
    pub vus_max: u64,
}

/// One metric.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct MetricSummary {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// What its samples measure.
    pub unit: Unit,
    /// Whether it has no sample; its values are then zeros.
    pub empty: bool,
    /// What its samples sum up to.
    pub values: Values,
    /// Its parts, sorted by their tags. Those of `checks` are in [`Summary::checks`].
    pub sub_metrics: Vec<SubMetric>,
}

/// The part of a metric whose samples carry certain tags.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct SubMetric {
    /// The tags.
    pub tags: Tags,
    /// Whether it has no sample; its values are then zeros.
    pub empty: bool,
    /// What its samples sum up to.
    pub values: Values,
}

/// What samples sum up to.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Values {
    /// Of a counter.
    Counter {
        /// The sum.
        count: f64,
        /// The sum per second of the run.
        rate: f64,
    },
    /// Of a gauge.
    Gauge(Gauge),
    /// Of a rate.
    Rate(Rate),
    /// Of a trend.
    Trend(Trend),
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CheckSummary {
    /// What it is called.
    pub name: String,
    /// The group it was made in: `::outer::inner`, or nothing.
    pub group: String,
    /// How often it held.
    pub passes: u64,
    /// How often it did not.
    pub fails: u64,
}

/// One threshold.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ThresholdSummary {
    /// Name of the metric.
    pub metric: String,
    /// Tags that select a part of it.
    pub tags: Tags,
    /// The metric's kind.
    pub kind: Kind,
    /// What its samples measure.
    pub unit: Unit,
    /// What was demanded, as it was written.
    pub source: String,
    /// The figure it looks at.
    #[serde(serialize_with = "text")]
    pub stat: Stat,
    /// The figure at the end of the run; `None` without samples.
    pub value: Option<f64>,
    /// Whether it holds; `None` without samples.
    pub ok: Option<bool>,
}

impl Summary {
    /// Sums a run up.
    pub fn new(
        registry: &Registry,
        totals: &Totals,
        facts: RunFacts,
        thresholds: &[Threshold],
    ) -> Self {
        let all = registry.metrics();
        let seconds = facts.duration.as_secs_f64();
        let mut metrics: Vec<_> = all.iter().map(|m| metric(m, totals, seconds)).collect();
        metrics.sort_by_cached_key(|m| (m.name.to_lowercase(), m.name.clone()));
        let checks = registry.builtin().checks;
        let client = Client::audit(&metrics, &ClientFacts::default());
        Self {
            duration: facts.duration,
            metrics,
            checks: all
                .iter()
                .find(|m| m.id == checks)
                .map(|m| check_list(m, totals))
                .unwrap_or_default(),
            thresholds: thresholds
                .iter()
                .map(|t| threshold(t, totals, facts.duration))
                .collect(),
            iterations_complete: facts.iterations_complete,
            iterations_interrupted: facts.iterations_interrupted,
            vus: facts.vus,
            vus_max: facts.vus_max,
            rejected: totals.rejected(),
            notes: Vec::new(),
            client,
        }
    }

    /// Judges the client by what is known of it besides the metrics.
    pub fn audit(&mut self, facts: &ClientFacts) {
        self.client = Client::audit(&self.metrics, facts);
    }

    /// The metric of that name.
    pub fn metric(&self, name: &str) -> Option<&MetricSummary> {
        self.metrics.iter().find(|metric| metric.name == name)
    }
}

impl Values {
    /// A figure; `None` for those that the kind of metric does not have.
    pub fn stat(&self, stat: Stat) -> Option<f64> {
        match (self, stat) {
            (Self::Counter { count, .. }, Stat::Count) => Some(*count),
            (Self::Counter { rate, .. }, Stat::Rate) => Some(*rate),
            (Self::Gauge(gauge), Stat::Value) => Some(gauge.value),
            (Self::Rate(rate), Stat::Rate) => Some(rate.rate()),
            (Self::Trend(trend), stat) => trend.stat(stat),
            _ => None,
        }
    }

    fn new(sink: Sink, seconds: f64) -> Self {
        match sink {
            Sink::Counter(Counter { count, .. }) => Self::Counter {
                count,
                rate: if seconds > 0.0 { count / seconds } else { 0.0 },
            },
            Sink::Gauge(gauge) => Self::Gauge(gauge),
            Sink::Rate(rate) => Self::Rate(rate),
            Sink::Trend(mut trend) => {
                trend.sort();
                Self::Trend(trend)
            }
        }
    }
}

fn metric(metric: &Metric, totals: &Totals, seconds: f64) -> MetricSummary {
    let values = |sink: SinkId| {
        let sink = totals.sink(sink).cloned();
        let empty = sink.is_none();
        let sink = sink.unwrap_or_else(|| Sink::new(metric.id.kind(), metric.id.unit()));
        (empty, Values::new(sink, seconds))
    };
    let (empty, all) = values(metric.id.sink());
    let mut parts = metric.filters.clone();
    parts.extend(
        metric
            .splits
            .iter()
            .skip(usize::from(metric.name == "checks"))
            .flat_map(|split| split.parts()),
    );
    parts.extend(metric.own.parts());
    // A part may have been asked for twice; the sort is stable, so the declared one stays.
    parts.sort_by(|a, b| a.0.cmp(&b.0));
    parts.dedup_by(|later, kept| later.0 == kept.0);
    let sub_metrics = parts
        .into_iter()
        .map(|(tags, sink)| {
            let (empty, values) = values(sink);
            SubMetric {
                tags,
                empty,
                values,
            }
        })
        .collect();
    MetricSummary {
        name: metric.name.clone(),
        kind: metric.id.kind(),
        unit: metric.id.unit(),
        empty,
        values: all,
        sub_metrics,
    }
}

/// The parts of the metric `checks` by name and group, which is its first split.
fn check_list(checks: &Metric, totals: &Totals) -> Vec<CheckSummary> {
    let parts = checks
        .splits
        .first()
        .map(|split| split.parts())
        .unwrap_or_default();
    parts
        .into_iter()
        .filter_map(|(tags, sink)| match totals.sink(sink)? {
            Sink::Rate(rate) => Some(CheckSummary {
                name: tags.get("check").unwrap_or_default().to_owned(),
                group: tags.get("group").unwrap_or_default().to_owned(),
                passes: rate.passes,
                fails: rate.fails(),
            }),
            _ => None,
        })
        .collect()
}

fn threshold(threshold: &Threshold, totals: &Totals, elapsed: Duration) -> ThresholdSummary {
    let (value, ok) = match threshold.evaluate(totals, elapsed) {
        Outcome::Verdict(Verdict { value, ok }) => (Some(value), Some(ok)),
        Outcome::NoData => (None, None),
    };
    let selector = threshold.selector();
    ThresholdSummary {
        metric: selector.metric().unwrap_or_default().to_owned(),
        tags: selector.tags(),
        kind: threshold.target().kind,
        unit: threshold.target().unit,
        source: threshold.expression().source.clone(),
        stat: threshold.expression().stat,
        value,
        ok,
    }
}

fn seconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64())
}

fn text<S: Serializer>(stat: &Stat, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(stat)
}

mod figures;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::{
    Catalog, Client, ClientFacts, Counter, Expression, Failure, Gauge, Kind, Outcome, Part, Rate,
    Registry, Selector, SeriesInfo, Sink, SinkId, Stat, Tags, Target, Threshold, ThresholdError,
    Totals, Trend, Unit, Verdict,
};

/// The result of a run, plain and complete: all that any report is made from.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Summary {
    /// How long the run took; every figure per second is over this time.
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
    /// What failed, by kind, in the order in which the kinds first came.
    pub failures: Vec<Failure>,
    /// What the reader should know besides, a sentence each.
    pub notes: Vec<String>,
    /// Whether the figures are those of the server, or of the program that made the load.
    pub client: Client,
    /// The figures that are wanted of trends; as data, a trend has these besides the usual ones.
    pub trend_stats: Vec<Stat>,
    /// The parts of a joined run.
    pub parts: Vec<PartSummary>,
    /// The time between the first and the last start of a part.
    pub start_skew: Option<Duration>,
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
#[derive(Debug, Clone)]
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
#[derive(Debug, Clone)]
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
#[derive(Debug, Clone)]
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

    /// Sums up series, each with what it came to; none where no sample reached it. What is not said by samples, such as
    /// thresholds, is left empty.
    pub fn of(series: &[SeriesInfo], totals: Vec<Option<Sink>>, facts: RunFacts) -> Self {
        let seconds = facts.duration.as_secs_f64();
        let mut checks = Vec::new();
        let mut metrics: Vec<MetricSummary> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut tagged = Vec::new();
        for (info, sink) in series.iter().zip(totals) {
            match info.part {
                Part::Whole => {
                    places.insert(&info.metric, metrics.len());
                    metrics.push(whole(info, sink, seconds));
                }
                Part::Check => checks.extend(check(info, sink)),
                Part::Tagged => tagged.push((info, sink)),
                Part::Labels => {}
            }
        }
        for (info, sink) in tagged {
            if let Some(at) = places.get(info.metric.as_str()) {
                metrics[*at].sub_metrics.push(part(info, sink, seconds));
            }
        }
        for metric in &mut metrics {
            metric.sub_metrics.sort_by(|a, b| a.tags.cmp(&b.tags));
        }
        metrics.sort_by_cached_key(|m| (m.name.to_lowercase(), m.name.clone()));
        let client = Client::audit(&metrics, &ClientFacts::default());
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

fn whole(info: &SeriesInfo, sink: Option<Sink>, seconds: f64) -> MetricSummary {
    MetricSummary {
        name: info.metric.clone(),
        kind: info.kind,
        unit: info.unit,
        empty: sink.is_none(),
        values: values(info, sink, seconds),
        sub_metrics: Vec::new(),
    }
}

fn part(info: &SeriesInfo, sink: Option<Sink>, seconds: f64) -> SubMetric {
    SubMetric {
        tags: info.tags.clone(),
        empty: sink.is_none(),
        values: values(info, sink, seconds),
    }
}

fn values(info: &SeriesInfo, sink: Option<Sink>, seconds: f64) -> Values {
    let sink = sink.unwrap_or_else(|| Sink::new(info.kind, info.unit));
    Values::new(sink, seconds)
}

/// One that was never made is none.
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
    /// What is demanded, before there is a sample.
    pub fn demanded(threshold: &Threshold) -> Self {
        Self {
            value: None,
            ok: None,
            ..Self::of(threshold, None, Duration::ZERO)
        }
    }

    fn of(threshold: &Threshold, sink: Option<&Sink>, elapsed: Duration) -> Self {
        let (value, ok) = match threshold.judge(sink, elapsed) {
            Outcome::Verdict(Verdict { value, ok }) => (Some(value), Some(ok)),
            Outcome::NoData => (None, None),
        };
        let selector = threshold.selector();
        Self {
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

    /// What a demand on a metric comes to whose samples have come to `sink`, in a run that took `elapsed`.
    ///
    /// # Errors
    /// A demand that makes no sense of metrics of this kind and unit.
    pub fn judge(
        selector: &Selector,
        expression: &Expression,
        (kind, unit): (Kind, Unit),
        sink: Option<&Sink>,
        elapsed: Duration,
    ) -> Result<Self, ThresholdError> {
        let target = Target {
            // It is not looked up: the sink is here.
            sink: SinkId(0),
            kind,
            unit,
        };
        let threshold = Threshold::on(selector.clone(), expression.clone(), target)?;
        Ok(Self::of(&threshold, sink, elapsed))
    }

    /// Whom it is about, as a selector is written.
    pub fn selector(&self) -> String {
        if self.tags.is_empty() {
            self.metric.clone()
        } else {
            format!("{}{{{}}}", self.metric, self.tags)
        }
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

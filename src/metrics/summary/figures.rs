//! Single figures of a summary.

use super::{CheckSummary, MetricSummary, Summary};
use crate::metrics::{Stat, Tags};

impl Summary {
    /// The first check of that name, in any group.
    pub fn check(&self, name: &str) -> Option<&CheckSummary> {
        self.checks.iter().find(|check| check.name == name)
    }
}

impl CheckSummary {
    /// The name, preceded by that of its group.
    pub fn path(&self) -> String {
        match self.group.as_str() {
            "" => self.name.clone(),
            group => format!("{group}::{}", self.name),
        }
    }
}

impl MetricSummary {
    /// The sub-metric with exactly these tags, if the run has it.
    pub fn sub_metric<'a>(
        &self,
        tags: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Option<&Self> {
        let tags: Tags = tags.into_iter().collect();
        self.sub_metrics.iter().find(|part| part.tags == tags)
    }

    /// Its name as a selector: `metric`, or `metric{tag:value}`.
    pub fn selector(&self) -> String {
        self.tags.selector(&self.name)
    }

    /// Whether it has no samples.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// A figure; `None` for one that the kind of metric does not have, and without samples.
    pub fn stat(&self, stat: Stat) -> Option<f64> {
        let figure = self.values.stat(stat, self.seconds);
        figure.filter(|_| !self.is_empty())
    }

    /// The percentile `percent`, from 0 to 100, of a trend.
    pub fn p(&self, percent: f64) -> Option<f64> {
        self.stat(Stat::Percentile(percent))
    }

    /// The mean of a trend.
    pub fn avg(&self) -> Option<f64> {
        self.stat(Stat::Avg)
    }

    /// The smallest sample of a trend.
    pub fn min(&self) -> Option<f64> {
        self.stat(Stat::Min)
    }

    /// The largest sample of a trend.
    pub fn max(&self) -> Option<f64> {
        self.stat(Stat::Max)
    }

    /// The sum of a counter; the number of samples of a trend.
    pub fn count(&self) -> Option<f64> {
        self.stat(Stat::Count)
    }

    /// The sum of a counter per second of the run; the share of a rate, from 0 to 1.
    pub fn rate(&self) -> Option<f64> {
        self.stat(Stat::Rate)
    }

    /// The last value of a gauge.
    pub fn value(&self) -> Option<f64> {
        self.stat(Stat::Value)
    }
}

#[cfg(test)]
mod tests {
    use crate::metrics::{MetricKind, Registry, RunFacts, Summary, Tags, Totals, Unit};

    #[test]
    fn figures_are_read_by_name() {
        let registry = Registry::new(Vec::new());
        let recorder = registry.recorder();
        let metric = |name, kind| registry.register(name, kind, Unit::Plain).unwrap();
        let (trend, gauge) = (
            metric("trend", MetricKind::Trend),
            metric("gauge", MetricKind::Gauge),
        );
        metric("none", MetricKind::Trend);
        for value in [1.0, 2.0, 3.0] {
            recorder.add(&recorder.series(trend, &Tags::new()), value);
        }
        let own = Tags::new().with("color", "red");
        recorder.add_tagged(gauge, &Tags::new(), &own, 7.0);
        recorder.add_tagged(
            registry.builtin().checks,
            &Tags::new(),
            &Tags::new().with("check", "fine"),
            1.0,
        );
        let mut totals = Totals::new();
        totals.collect(&registry);
        let summary = Summary::new(&registry, &totals, RunFacts::default(), &[]);

        let trend = summary.metric("trend").unwrap();
        assert_eq!((trend.p(50.0), trend.p(100.0)), (Some(2.0), Some(3.0)));
        assert_eq!(
            (trend.avg(), trend.min(), trend.max(), trend.count()),
            (Some(2.0), Some(1.0), Some(3.0), Some(3.0))
        );
        assert_eq!(trend.value(), None);
        assert_eq!(summary.metric("none").unwrap().p(50.0), None);
        let gauge = summary.metric("gauge").unwrap();
        assert_eq!(
            gauge.sub_metric([("color", "red")]).unwrap().value(),
            Some(7.0)
        );
        assert!(gauge.sub_metric([("color", "blue")]).is_none());
        assert_eq!(summary.check("fine").unwrap().passes, 1);
        assert!(summary.metric("nothing").is_none() && summary.check("nothing").is_none());
    }
}

//! The kinds of metrics: how each aggregates its samples.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a metric sums its samples up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum MetricKind {
    /// The sum of the samples, and that sum per second of the run.
    Counter,
    /// The sample set last, and the least and greatest ever set.
    Gauge,
    /// The share of samples that are not zero.
    Rate,
    /// The distribution of the samples: average, extremes, percentiles.
    Trend,
}

impl MetricKind {
    /// The word for the kind, e.g. `counter`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Rate => "rate",
            Self::Trend => "trend",
        }
    }
}

impl MetricKind {
    /// The kind of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Counter, Self::Gauge, Self::Rate, Self::Trend]
            .into_iter()
            .find(|kind| kind.name() == text)
    }
}

impl fmt::Display for MetricKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the samples of a metric measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Unit {
    /// Bare numbers.
    Plain,
    /// Times, in seconds.
    Time,
    /// Amounts of data, in bytes.
    Data,
}

impl Unit {
    /// The word for the unit: `plain`, `time` or `data`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Time => "time",
            Self::Data => "data",
        }
    }

    /// The word that k6 has for it in its outputs: `default`, `time` or `data`.
    pub fn contains(self) -> &'static str {
        match self {
            Self::Plain => "default",
            Self::Time => "time",
            Self::Data => "data",
        }
    }

    /// The unit of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Plain, Self::Time, Self::Data]
            .into_iter()
            .find(|unit| unit.name() == text)
    }

    /// What such a metric holds, in the plural, for messages.
    pub(super) fn plural(self) -> &'static str {
        match self {
            Self::Plain => "plain numbers",
            Self::Time => "times",
            Self::Data => "bytes",
        }
    }
}

//! The kinds of metrics: how each aggregates its samples.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a metric aggregates its samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum MetricKind {
    /// The sum of the samples, and that sum per second of the run.
    Counter,
    /// The last sample, and the smallest and the largest one.
    Gauge,
    /// The share of samples that are not zero.
    Rate,
    /// The distribution of the samples: average, extremes, percentiles.
    Trend,
}

impl MetricKind {
    /// Its name, e.g. `counter`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Rate => "rate",
            Self::Trend => "trend",
        }
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
    /// Plain numbers.
    Plain,
    /// Times, in seconds.
    Time,
    /// Amounts of data, in bytes.
    Data,
}

impl Unit {
    /// Its name: `plain`, `time` or `data`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Time => "time",
            Self::Data => "data",
        }
    }

    /// Its name in the outputs of k6: `default`, `time` or `data`.
    pub fn contains(self) -> &'static str {
        match self {
            Self::Plain => "default",
            Self::Time => "time",
            Self::Data => "data",
        }
    }

    /// The samples in the plural, for messages.
    pub(super) fn plural(self) -> &'static str {
        match self {
            Self::Plain => "plain numbers",
            Self::Time => "times",
            Self::Data => "bytes",
        }
    }
}

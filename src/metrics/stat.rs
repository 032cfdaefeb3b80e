use std::fmt;
use std::str::FromStr;

use super::MetricKind;

/// A figure computed from the samples of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Stat {
    /// The sum of a counter; the number of samples of a trend.
    Count,
    /// A counter per second of the run; the share of a rate, from 0 to 1.
    Rate,
    /// The last value of a gauge.
    Value,
    /// The mean of a trend.
    Avg,
    /// The smallest sample of a trend.
    Min,
    /// The median of a trend.
    Med,
    /// The largest sample of a trend.
    Max,
    /// The sum of a trend.
    Sum,
    /// A percentile of a trend, from 0 to 100.
    Percentile(f64),
}

impl Stat {
    /// The figures of a trend that a summary shows by default.
    pub const TREND: [Self; 6] = [
        Self::Avg,
        Self::Min,
        Self::Med,
        Self::Max,
        Self::Percentile(90.0),
        Self::Percentile(95.0),
    ];

    const NAMES: [(&str, Self); 8] = [
        ("count", Self::Count),
        ("rate", Self::Rate),
        ("value", Self::Value),
        ("avg", Self::Avg),
        ("min", Self::Min),
        ("med", Self::Med),
        ("max", Self::Max),
        ("sum", Self::Sum),
    ];

    /// Whether metrics of this kind have the figure.
    pub fn applies_to(self, kind: MetricKind) -> bool {
        match kind {
            MetricKind::Counter => matches!(self, Self::Count | Self::Rate),
            MetricKind::Gauge => self == Self::Value,
            MetricKind::Rate => self == Self::Rate,
            MetricKind::Trend => !matches!(self, Self::Rate | Self::Value),
        }
    }

    /// The names of the figures of a kind of metric, for messages.
    pub fn names(kind: MetricKind) -> &'static str {
        match kind {
            MetricKind::Counter => "count or rate",
            MetricKind::Gauge => "value",
            MetricKind::Rate => "rate",
            MetricKind::Trend => "avg, min, med, max, p(N), count or sum",
        }
    }
}

impl fmt::Display for Stat {
    /// In the syntax that [`Stat::from_str`] reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Percentile(percent) = self {
            return write!(f, "p({percent})");
        }
        let named = Self::NAMES.iter().find(|(_, stat)| stat == self);
        f.write_str(named.map_or("", |(name, _)| name))
    }
}

/// A text that does not name a figure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", unknown(text))]
pub struct StatError {
    text: String,
}

fn unknown(text: &str) -> String {
    if text.starts_with("p(") {
        format!(
            "`{text}` is not a percentile: write a number from 0 to 100, as in p(95) or p(99.9)"
        )
    } else {
        format!("`{text}` is not a figure of any metric")
    }
}

impl FromStr for Stat {
    type Err = StatError;

    fn from_str(text: &str) -> Result<Self, StatError> {
        let text = text.trim();
        if let Some((_, stat)) = Self::NAMES.iter().find(|(name, _)| *name == text) {
            return Ok(*stat);
        }
        text.strip_prefix("p(")
            .and_then(|rest| rest.strip_suffix(')'))
            .and_then(|number| number.trim().parse().ok())
            .filter(|percent| (0.0..=100.0).contains(percent))
            .map(Self::Percentile)
            .ok_or_else(|| StatError {
                text: text.to_owned(),
            })
    }
}

/// The unit of all times of a summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeUnit {
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Millis,
    /// Microseconds.
    Micros,
}

impl TimeUnit {
    /// Parses `s`, `ms` or `us`; `None` for anything else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "s" => Some(Self::Seconds),
            "ms" => Some(Self::Millis),
            "us" | "µs" => Some(Self::Micros),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_a_round_trip() {
        for text in [
            "count", "rate", "value", "avg", "min", "med", "max", "sum", "p(0)", "p(95)",
            "p(99.9)", "p(100)",
        ] {
            assert_eq!(text.parse::<Stat>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "", "mean", "p95", "p(101)", "p(-1)", "p(NaN)", "p(x)", "p(95",
        ] {
            assert!(text.parse::<Stat>().is_err(), "{text}");
        }
        assert_eq!(
            "p(101)".parse::<Stat>().unwrap_err().to_string(),
            "`p(101)` is not a percentile: write a number from 0 to 100, as in p(95) or p(99.9)"
        );
    }
}

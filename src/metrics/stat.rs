use std::fmt;
use std::str::FromStr;

use super::MetricKind;

/// A figure computed from the samples of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Stat {
    /// Sum of a counter; number of samples of a trend.
    Count,
    /// A counter per second of the run; the share of a rate, from 0 to 1.
    Rate,
    /// Last value of a gauge.
    Value,
    /// Mean of a trend.
    Avg,
    /// Least sample of a trend.
    Min,
    /// Median of a trend.
    Med,
    /// Greatest sample of a trend.
    Max,
    /// Sum of a trend.
    Sum,
    /// Percentile of a trend, from 0 to 100.
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

    /// Whether metrics of this kind have the figure.
    pub fn applies_to(self, kind: MetricKind) -> bool {
        match kind {
            MetricKind::Counter => matches!(self, Self::Count | Self::Rate),
            MetricKind::Gauge => self == Self::Value,
            MetricKind::Rate => self == Self::Rate,
            MetricKind::Trend => !matches!(self, Self::Rate | Self::Value),
        }
    }

    /// The figures of a kind of metric in words, for messages.
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
    /// As [`Stat::from_str`] reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Count => "count",
            Self::Rate => "rate",
            Self::Value => "value",
            Self::Avg => "avg",
            Self::Min => "min",
            Self::Med => "med",
            Self::Max => "max",
            Self::Sum => "sum",
            Self::Percentile(percent) => return write!(f, "p({percent})"),
        })
    }
}

/// The text does not name a figure.
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
        Ok(match text {
            "count" => Self::Count,
            "rate" => Self::Rate,
            "value" => Self::Value,
            "avg" => Self::Avg,
            "min" => Self::Min,
            "med" => Self::Med,
            "max" => Self::Max,
            "sum" => Self::Sum,
            _ => text
                .strip_prefix("p(")
                .and_then(|rest| rest.strip_suffix(')'))
                .and_then(|number| number.trim().parse().ok())
                .filter(|percent| (0.0..=100.0).contains(percent))
                .map(Self::Percentile)
                .ok_or_else(|| StatError {
                    text: text.to_owned(),
                })?,
        })
    }
}

/// The one unit that all times of a summary are shown in.
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
    /// Reads `s`, `ms` or `us`; `None` for anything else.
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
    fn reads_what_it_writes() {
        for text in [
            "count", "rate", "value", "avg", "min", "med", "max", "sum", "p(0)", "p(95)",
            "p(99.9)", "p(100)",
        ] {
            assert_eq!(text.parse::<Stat>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn refuses_what_is_none() {
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

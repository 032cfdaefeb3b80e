//! Numbers as the page shows them.

use crate::metrics::{Kind, Stat, Unit};
use crate::report::number;

/// Percentiles that many tables show.
pub(super) const P50: Stat = Stat::Percentile(50.0);
pub(super) const P95: Stat = Stat::Percentile(95.0);
pub(super) const P99: Stat = Stat::Percentile(99.0);

/// The unit of a chart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChartUnit {
    /// Plain numbers.
    Plain,
    /// Numbers per second.
    PerSecond,
    /// Times in seconds.
    Seconds,
    /// Bytes.
    Bytes,
    /// Bytes per second.
    BytesPerSecond,
    /// Shares from 0 to 1.
    Share,
}

impl ChartUnit {
    /// Of the samples of a metric.
    pub(super) fn of(unit: Unit) -> Self {
        match unit {
            Unit::Plain => Self::Plain,
            Unit::Time => Self::Seconds,
            Unit::Data => Self::Bytes,
        }
    }

    /// Of a figure of a metric.
    pub(super) fn of_stat(kind: Kind, unit: Unit, stat: Stat) -> Self {
        match (kind, stat, unit) {
            (Kind::Rate, Stat::Rate, _) => Self::Share,
            (_, Stat::Rate, Unit::Data) => Self::BytesPerSecond,
            (_, Stat::Rate, _) => Self::PerSecond,
            (Kind::Trend, Stat::Count, _) => Self::Plain,
            (_, _, unit) => Self::of(unit),
        }
    }

    /// Its name for the script in the page.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::PerSecond => "/s",
            Self::Seconds => "s",
            Self::Bytes => "B",
            Self::BytesPerSecond => "B/s",
            Self::Share => "%",
        }
    }

    /// A value in this unit.
    pub(super) fn show(self, value: f64) -> String {
        match self {
            Self::Plain => number::figure(value, Unit::Plain, None),
            Self::PerSecond => number::per_second(value, Unit::Plain),
            Self::Seconds => number::figure(value, Unit::Time, None),
            Self::Bytes => number::figure(value, Unit::Data, None),
            Self::BytesPerSecond => number::per_second(value, Unit::Data),
            Self::Share => number::share(value),
        }
    }
}

/// A moment of the run as a clock shows it: `42s`, `3:07`, `1:02:03`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times of a run are not negative, and a cast from a float saturates"
)]
pub(super) fn clock(seconds: f64) -> String {
    let whole = seconds.max(0.0) as u64;
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        (0, 0, _) => format!("{}s", (seconds * 10.0).round() / 10.0),
        (0, minutes, seconds) => format!("{minutes}:{seconds:02}"),
        (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

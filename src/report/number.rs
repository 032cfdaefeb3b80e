//! Figures with their units, as text.

use crate::metrics::{MetricKind, Stat, TimeUnit, Unit};
use crate::units::{format_bytes, format_number};

/// Formats a time given in seconds in the best unit.
pub(crate) fn seconds(seconds: f64) -> String {
    figure(seconds, Unit::Time, None)
}

/// The unit of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FigureUnit {
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

impl FigureUnit {
    /// The unit of the samples of a metric.
    pub(super) fn of(unit: Unit) -> Self {
        match unit {
            Unit::Plain => Self::Plain,
            Unit::Time => Self::Seconds,
            Unit::Data => Self::Bytes,
        }
    }

    /// The unit of a figure of a metric.
    pub(super) fn of_stat(kind: MetricKind, unit: Unit, stat: Stat) -> Self {
        match (kind, stat, unit) {
            (MetricKind::Rate, ..) => Self::Share,
            (_, Stat::Rate, Unit::Data) => Self::BytesPerSecond,
            (_, Stat::Rate, _) => Self::PerSecond,
            (MetricKind::Trend, Stat::Count, _) => Self::Plain,
            (_, _, unit) => Self::of(unit),
        }
    }

    /// The name of the unit for the script in a report page.
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

    /// Formats a value; times in the best unit.
    pub(super) fn show(self, value: f64) -> String {
        self.show_in(value, None)
    }

    /// Formats a value; numbers per second with at most two decimals.
    pub(super) fn show_short(self, value: f64) -> String {
        match self {
            Self::PerSecond => self.show((value * 100.0).round() / 100.0),
            _ => self.show(value),
        }
    }

    /// Formats a value; times in the given unit, or else in the best one.
    pub(super) fn show_in(self, value: f64, times: Option<TimeUnit>) -> String {
        match self {
            Self::Plain => format_number(value),
            Self::PerSecond => format_number(value) + "/s",
            Self::Seconds => time(value, times),
            Self::Bytes => format_bytes(value),
            Self::BytesPerSecond => format_bytes(value) + "/s",
            Self::Share => share(value),
        }
    }
}

/// Formats a figure in the unit of its metric.
pub(super) fn figure(value: f64, unit: Unit, times: Option<TimeUnit>) -> String {
    FigureUnit::of(unit).show_in(value, times)
}

/// Formats a figure per second.
pub(super) fn per_second(value: f64, unit: Unit) -> String {
    FigureUnit::of_stat(MetricKind::Counter, unit, Stat::Rate).show(value)
}

/// Formats a share as a percentage, truncated to two decimals, so that only a share of 1 is 100 %.
pub(super) fn share(part: f64) -> String {
    // Compensates for the rounding of floating point before truncating.
    let percent = (part * 1e4 + 1e-6).trunc() / 1e2;
    format!("{percent:.2}%")
}

/// Formats a time given in seconds in the given unit, or else in the best one, truncated to two decimals.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast from a float saturates, and the sign is looked at apart"
)]
fn time(seconds: f64, unit: Option<TimeUnit>) -> String {
    match unit {
        Some(TimeUnit::Seconds) => return format!("{seconds:.2}s"),
        Some(TimeUnit::Millis) => return format!("{:.2}ms", seconds * 1e3),
        Some(TimeUnit::Micros) => return format!("{:.2}µs", seconds * 1e6),
        None => {}
    }
    // Whole nanoseconds, so that truncating does not remove an error of floating point.
    let nanos = (seconds.abs() * 1e9).round() as u64;
    let sign = if seconds < 0.0 && nanos > 0 { "-" } else { "" };
    let text = match nanos {
        0 => "0s".to_owned(),
        1..1_000 => format!("{nanos}ns"),
        1_000..1_000_000 => decimals(nanos / 10, "µs"),
        1_000_000..1_000_000_000 => decimals(nanos / 10_000, "ms"),
        1_000_000_000..MINUTE => decimals(nanos / 10_000_000, "s"),
        _ => {
            let seconds = nanos / 1_000_000_000;
            let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
            let hours = if hours > 0 {
                format!("{hours}h")
            } else {
                String::new()
            };
            format!("{hours}{minutes}m{seconds}s")
        }
    };
    format!("{sign}{text}")
}

const MINUTE: u64 = 60_000_000_000;

/// Formats hundredths without trailing zeros.
fn decimals(hundredths: u64, unit: &str) -> String {
    let (whole, part) = (hundredths / 100, hundredths % 100);
    match part {
        0 => format!("{whole}{unit}"),
        part if part % 10 == 0 => format!("{whole}.{}{unit}", part / 10),
        part => format!("{whole}.{part:02}{unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_choose_their_unit() {
        for (seconds, text) in [
            (0.0, "0s"),
            (1e-10, "0s"),
            (-1e-10, "0s"),
            (8.5e-7, "850ns"),
            (1e-6, "1µs"),
            (1.239e-6, "1.23µs"),
            (0.000_999_999, "999.99µs"),
            (0.001, "1ms"),
            (0.029, "29ms"),
            (0.2905, "290.5ms"),
            (0.999_999, "999.99ms"),
            (1.0, "1s"),
            (27.7, "27.7s"),
            (14.469, "14.46s"),
            (59.999, "59.99s"),
            (60.0, "1m0s"),
            (61.9, "1m1s"),
            (3723.0, "1h2m3s"),
            (7200.0, "2h0m0s"),
            (-0.25, "-250ms"),
        ] {
            assert_eq!(time(seconds, None), text, "{seconds}");
        }
    }

    #[test]
    fn times_in_one_unit_have_two_decimals() {
        assert_eq!(time(1.2345, Some(TimeUnit::Seconds)), "1.23s");
        assert_eq!(time(1.2345, Some(TimeUnit::Millis)), "1234.50ms");
        assert_eq!(time(1.2345, Some(TimeUnit::Micros)), "1234500.00µs");
    }

    #[test]
    fn shares_are_truncated() {
        for (part, text) in [
            (0.0, "0.00%"),
            (1.0, "100.00%"),
            (0.99999, "99.99%"),
            (0.57, "57.00%"),
            (1.0 / 3.0, "33.33%"),
            (0.0001, "0.01%"),
        ] {
            assert_eq!(share(part), text, "{part}");
        }
    }

    #[test]
    fn figures_per_second() {
        assert_eq!(per_second(0.269_252, Unit::Plain), "0.269252/s");
        assert_eq!(per_second(13_345.0, Unit::Data), "13 kB/s");
        assert_eq!(figure(743_210.0, Unit::Data, None), "743 kB");
    }
}

//! Figures in wrk's form: two decimals, and the next unit from 85 % of it on.

use std::time::Duration;

/// Microseconds: `635.91us`, `0.89ms`, `1.02s`, `1.50m`.
pub(super) fn micros(value: f64) -> String {
    if value >= 1e6 {
        scaled(value / 1e6, &["s", "m", "h"], 60.0)
    } else {
        scaled(value, &["us", "ms", "s"], 1e3)
    }
}

/// A plain number: `56.20k`.
pub(super) fn metric(value: f64) -> String {
    scaled(value, &["", "k", "M", "G", "T", "P"], 1e3)
}

/// Bytes without their `B`: `17.76G`.
pub(super) fn binary(value: f64) -> String {
    scaled(value, &["", "K", "M", "G", "T", "P"], 1024.0)
}

/// How long a test is to last: `10s`, `2m`, `500ms`; not rounded.
pub(super) fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    let (value, unit) = match seconds {
        _ if seconds < 1.0 => (seconds * 1e3, "ms"),
        _ if seconds < 60.0 => (seconds, "s"),
        _ if seconds < 3600.0 => (seconds / 60.0, "m"),
        _ => (seconds / 3600.0, "h"),
    };
    let text = format!("{value:.2}");
    format!("{}{unit}", text.trim_end_matches('0').trim_end_matches('.'))
}

/// A right-aligned figure with room for two letters, so that numbers with different units are aligned.
pub(super) fn column(figure: &str, width: usize) -> String {
    let letters = figure
        .bytes()
        .rev()
        .take(2)
        .filter(u8::is_ascii_alphabetic)
        .count();
    let pad = 2 - letters;
    format!("{figure:>width$}{:pad$}", "", width = width - pad)
}

fn scaled(mut value: f64, units: &[&str], scale: f64) -> String {
    let mut unit = 0;
    while unit + 1 < units.len() && value >= scale * 0.85 {
        value /= scale;
        unit += 1;
    }
    format!("{value:.2}{}", units[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_begins_at_85_percent_of_it() {
        let table = [
            (0.0, "0.00us"),
            (635.911, "635.91us"),
            (849.99, "849.99us"),
            (890.0, "0.89ms"),
            (900_000.0, "0.90s"),
            (1_020_000.0, "1.02s"),
            (54_000_000.0, "0.90m"),
            (7_200_000_000.0, "2.00h"),
        ];
        for (value, text) in table {
            assert_eq!(micros(value), text);
        }
        assert_eq!(metric(56_200.0), "56.20k");
        assert_eq!(binary(606.33 * 1024.0 * 1024.0), "606.33M");
    }

    #[test]
    fn a_duration_is_shown_as_given() {
        for (millis, text) in [
            (10_000, "10s"),
            (120_000, "2m"),
            (90_000, "1.5m"),
            (500, "500ms"),
            (7_200_000, "2h"),
        ] {
            assert_eq!(seconds(Duration::from_millis(millis)), text);
        }
    }

    #[test]
    fn numbers_are_aligned() {
        assert_eq!(column("635.91us", 8), "635.91us");
        assert_eq!(column("1.02s", 8), "  1.02s ");
        assert_eq!(column("12.00", 8), " 12.00  ");
    }
}

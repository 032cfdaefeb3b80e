//! Parses the times of CSV traces.

use crate::units::parse_moment;

/// Seconds since 1970 of a time such as `2023-11-16 18:15:46.6805900`, also with `T` instead of the space. A time without a
/// zone is in UTC.
pub(super) fn seconds_of(text: &str) -> Option<f64> {
    let text = text.trim();
    let (_, clock) = text.split_once([' ', 'T'])?;
    let zone = if clock.contains(['Z', '+', '-']) {
        ""
    } else {
        "Z"
    };
    let moment = parse_moment(&format!("{text}{zone}")).ok()?;
    Some(moment.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_resolution_of_a_tenth_of_a_microsecond() {
        let first = seconds_of("2023-11-16 18:15:46.6805900").unwrap();
        let second = seconds_of("2023-11-16 18:15:50.9951690").unwrap();
        assert!((second - first - 4.314_579).abs() < 1e-6, "{second}");
        assert_eq!(seconds_of("1970-01-01T00:00:00Z"), Some(0.0));
        assert_eq!(seconds_of("2024-02-29 00:00:00"), Some(1_709_164_800.0));
        assert_eq!(
            seconds_of("2024-05-10 02:00:00.5+02:00"),
            Some(1_715_299_200.5)
        );
        assert_eq!(
            seconds_of("2024-05-09 23:30:00-00:30"),
            Some(1_715_299_200.0)
        );
        for wrong in [
            "",
            "noon",
            "2024-05-10",
            "2024-13-10 00:00:00",
            "2024-05-10 24:00:00",
            "2024-05-10 1:2",
            "2024-05-10 00:00:00.x",
        ] {
            assert_eq!(seconds_of(wrong), None, "{wrong}");
        }
    }
}

//! Dates and times in the format of RFC 3339.

use std::time::Duration;

use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, PrimitiveDateTime};

const REMEDY: &str = "write a date and a time with its zone, as in 2026-11-27T07:00:00Z or 2026-11-27T08:00:00.5+01:00";

/// Reads `2026-11-27T07:00:00Z` as the time since the Unix epoch.
///
/// # Errors
/// The remedy for any other text, and for times before 1970.
pub(crate) fn parse_moment(text: &str) -> Result<Duration, String> {
    read(text.trim()).ok_or_else(|| REMEDY.to_owned())
}

/// A second since the Unix epoch in UTC, as `2026-01-31T12:00:00`.
pub(crate) fn utc_date(second: u64) -> String {
    // Later moments are shown as the last one whose year has four digits.
    let date = i64::try_from(second)
        .ok()
        .and_then(|second| OffsetDateTime::from_unix_timestamp(second).ok())
        .unwrap_or(PrimitiveDateTime::MAX.assume_utc());
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    let (hour, minute, second) = date.to_hms();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

fn read(text: &str) -> Option<Duration> {
    let text = text.to_ascii_uppercase().replacen(' ', "T", 1);
    let moment = OffsetDateTime::parse(&text, &Rfc3339).ok()?;
    let seconds = u64::try_from(moment.unix_timestamp()).ok()?;
    Some(Duration::new(seconds, moment.nanosecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_parsed_in_any_zone() {
        for (text, seconds, nanos) in [
            ("1970-01-01T00:00:00Z", 0, 0),
            ("2000-02-29T00:00:00Z", 951_782_400, 0),
            ("2026-01-31T12:00:00Z", 1_769_860_800, 0),
            ("2026-01-31t12:00:00.25z", 1_769_860_800, 250_000_000),
            ("2026-01-31 13:00:00+01:00", 1_769_860_800, 0),
            ("2026-01-31T06:30:00.000000001-05:30", 1_769_860_800, 1),
            ("9999-12-31T23:59:59Z", 253_402_300_799, 0),
        ] {
            assert_eq!(
                parse_moment(text),
                Ok(Duration::new(seconds, nanos)),
                "{text}"
            );
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "+5s",
            "12:00",
            "2026-11-27",
            "2026-11-27T07:00:00",
            "2026-11-27T07:00Z",
            "2026-13-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2026-04-31T00:00:00Z",
            "2026-11-27T24:00:00Z",
            "2026-11-27T07:00:60Z",
            "2026-11-27T07:00:00.Z",
            "2026-11-27T07:00:00+1:00",
            "1969-12-31T23:59:59Z",
            "26-11-27T07:00:00Z",
            "2026-11-27T07:00:00Zulu",
            "2026-11-27T07:00:00+0100",
        ] {
            let error = parse_moment(text).unwrap_err();
            assert!(error.contains("as in 2026-11-27T07:00:00Z"), "{text}");
        }
    }
}

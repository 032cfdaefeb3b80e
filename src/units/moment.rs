//! Dates and times in the form of RFC 3339.

use std::time::Duration;

use time::{Date, Month, UtcOffset};

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
    // The last moment whose year has four digits stands for all after it.
    let date = i64::try_from(second)
        .ok()
        .and_then(|second| time::OffsetDateTime::from_unix_timestamp(second).ok())
        .unwrap_or(time::PrimitiveDateTime::MAX.assume_utc());
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    let (hour, minute, second) = date.to_hms();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

fn read(text: &str) -> Option<Duration> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let zone = time.find(['Z', 'z', '+', '-'])?;
    let (time, zone) = time.split_at(zone);
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    if fraction.is_empty() || fraction.len() > 9 || !fraction.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let nanos: u32 = format!("{fraction:0<9}").parse().ok()?;
    let offset = match zone {
        "Z" | "z" => UtcOffset::UTC,
        zone => {
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            let [hours, minutes] = numbers(&zone[1..], ':', [2, 2])?;
            let is_valid = hours < 24 && minutes < 60;
            let seconds = sign * i32::from(hours * 60 + minutes) * 60;
            is_valid.then(|| UtcOffset::from_whole_seconds(seconds).ok())??
        }
    };
    let byte = |number: u16| u8::try_from(number).ok();
    let month = Month::try_from(byte(month)?).ok()?;
    let date = Date::from_calendar_date(year.into(), month, byte(day)?).ok()?;
    let time = date.with_hms_nano(byte(hour)?, byte(minute)?, byte(second)?, nanos);
    let moment = time.ok()?.assume_offset(offset);
    let seconds = u64::try_from(moment.unix_timestamp()).ok()?;
    Some(Duration::new(seconds, moment.nanosecond()))
}

/// Numbers with these counts of digits.
fn numbers<const N: usize>(text: &str, between: char, digits: [usize; N]) -> Option<[u16; N]> {
    let mut words = text.split(between);
    let mut all = [0; N];
    for (number, digits) in all.iter_mut().zip(digits) {
        let word = words.next()?;
        if word.len() != digits || !word.bytes().all(|c| c.is_ascii_digit()) {
            return None;
        }
        *number = word.parse().ok()?;
    }
    words.next().is_none().then_some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_any_zone() {
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
    fn what_is_no_moment_is_refused() {
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

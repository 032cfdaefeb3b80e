//! Parses the times of tables.

/// Seconds since 1970 of a time such as `2023-11-16 18:15:46.6805900`, with up to 9 digits of a second, a `T` in place of the
/// space, and `Z` or an offset such as `+00:00` behind it or not.
pub(super) fn seconds_of(text: &str) -> Option<f64> {
    let (date, time) = text.trim().split_once([' ', 'T'])?;
    let (clock, offset) = split_offset(time)?;
    let mut date = date.split('-').map(whole);
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let (whole_seconds, fraction) = clock.split_once('.').unwrap_or((clock, ""));
    let mut clock = whole_seconds.split(':').map(whole);
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    let is_valid = date.next().is_none()
        && clock.next().is_none()
        && (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second <= 60
        && fraction.len() <= 9
        && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if !is_valid {
        return None;
    }
    let fraction = match fraction {
        "" => 0.0,
        digits => format!("0.{digits}").parse().ok()?,
    };
    let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset;
    Some(seconds as f64 + fraction)
}

fn whole(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

/// The time without its offset, and the offset in seconds.
fn split_offset(time: &str) -> Option<(&str, i64)> {
    if let Some(time) = time.strip_suffix('Z') {
        return Some((time, 0));
    }
    let Some(at) = time.find(['+', '-']) else {
        return Some((time, 0));
    };
    let (hours, minutes) = time[at + 1..]
        .split_once(':')
        .unwrap_or((&time[at + 1..], "0"));
    let offset = whole(hours)? * 3600 + whole(minutes)? * 60;
    let sign = if time.as_bytes()[at] == b'-' { -1 } else { 1 };
    Some((&time[..at], sign * offset))
}

/// Days from 1970-01-01 in the Gregorian calendar (Hinnant, "chrono-compatible low-level date algorithms").
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_to_the_tenth_of_a_microsecond() {
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

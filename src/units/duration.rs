//! Durations such as `1m30s`.

use std::time::Duration;

use super::amount::DecimalAmount;
use super::error::{Quantity, UnitError, UnitProblem, clip};

/// The longest duration: 100 years of 365 days. Adding it to the current time of a clock cannot overflow.
pub(crate) const MAX_DURATION: Duration = Duration::from_hours(876_000);

const SECOND: u64 = 1_000_000_000;

/// Reads a duration: `150ms`, `1m30s`, `2h`, `10us`, `1.5s`, `1d`, or a plain `0`.
///
/// The sum of decimal numbers, each with its unit `ns`, `us` (or `µs`), `ms`, `s`, `m`, `h` or `d` (24 hours). The result
/// is exact and rounded down to nanoseconds.
///
/// # Errors
/// [`UnitError`] for any other text, and for durations that are negative or beyond [`MAX_DURATION`].
pub(crate) fn parse_duration(text: &str) -> Result<Duration, UnitError> {
    let fail = |problem| UnitError::new(Quantity::Duration, text, problem);
    if let Some(problem) = DecimalAmount::problem(text) {
        return Err(fail(problem));
    }
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let mut nanos = 0_u128;
    let mut rest = text;
    while !rest.is_empty() {
        let (amount, after) =
            DecimalAmount::split(rest).ok_or_else(|| fail(UnitProblem::Malformed))?;
        let scale = match amount.unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => SECOND,
            "m" => 60 * SECOND,
            "h" => 3_600 * SECOND,
            "d" => 86_400 * SECOND,
            "" => return Err(fail(UnitProblem::MissingUnit)),
            unknown => return Err(fail(UnitProblem::UnknownUnit(clip(unknown)))),
        };
        nanos = amount
            .steps(scale)
            .and_then(|steps| nanos.checked_add(steps))
            .filter(|sum| *sum <= MAX_DURATION.as_nanos())
            .ok_or_else(|| fail(UnitProblem::TooLarge))?;
        rest = after;
    }
    // Cannot fail below MAX_DURATION, which is less than 2^64 nanoseconds.
    u64::try_from(nanos)
        .map(Duration::from_nanos)
        .map_err(|_| fail(UnitProblem::TooLarge))
}

/// A duration from a number of seconds, as in scripts, rounded to nanoseconds.
///
/// # Errors
/// [`UnitError`] if `secs` is NaN, negative, or beyond [`MAX_DURATION`].
pub(crate) fn duration_from_secs(secs: f64) -> Result<Duration, UnitError> {
    let fail = |problem| UnitError::new(Quantity::Duration, &secs.to_string(), problem);
    if secs.is_nan() {
        return Err(fail(UnitProblem::Malformed));
    }
    if secs < 0.0 {
        return Err(fail(UnitProblem::Negative));
    }
    Duration::try_from_secs_f64(secs)
        .ok()
        .filter(|duration| *duration <= MAX_DURATION)
        .ok_or_else(|| fail(UnitProblem::TooLarge))
}

/// The remedy for a timeout given as a number of seconds that was probably meant as milliseconds, as in k6.
pub(crate) fn milliseconds_meant(given: Duration) -> Option<String> {
    const LONG: Duration = Duration::from_secs(10_000);
    if given < LONG {
        return None;
    }
    let seconds = given.as_secs();
    Some(format!(
        "{seconds} is in seconds, {}: write \"{seconds}ms\" for milliseconds, or \"{seconds}s\" for seconds",
        format_duration(given)
    ))
}

/// Writes a duration exactly, as Go and k6 do: `30s`, `1m0s`, `2h0m0s`, `1.5s`, `150ms`, `10µs`, `0s`.
///
/// Below a second it uses the largest fitting unit; from a minute on it shows all units down to the second.
pub(crate) fn format_duration(duration: Duration) -> String {
    let secs = duration.as_secs();
    let nanos = u64::from(duration.subsec_nanos());
    if secs == 0 {
        return match nanos {
            0 => "0s".to_owned(),
            1..1_000 => format!("{nanos}ns"),
            1_000..1_000_000 => decimal(nanos, 1_000, "µs"),
            _ => decimal(nanos, 1_000_000, "ms"),
        };
    }
    let seconds = decimal(secs % 60 * SECOND + nanos, SECOND, "s");
    match (secs / 3600, secs / 60 % 60) {
        (0, 0) => seconds,
        (0, minutes) => format!("{minutes}m{seconds}"),
        (hours, minutes) => format!("{hours}h{minutes}m{seconds}"),
    }
}

/// `steps / scale` with as many decimals as it needs; `scale` is a power of ten.
fn decimal(steps: u64, scale: u64, unit: &str) -> String {
    let (whole, mut part) = (steps / scale, steps % scale);
    if part == 0 {
        return format!("{whole}{unit}");
    }
    let mut width = scale.ilog10() as usize;
    while part.is_multiple_of(10) {
        part /= 10;
        width -= 1;
    }
    format!("{whole}.{part:0width$}{unit}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kind(text: &str) -> &'static str {
        parse_duration(text).unwrap_err().kind()
    }

    #[test]
    fn reads_every_unit_and_sums_of_them() {
        let table = [
            ("0", 0),
            ("0s", 0),
            ("7ns", 7),
            ("10us", 10_000),
            ("10µs", 10_000),
            ("10\u{3bc}s", 10_000),
            ("150ms", 150_000_000),
            ("1.5s", 1_500_000_000),
            (".5s", 500_000_000),
            ("5.s", 5_000_000_000),
            ("1m30s", 90_000_000_000),
            ("2h", 7_200_000_000_000),
            ("1d", 86_400_000_000_000),
            ("1d2h3m4s5ms6us7ns", 93_784_005_006_007),
            ("0.1d", 8_640_000_000_000),
            ("1.0000000019s", 1_000_000_001),
            ("0.00000000000000000000000000001s", 0),
        ];
        for (text, nanos) in table {
            assert_eq!(
                parse_duration(text),
                Ok(Duration::from_nanos(nanos)),
                "{text}"
            );
        }
    }

    #[test]
    fn errors_have_a_kind() {
        let table = [
            ("", "empty"),
            ("NaN", "malformed"),
            ("s", "malformed"),
            (".s", "malformed"),
            (" 1s", "malformed"),
            ("+1s", "malformed"),
            ("-", "malformed"),
            ("inf", "malformed"),
            ("1.2.3s", "missing_unit"),
            ("-1s", "negative"),
            ("-0s", "negative"),
            ("30", "missing_unit"),
            ("00", "missing_unit"),
            ("1m30", "missing_unit"),
            ("1e18h", "unknown_unit"),
            ("1 s", "unknown_unit"),
            ("1m 30s", "unknown_unit"),
            ("1s ", "unknown_unit"),
            ("5S", "unknown_unit"),
            ("1w", "unknown_unit"),
            ("876001h", "too_large"),
            ("99999999999999999999999999999999999999999999h", "too_large"),
            ("876000h876000h", "too_large"),
        ];
        for (text, expected) in table {
            assert_eq!(kind(text), expected, "{text:?}");
        }
    }

    #[test]
    fn errors_name_the_remedy() {
        let message = |text| parse_duration(text).unwrap_err().to_string();
        assert_eq!(
            message(""),
            r#"a duration is missing: write a number with its unit, such as "150ms", "1m30s" or "2h""#
        );
        assert_eq!(
            message("NaN"),
            r#""NaN" is not a duration: write a number with its unit, such as "150ms", "1m30s" or "2h""#
        );
        assert_eq!(
            message("-1s"),
            r#""-1s" is negative: write a duration of zero or more, such as "150ms", "1m30s" or "2h""#
        );
        assert_eq!(
            message("30"),
            "\"30\" lacks a unit after a number: add one of ns, us, ms, s, m, h or d, \
             as in \"150ms\", \"1m30s\" or \"2h\""
        );
        assert_eq!(
            message("1e18h"),
            "\"1e18h\" has the unknown unit \"e\": use ns, us, ms, s, m, h or d, as in \"150ms\", \"1m30s\" or \"2h\""
        );
        assert_eq!(
            message("1000000h"),
            "\"1000000h\" is too large a duration: the largest is 876000h (100 years), so write a smaller one"
        );
        assert!(message(&"x".repeat(1_000_000)).len() < 200);
    }

    #[test]
    fn the_longest_duration_is_accepted_and_a_longer_one_is_refused() {
        assert_eq!(parse_duration("876000h"), Ok(MAX_DURATION));
        assert_eq!(parse_duration("36500d"), Ok(MAX_DURATION));
        assert_eq!(kind("876000h1ns"), "too_large");
    }

    #[test]
    fn a_huge_number_of_seconds_is_suspected_to_be_milliseconds() {
        assert_eq!(milliseconds_meant(Duration::from_secs(9_999)), None);
        let remedy = milliseconds_meant(Duration::from_secs(30_001)).unwrap();
        assert_eq!(
            remedy,
            r#"30001 is in seconds, 8h20m1s: write "30001ms" for milliseconds, or "30001s" for seconds"#
        );
    }

    #[test]
    fn writes_the_format_of_go() {
        let table = [
            (0, "0s"),
            (1, "1ns"),
            (1_100, "1.1µs"),
            (10_000, "10µs"),
            (2_200_000, "2.2ms"),
            (150_000_000, "150ms"),
            (1_500_000_000, "1.5s"),
            (30_000_000_000, "30s"),
            (60_000_000_000, "1m0s"),
            (90_500_000_000, "1m30.5s"),
            (600_000_000_000, "10m0s"),
            (7_200_000_000_000, "2h0m0s"),
            (93_784_005_006_007, "26h3m4.005006007s"),
        ];
        for (nanos, text) in table {
            assert_eq!(format_duration(Duration::from_nanos(nanos)), text);
        }
    }

    #[test]
    fn seconds_as_numbers() {
        assert_eq!(duration_from_secs(1.5), Ok(Duration::from_millis(1500)));
        assert_eq!(duration_from_secs(0.0), Ok(Duration::ZERO));
        assert_eq!(duration_from_secs(-0.0), Ok(Duration::ZERO));
        let kind = |secs| duration_from_secs(secs).unwrap_err().kind();
        assert_eq!(kind(f64::NAN), "malformed");
        assert_eq!(kind(-0.001), "negative");
        assert_eq!(kind(f64::NEG_INFINITY), "negative");
        assert_eq!(kind(f64::INFINITY), "too_large");
        assert_eq!(kind(1e18), "too_large");
    }

    proptest! {
        #[test]
        fn durations_survive_a_round_trip(nanos in prop_oneof![
            0..=u64::try_from(MAX_DURATION.as_nanos()).unwrap(),
            0..10_000_000_000_u64,
            0..2_000_000_u64,
        ]) {
            let duration = Duration::from_nanos(nanos);
            prop_assert_eq!(parse_duration(&format_duration(duration)), Ok(duration));
        }

        #[test]
        fn no_text_panics(text in "[-+0-9.eEnumsµhd ]{0,40}|.{0,20}") {
            if let Ok(duration) = parse_duration(&text) {
                prop_assert!(duration <= MAX_DURATION);
            }
        }

        #[test]
        fn every_duration_can_be_written(secs: u64, nanos in 0..1_000_000_000_u32) {
            prop_assert!(format_duration(Duration::new(secs, nanos)).ends_with('s'));
        }
    }
}

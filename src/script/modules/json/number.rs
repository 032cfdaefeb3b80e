//! Numbers as JSON text.

use super::encode::NotJson;
use super::settings::{EXACT, Invalid, Settings};

/// Appends a number: a whole one as Lua prints it, without a fraction, any other with the digits that are asked for.
pub(super) fn write(n: f64, settings: &Settings, out: &mut Vec<u8>) -> Result<(), NotJson> {
    if !n.is_finite() {
        let text = match settings.invalid_numbers {
            Invalid::Refused => return Err(NotJson(format!("the number {n} has no JSON form"))),
            Invalid::Null => "null",
            Invalid::Written if n.is_nan() => "NaN",
            Invalid::Written if n > 0.0 => "Infinity",
            Invalid::Written => "-Infinity",
        };
        out.extend_from_slice(text.as_bytes());
        return Ok(());
    }
    if settings.precision < EXACT {
        out.extend_from_slice(general(n, settings.precision).as_bytes());
        return Ok(());
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "guarded: a whole number below 2^53"
    )]
    if n.fract() == 0.0 && n.abs() < 9_007_199_254_740_992.0 {
        out.extend_from_slice((n as i64).to_string().as_bytes());
        return Ok(());
    }
    // The shortest text that reads back.
    serde_json::to_writer(out, &n).map_err(|e| NotJson(e.to_string()))
}

/// A number as C's `%.{digits}g` prints it.
fn general(n: f64, digits: usize) -> String {
    let scientific = format!("{:.*e}", digits - 1, n);
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let last = i32::try_from(digits).unwrap_or(i32::MAX) - 1;
    if (-4..=last).contains(&exponent) {
        let decimals = usize::try_from(last - exponent).unwrap_or(0);
        return without_zeros(&format!("{n:.decimals$}")).to_owned();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    let mantissa = without_zeros(mantissa);
    format!("{mantissa}e{sign}{:02}", exponent.unsigned_abs())
}

fn without_zeros(number: &str) -> &str {
    if number.contains('.') {
        number.trim_end_matches('0').trim_end_matches('.')
    } else {
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_printf() {
        for (n, digits, text) in [
            (1.0 / 3.0, 3, "0.333"),
            (2.0 / 3.0, 14, "0.66666666666667"),
            (0.1, 14, "0.1"),
            (100.0, 3, "100"),
            (100.0, 2, "1e+02"),
            (123_456.0, 3, "1.23e+05"),
            (0.000_123_4, 3, "0.000123"),
            (0.000_012_34, 3, "1.23e-05"),
            (9.99, 2, "10"),
            (-0.5, 1, "-0.5"),
            (0.0, 5, "0"),
            (1e300, 14, "1e+300"),
        ] {
            assert_eq!(general(n, digits), text, "{n} to {digits}");
        }
    }
}

//! Sizes in bytes, such as `16MiB` and `1.2 MB`.

use super::amount::DecimalAmount;
use super::error::{Quantity, UnitError, UnitProblem, clip};

/// Reads a number of bytes: `16MiB`, `64kB`, `1.5GB`, or a plain `65536`.
///
/// Units, in any case: `B`, `kB`, `MB`, `GB`, `TB` are powers of 1000, `KiB`, `MiB`, `GiB`, `TiB` powers of 1024. The
/// result is exact and rounded down.
///
/// # Errors
/// [`UnitError`] for any other text, and for negative sizes and those beyond `u64`.
pub(crate) fn parse_bytes(text: &str) -> Result<u64, UnitError> {
    let fail = |problem| UnitError::new(Quantity::Size, text, problem);
    if let Some(problem) = DecimalAmount::problem(text) {
        return Err(fail(problem));
    }
    let (amount, rest) = DecimalAmount::split(text).ok_or_else(|| fail(UnitProblem::Malformed))?;
    if !rest.is_empty() {
        return Err(fail(UnitProblem::Malformed));
    }
    let scale = match amount.unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return Err(fail(UnitProblem::UnknownUnit(clip(amount.unit)))),
    };
    amount
        .steps(scale)
        .and_then(|bytes| u64::try_from(bytes).ok())
        .ok_or_else(|| fail(UnitProblem::TooLarge))
}

/// Writes a number of bytes for people: `182 B`, `1.2 MB`, `743 kB`.
///
/// Base 1000, with one decimal below ten of a unit and none from there on, as in k6. Whole bytes have no decimals.
pub(crate) fn format_bytes(bytes: f64) -> String {
    const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    let mut value = bytes.abs();
    let mut unit = 0;
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    let value = ((value * 10.0 + 0.5).floor() / 10.0).copysign(bytes);
    let whole_bytes = unit == 0 && value.fract() == 0.0;
    let decimals = usize::from(value.abs() < 10.0 && !whole_bytes);
    // `+ 0.0` turns a negative zero into a positive one.
    format!("{:.decimals$} {}", value + 0.0, UNITS[unit])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_units_of_both_families() {
        let table = [
            ("0", 0),
            ("65536", 65_536),
            ("12B", 12),
            ("64kB", 64_000),
            ("64KB", 64_000),
            ("16MiB", 16 << 20),
            ("16mib", 16 << 20),
            ("1.5GB", 1_500_000_000),
            ("0.5KiB", 512),
            ("1TiB", 1 << 40),
            ("2TB", 2_000_000_000_000),
            ("18446744073709551615", u64::MAX),
        ];
        for (text, bytes) in table {
            assert_eq!(parse_bytes(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn errors_have_a_kind_and_a_remedy() {
        let table = [
            ("", "empty"),
            ("MiB", "malformed"),
            ("NaN", "malformed"),
            ("1MiB2kB", "malformed"),
            ("1.2.3MB", "malformed"),
            ("-1kB", "negative"),
            ("16M", "unknown_unit"),
            ("16 MiB", "unknown_unit"),
            ("1e9B", "malformed"),
            ("18446744073709551616", "too_large"),
            ("16777216TiB", "too_large"),
        ];
        for (text, kind) in table {
            assert_eq!(parse_bytes(text).unwrap_err().kind(), kind, "{text:?}");
        }
        assert_eq!(
            parse_bytes("16M").unwrap_err().to_string(),
            "\"16M\" has the unknown unit \"M\": use B, kB, MB, GB, TB, KiB, MiB, GiB or TiB, as in \"64kB\" or \"16MiB\""
        );
    }

    #[test]
    fn writes_base_1000_with_one_decimal_below_ten() {
        let table = [
            (0.0, "0 B"),
            (-0.0, "0 B"),
            (9.0, "9 B"),
            (3.7037, "3.7 B"),
            (182.0, "182 B"),
            (182.4, "182 B"),
            (1000.0, "1.0 kB"),
            (1250.0, "1.3 kB"),
            (9_949.0, "9.9 kB"),
            (9_951.0, "10 kB"),
            (743_210.0, "743 kB"),
            (1_234_567.0, "1.2 MB"),
            (5e9, "5.0 GB"),
            (1e18, "1.0 EB"),
            (1e24, "1000000 EB"),
            (-1500.0, "-1.5 kB"),
            (f64::NAN, "NaN B"),
        ];
        for (bytes, text) in table {
            assert_eq!(format_bytes(bytes), text);
        }
    }

    proptest! {
        #[test]
        fn a_plain_number_is_in_bytes(bytes: u64) {
            prop_assert_eq!(parse_bytes(&bytes.to_string()), Ok(bytes));
        }

        #[test]
        fn no_text_panics(text in "[-+0-9.eEkKmMgGtTiIbB ]{0,30}|.{0,20}") {
            let _ = parse_bytes(&text);
        }

        #[test]
        fn every_size_can_be_written(bits: u64) {
            prop_assert!(format_bytes(f64::from_bits(bits)).ends_with('B'));
        }
    }
}

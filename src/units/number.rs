//! Plain numbers: counts, gauges and trends without a unit.

/// Writes a number with at most six decimals and without trailing zeros: `15`, `196.2`, `0.269252`.
pub(crate) fn format_number(value: f64) -> String {
    let text = format!("{value:.6}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_decimals_at_most_and_no_trailing_zeros() {
        let table = [
            (0.0, "0"),
            (-0.0, "0"),
            (15.0, "15"),
            (100.0, "100"),
            (196.2, "196.2"),
            (0.269_252_4, "0.269252"),
            (0.000_000_1, "0"),
            (-0.000_000_1, "0"),
            (-2.5, "-2.5"),
            (f64::INFINITY, "inf"),
            (f64::NAN, "NaN"),
        ];
        for (value, text) in table {
            assert_eq!(format_number(value), text);
        }
    }
}

//! An exact decimal number with its unit.

use super::error::UnitProblem;

/// A number with a unit, such as `12.5ms`. The number is `whole + fraction / 10^digits`.
pub(super) struct DecimalAmount<'a> {
    whole: u128,
    fraction: u128,
    digits: u32,
    /// The characters after the number up to the next digit or point.
    pub(super) unit: &'a str,
}

/// The number of fractional digits that are used: enough for the nanoseconds of a day and the bytes of a TiB.
const FRACTION_DIGITS: usize = 18;

impl<'a> DecimalAmount<'a> {
    /// Reads one number and its unit from the start of `text` and returns the rest.
    ///
    /// `None` if `text` does not start with a number: at least one digit, at most one point.
    /// A whole part beyond `u128` becomes `u128::MAX`, which is too large for every unit.
    pub(super) fn split(text: &'a str) -> Option<(Self, &'a str)> {
        let (whole, rest) = digits(text);
        let (fraction, rest) = match rest.strip_prefix('.') {
            Some(after_point) => digits(after_point),
            None => ("", rest),
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let shown = &fraction[..fraction.len().min(FRACTION_DIGITS)];
        let end = rest
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(rest.len());
        let (unit, rest) = rest.split_at(end);
        let amount = Self {
            whole: integer(whole),
            fraction: integer(shown),
            digits: u32::try_from(shown.len()).unwrap_or(0),
            unit,
        };
        Some((amount, rest))
    }

    /// The problem of a text that is empty or a negative amount.
    pub(super) fn problem(text: &str) -> Option<UnitProblem> {
        let unsigned = text.strip_prefix('-');
        match unsigned.and_then(DecimalAmount::split) {
            Some(_) => Some(UnitProblem::Negative),
            None => text.is_empty().then_some(UnitProblem::Empty),
        }
    }

    /// The amount in steps, `scale` of which make its unit, rounded down; `None` beyond `u128`.
    pub(super) fn steps(&self, scale: u64) -> Option<u128> {
        let scale = u128::from(scale);
        let part = self.fraction.checked_mul(scale)? / 10_u128.checked_pow(self.digits)?;
        self.whole.checked_mul(scale)?.checked_add(part)
    }
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(
        text.find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len()),
    )
}

fn integer(digits: &str) -> u128 {
    digits.bytes().fold(0_u128, |n, digit| {
        n.saturating_mul(10)
            .saturating_add(u128::from(digit - b'0'))
    })
}

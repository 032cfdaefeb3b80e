//! Errors of durations and sizes, with the remedy.

use std::fmt;

/// A text that is not a duration or size. Its message quotes the text and says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UnitError {
    text: String,
    quantity: Quantity,
    problem: UnitProblem,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Quantity {
    Duration,
    Size,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum UnitProblem {
    Empty,
    Malformed,
    Negative,
    MissingUnit,
    UnknownUnit(String),
    TooLarge,
}

impl UnitError {
    pub(super) fn new(quantity: Quantity, text: &str, problem: UnitProblem) -> Self {
        Self {
            text: clip(text),
            quantity,
            problem,
        }
    }

    /// The kind of mistake.
    #[cfg(test)]
    pub(super) fn kind(&self) -> &'static str {
        match self.problem {
            UnitProblem::Empty => "empty",
            UnitProblem::Malformed => "malformed",
            UnitProblem::Negative => "negative",
            UnitProblem::MissingUnit => "missing_unit",
            UnitProblem::UnknownUnit(_) => "unknown_unit",
            UnitProblem::TooLarge => "too_large",
        }
    }
}

impl std::error::Error for UnitError {}

impl fmt::Display for UnitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &self.text;
        let (what, examples, units, largest) = match self.quantity {
            Quantity::Duration => (
                "duration",
                r#""150ms", "1m30s" or "2h""#,
                "ns, us, ms, s, m, h or d",
                "876000h (100 years)",
            ),
            Quantity::Size => (
                "size",
                r#""64kB" or "16MiB""#,
                "B, kB, MB, GB, TB, KiB, MiB, GiB or TiB",
                "16777215TiB",
            ),
        };
        let remedy = match &self.problem {
            UnitProblem::Empty | UnitProblem::Malformed => {
                format!("write a number with its unit, such as {examples}")
            }
            UnitProblem::Negative => {
                format!("write a {what} of zero or more, such as {examples}")
            }
            UnitProblem::MissingUnit => format!("add one of {units}, as in {examples}"),
            UnitProblem::UnknownUnit(_) => format!("use {units}, as in {examples}"),
            UnitProblem::TooLarge => format!("the largest is {largest}, so write a smaller one"),
        };
        let fault = match &self.problem {
            UnitProblem::Empty => return write!(f, "a {what} is missing: {remedy}"),
            UnitProblem::Malformed => format!("is not a {what}"),
            UnitProblem::Negative => "is negative".to_owned(),
            UnitProblem::MissingUnit => "lacks a unit after a number".to_owned(),
            UnitProblem::UnknownUnit(unit) => format!("has the unknown unit {unit:?}"),
            UnitProblem::TooLarge => format!("is too large a {what}"),
        };
        write!(f, "{text:?} {fault}: {remedy}")
    }
}

/// The beginning of `text`, enough to recognise it in a message.
pub(super) fn clip(text: &str) -> String {
    const SHOWN: usize = 40;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

//! Errors in options, one sentence each.

use std::fmt;

use serde_json::Value;

use super::OptionOrigin;

/// All problems of the options, so that they can be fixed in one go.
///
/// Displayed as one line for each problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionsError {
    problems: Vec<OptionProblem>,
}

/// A sentence that names the option, its value, where it was set, and the remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionProblem {
    kind: ProblemKind,
    option: String,
    origin: OptionOrigin,
    message: String,
}

/// The kinds of [`OptionProblem`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProblemKind {
    /// The option does not exist.
    UnknownOption,
    /// The value has the wrong type.
    WrongType,
    /// The number or duration is outside the allowed range.
    OutOfRange,
    /// The text has no meaning for the option.
    InvalidValue,
    /// A required option is not set.
    MissingOption,
    /// Two options contradict each other.
    Conflict,
}

impl OptionsError {
    /// The error of these problems; `None` without any.
    pub(super) fn of(problems: Vec<OptionProblem>) -> Option<Self> {
        (!problems.is_empty()).then_some(Self { problems })
    }

    /// The problems; at least one.
    pub fn problems(&self) -> &[OptionProblem] {
        &self.problems
    }

    /// A stable word for the kind of the first problem, e.g. `out_of_range`.
    pub fn kind(&self) -> &'static str {
        self.problems
            .first()
            .map_or("invalid_value", OptionProblem::kind)
    }
}

impl OptionProblem {
    pub(super) fn new(
        kind: ProblemKind,
        option: impl Into<String>,
        origin: &OptionOrigin,
        message: String,
    ) -> Self {
        Self {
            kind,
            option: option.into(),
            origin: origin.clone(),
            message,
        }
    }

    /// A stable word for the kind: `unknown_option`, `wrong_type`, `out_of_range`, `invalid_value`,
    /// `missing_option` or `conflict`.
    pub fn kind(&self) -> &'static str {
        match self.kind {
            ProblemKind::UnknownOption => "unknown_option",
            ProblemKind::WrongType => "wrong_type",
            ProblemKind::OutOfRange => "out_of_range",
            ProblemKind::InvalidValue => "invalid_value",
            ProblemKind::MissingOption => "missing_option",
            ProblemKind::Conflict => "conflict",
        }
    }

    /// The full name of the option, e.g. `scenarios.chat.rate`.
    pub fn option(&self) -> &str {
        &self.option
    }

    /// The place that set the value, or the table in which it is missing.
    pub fn origin(&self) -> &OptionOrigin {
        &self.origin
    }
}

impl fmt::Display for OptionProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for OptionProblem {}

impl std::error::Error for OptionsError {}

impl From<OptionProblem> for OptionsError {
    fn from(problem: OptionProblem) -> Self {
        Self {
            problems: vec![problem],
        }
    }
}

/// A value as messages show it, shortened.
pub(super) fn show(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = match value {
        Value::Object(table) if table.is_empty() => "an empty table".to_owned(),
        Value::Array(list) if list.is_empty() => "an empty table".to_owned(),
        other => other.to_string(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

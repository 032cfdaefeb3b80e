//! Reads values of each type, with an error for all others.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::Value;

use super::field::Field;
use super::problem::{OptionProblem, ProblemKind};
use crate::load::StartRate;
use crate::units::{duration_from_secs, format_duration, milliseconds_meant, parse_duration};

/// The largest integer up to which a Lua number is exact.
pub(super) const MAX_WHOLE: u64 = 1 << 53;

impl<'a> Field<'a> {
    /// A number that `convert` accepts; `None` means that it is out of range.
    pub(super) fn number<T>(
        &self,
        advice: &str,
        convert: impl FnOnce(f64) -> Option<T>,
    ) -> Result<T, OptionProblem> {
        let Some(number) = self.value.as_f64() else {
            return Err(self.wrong(ProblemKind::WrongType, advice));
        };
        convert(number).ok_or_else(|| self.wrong(ProblemKind::OutOfRange, advice))
    }

    /// A whole number within `range`.
    pub(super) fn whole(&self, range: RangeInclusive<u64>) -> Result<u64, OptionProblem> {
        let (min, max) = (range.start(), range.end());
        let advice = format!("use a whole number from {min} to {max}");
        // A float is exact for integers up to 2^53, the limit of all ranges.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole and within 0..=2^53, checked first"
        )]
        let whole = |number: f64| {
            (number.fract() == 0.0 && (0.0..=MAX_WHOLE as f64).contains(&number))
                .then_some(number as u64)
        };
        self.number(&advice, |number| {
            whole(number).filter(|whole| range.contains(whole))
        })
    }

    /// A rate of starts per time unit.
    pub(super) fn rate(&self) -> Result<StartRate, OptionProblem> {
        self.number(
            &format!("use a number from 0 to {}", StartRate::MAX),
            StartRate::new,
        )
    }

    /// A duration: text with units, or a number of seconds.
    pub(super) fn duration(&self) -> Result<Duration, OptionProblem> {
        match self.value {
            Value::String(text) => parse_duration(text).map_err(|error| self.fault(error)),
            Value::Number(number) => {
                let seconds = number.as_f64().unwrap_or(f64::NAN);
                duration_from_secs(seconds).map_err(|_| {
                    let advice = "use a duration such as \"30s\" or a number of seconds up to 3153600000 (100 years)";
                    self.wrong(ProblemKind::OutOfRange, advice)
                })
            }
            _ => Err(self.wrong(
                ProblemKind::WrongType,
                "use a duration such as \"30s\" or a number of seconds",
            )),
        }
    }

    /// A duration of `least` or longer.
    pub(super) fn duration_from(&self, least: Duration) -> Result<Duration, OptionProblem> {
        let duration = self.duration()?;
        if duration < least {
            let advice = format!("use {} or more", format_duration(least));
            return Err(self.wrong(ProblemKind::OutOfRange, advice));
        }
        Ok(duration)
    }

    /// A timeout: a duration. Refuses a huge number of seconds, which was probably meant as milliseconds.
    pub(super) fn timeout(&self) -> Result<Duration, OptionProblem> {
        let time = self.duration_from(Duration::from_millis(1))?;
        match milliseconds_meant(time).filter(|_| self.value.is_number()) {
            Some(remedy) => Err(self.fault(remedy)),
            None => Ok(time),
        }
    }

    pub(super) fn flag(&self) -> Result<bool, OptionProblem> {
        let wrong = || self.wrong(ProblemKind::WrongType, "use true or false");
        self.value.as_bool().ok_or_else(wrong)
    }

    pub(super) fn text(&self) -> Result<&'a str, OptionProblem> {
        self.value
            .as_str()
            .ok_or_else(|| self.wrong(ProblemKind::WrongType, "use a text"))
    }

    /// A non-empty text.
    pub(super) fn word(&self) -> Result<&'a str, OptionProblem> {
        let text = self.text()?;
        let wrong = || self.wrong(ProblemKind::InvalidValue, "use a text that is not empty");
        if text.is_empty() {
            Err(wrong())
        } else {
            Ok(text)
        }
    }

    /// A list of words, or one word.
    pub(super) fn words(&self) -> Result<Vec<String>, OptionProblem> {
        if self.value.is_string() {
            return Ok(vec![self.word()?.to_owned()]);
        }
        let items = self.list("use a text or a list of texts")?;
        items
            .iter()
            .map(|field| field.word().map(str::to_owned))
            .collect()
    }

    /// One of these words; the number 2 counts as `"2"`, as in `http_version = 2`.
    pub(super) fn one_of<T: Copy>(&self, words: &[(&str, T)]) -> Result<T, OptionProblem> {
        let names: Vec<_> = words
            .iter()
            .map(|(word, _)| format!("\"{word}\""))
            .collect();
        let advice = match names.split_last() {
            Some((last, others)) if !others.is_empty() => {
                format!("use {} or {last}", others.join(", "))
            }
            _ => format!("use {}", names.concat()),
        };
        if !self.value.is_string() && !self.value.is_number() {
            return Err(self.wrong(ProblemKind::WrongType, advice));
        }
        let text = self.as_text()?;
        let found = words.iter().find(|(word, _)| *word == text);
        found
            .map(|(_, value)| *value)
            .ok_or_else(|| self.wrong(ProblemKind::InvalidValue, advice))
    }

    /// Names and texts, sorted by name; numbers and booleans become text.
    pub(super) fn pairs(&self) -> Result<Vec<(String, String)>, OptionProblem> {
        let table = self.table("use a table of names and texts such as { team = \"chat\" }")?;
        let mut pairs = Vec::new();
        for (key, field) in table.items() {
            if key.is_empty() {
                return Err(field.fault("a name is empty: give it one"));
            }
            pairs.push((key.to_owned(), field.as_text()?));
        }
        pairs.sort_unstable();
        Ok(pairs)
    }

    fn as_text(&self) -> Result<String, OptionProblem> {
        match self.value {
            Value::String(text) => Ok(text.clone()),
            Value::Bool(flag) => Ok(flag.to_string()),
            // A whole float is displayed without ".0", as in Lua.
            Value::Number(number) => Ok(number
                .as_f64()
                .map_or_else(|| number.to_string(), |float| float.to_string())),
            _ => Err(self.wrong(ProblemKind::WrongType, "use a text")),
        }
    }
}

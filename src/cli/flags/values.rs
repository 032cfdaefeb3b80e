//! Value parsers, and completions for shells.
//!
//! The text of an error continues the name of the flag: `--workers` `cannot be "0": use a whole number from 1 to 1024`.

use std::ffi::OsStr;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};

use crate::http::parse_header;
use crate::units::{parse_duration, shown_header};

/// A value, or the error about it.
pub(in crate::cli) type Parsed<T> = Result<T, String>;

/// The error about a value, with the remedy.
pub(in crate::cli) fn wrong(text: &str, remedy: &str) -> String {
    format!("cannot be {text:?}: {remedy}")
}

/// Parses `NAME=VALUE`.
pub(in crate::cli) fn pair(text: &str) -> Parsed<(String, String)> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(wrong(text, "use NAME=VALUE")),
    }
}

/// Parses `NAME=VALUE`; errors hide the value, which may be secret.
pub(in crate::cli) fn secret_pair(text: &str) -> Parsed<(String, String)> {
    pair(text).map_err(|_| wrong(&shown_header(text), "use NAME=VALUE"))
}

/// Parses a header; errors hide its value.
pub(in crate::cli) fn header(line: &str) -> Parsed<(String, String)> {
    let wrong = || wrong(&shown_header(line), "use 'Name: value'");
    let (name, value) = line.split_once(':').ok_or_else(wrong)?;
    let (name, value) = (name.trim(), value.trim());
    parse_header(name, value.as_bytes()).map_err(|_| wrong())?;
    Ok((name.to_owned(), value.to_owned()))
}

/// A parser of whole numbers within this range.
pub(in crate::cli) fn whole<N: FromStr>(
    range: RangeInclusive<u64>,
) -> impl Fn(&str) -> Parsed<N> + Clone {
    move |text| {
        let is_within = text.parse().is_ok_and(|number| range.contains(&number));
        let number = text.parse().ok().filter(|_| is_within);
        let (least, most) = (range.start(), range.end());
        number.ok_or_else(|| wrong(text, &format!("use a whole number from {least} to {most}")))
    }
}

/// A parser of numbers within this range, with the remedy for any other text.
pub(in crate::cli) fn number(
    range: RangeInclusive<f64>,
    remedy: &'static str,
) -> impl Fn(&str) -> Parsed<f64> + Clone {
    move |text| {
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.ok_or_else(|| wrong(text, remedy))
    }
}

/// Parses a positive duration.
pub(in crate::cli) fn time(text: &str) -> Parsed<Duration> {
    match parse_duration(text) {
        Ok(time) if time.is_zero() => Err(wrong(text, "use a time above 0, such as 1s")),
        Ok(time) => Ok(time),
        Err(error) => Err(error.to_string()),
    }
}

/// A parser that accepts any text and suggests these words to shells. Options are validated later, since they may also come from
/// a file.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Suggest(pub(in crate::cli) &'static [&'static str]);

impl TypedValueParser for Suggest {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(self.0.iter().map(PossibleValue::new)))
    }
}

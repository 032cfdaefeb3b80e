//! The parameters of a request, from its query or headers `x-ssel-<name>`.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::time::Duration;

use axum::http::HeaderMap;

use super::failure::ErrorResponse;
use crate::units::{duration_from_secs, nearest, parse_duration};

/// The longest time that a parameter accepts.
const MAX_TIME: Duration = Duration::from_hours(24);

/// The prefix of headers that are parameters.
const HEADER_PREFIX: &str = "x-ssel-";

/// The parameters of a request. A route reads those it knows; [`Params::finish`] rejects the others.
#[derive(Debug)]
pub(super) struct Params {
    given: Vec<(String, String)>,
    known: Vec<&'static str>,
}

impl Params {
    /// Reads `query` and `headers`. The query overrides a header, and the last value of a repeated name counts. A `-` in
    /// the name of a header is read as `_`.
    pub(super) fn new(query: &str, headers: &HeaderMap) -> Self {
        let from_headers = headers.iter().filter_map(|(name, value)| {
            let name = name.as_str().strip_prefix(HEADER_PREFIX)?.replace('-', "_");
            Some((name, String::from_utf8_lossy(value.as_bytes()).into_owned()))
        });
        let from_query = url::form_urlencoded::parse(query.as_bytes())
            .map(|(name, value)| (name.into_owned(), value.into_owned()));
        // An old name of `server`.
        let renamed = |(name, value)| {
            if name == "dialect" {
                ("server".to_owned(), value)
            } else {
                (name, value)
            }
        };
        Self {
            given: from_headers.chain(from_query).map(renamed).collect(),
            known: Vec::new(),
        }
    }

    /// The value of a parameter, unchanged.
    pub(super) fn text(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        self.given
            .iter()
            .rev()
            .find(|(given, _)| given == name)
            .map(|(_, value)| value.clone())
    }

    /// A text that becomes part of a line of the response.
    pub(super) fn line(&mut self, name: &'static str) -> Result<Option<String>, ErrorResponse> {
        match self.text(name) {
            Some(text) if text.contains(['\r', '\n', '\0']) => Err(ErrorResponse::parameter(
                name,
                "must be one line, without NUL",
            )),
            text => Ok(text),
        }
    }

    /// A whole number in `range`.
    pub(super) fn number(
        &mut self,
        name: &'static str,
        default: u64,
        range: RangeInclusive<u64>,
    ) -> Result<u64, ErrorResponse> {
        self.maybe_number(name, range)
            .map(|number| number.unwrap_or(default))
    }

    /// A whole number in `range`; `None` if it is not given.
    pub(super) fn maybe_number(
        &mut self,
        name: &'static str,
        range: RangeInclusive<u64>,
    ) -> Result<Option<u64>, ErrorResponse> {
        self.parsed(name, |text| match text.parse() {
            Ok(number) if range.contains(&number) => Ok(number),
            _ => Err(format!(
                "must be a whole number from {} to {}, got {text:?}",
                range.start(),
                range.end()
            )),
        })
    }

    /// A duration: `150ms`, `1m30s`, or a number of seconds.
    pub(super) fn time(
        &mut self,
        name: &'static str,
        default: Duration,
    ) -> Result<Duration, ErrorResponse> {
        self.maybe_time(name).map(|time| time.unwrap_or(default))
    }

    /// A duration; `None` if it is not given.
    pub(super) fn maybe_time(
        &mut self,
        name: &'static str,
    ) -> Result<Option<Duration>, ErrorResponse> {
        self.parsed(name, parse_time)
    }

    /// A number from 0 to 1.
    pub(super) fn fraction(
        &mut self,
        name: &'static str,
        default: f64,
    ) -> Result<f64, ErrorResponse> {
        let fraction = self.parsed(name, |text| match text.parse() {
            Ok(number) if (0.0..=1.0).contains(&number) => Ok(number),
            _ => Err(format!("must be a number from 0 to 1, got {text:?}")),
        })?;
        Ok(fraction.unwrap_or(default))
    }

    /// A switch: `1`, `on`, `true`, `yes` or empty; `0`, `off`, `false` or `no`.
    pub(super) fn switch(
        &mut self,
        name: &'static str,
        default: bool,
    ) -> Result<bool, ErrorResponse> {
        let switch = self.parsed(name, |text| match text {
            "" | "1" | "on" | "true" | "yes" => Ok(true),
            "0" | "off" | "false" | "no" => Ok(false),
            _ => Err(format!("must be 1 or 0, got {text:?}")),
        })?;
        Ok(switch.unwrap_or(default))
    }

    /// One of `choices`; the first one is the default.
    pub(super) fn choice<T: Copy>(
        &mut self,
        name: &'static str,
        choices: &[(&str, T)],
    ) -> Result<T, ErrorResponse> {
        let choice = self.parsed(name, |text| {
            choices
                .iter()
                .find(|(word, _)| *word == text)
                .map(|(_, value)| *value)
                .ok_or_else(|| {
                    let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
                    format!("must be one of {}, got {text:?}", words.join(", "))
                })
        })?;
        Ok(choice.unwrap_or(choices[0].1))
    }

    /// The value that `parse` returns for a parameter; `None` if it is not given.
    pub(super) fn parsed<T, E: Display>(
        &mut self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, ErrorResponse> {
        let text = self.text(name);
        text.map(|text| parse(&text).map_err(|error| ErrorResponse::parameter(name, error)))
            .transpose()
    }

    /// Rejects unknown parameters, so that a mistyped name is not ignored.
    pub(super) fn finish(self) -> Result<(), ErrorResponse> {
        let Some((unknown, _)) = self
            .given
            .iter()
            .find(|(name, _)| !self.known.contains(&name.as_str()))
        else {
            return Ok(());
        };
        let problem = match nearest(unknown, self.known.iter().copied()) {
            Some(known) => format!("is not known here; did you mean `{known}`?"),
            None => "is not known here".to_owned(),
        };
        Err(ErrorResponse::parameter(unknown, problem))
    }
}

/// Parses a duration with units, or a plain number of seconds; at most a day.
pub(super) fn parse_time(text: &str) -> Result<Duration, String> {
    let time = match text.parse() {
        Ok(seconds) => duration_from_secs(seconds).map_err(|error| error.to_string())?,
        Err(_) => parse_duration(text).map_err(|error| error.to_string())?,
    };
    if time <= MAX_TIME {
        Ok(time)
    } else {
        Err("must be at most 24h".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(query: &str) -> Params {
        Params::new(query, &HeaderMap::new())
    }

    fn message<T: std::fmt::Debug>(result: Result<T, ErrorResponse>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn a_time_is_seconds_or_has_units() {
        let mut given = params("a=0.25&b=150ms&c=0");
        assert_eq!(
            given.time("a", Duration::MAX),
            Ok(Duration::from_millis(250))
        );
        assert_eq!(
            given.time("b", Duration::MAX),
            Ok(Duration::from_millis(150))
        );
        assert_eq!(given.time("c", Duration::MAX), Ok(Duration::ZERO));
        assert_eq!(
            given.time("d", Duration::from_secs(7)),
            Ok(Duration::from_secs(7))
        );
    }

    #[test]
    fn an_invalid_time_is_rejected_by_name() {
        for bad in ["-1", "nan", "inf", "1e300", "abc", "", "25h", "5 parsecs"] {
            let query = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("interval", bad)
                .finish();
            let refused = message(params(&query).time("interval", Duration::ZERO));
            assert!(
                refused.starts_with("parameter `interval`: "),
                "{bad}: {refused}"
            );
        }
    }

    #[test]
    fn a_number_outside_its_range_is_rejected() {
        assert_eq!(params("n=5").number("n", 1, 1..=5), Ok(5));
        assert_eq!(
            message(params("n=6").number("n", 1, 1..=5)),
            r#"parameter `n`: must be a whole number from 1 to 5, got "6""#
        );
        assert!(params("n=-1").number("n", 1, 0..=5).is_err());
        assert!(
            params("n=99999999999999999999")
                .number("n", 1, 0..=u64::MAX)
                .is_err()
        );
    }

    #[test]
    fn the_query_overrides_headers_and_the_last_value_counts() {
        let mut headers = HeaderMap::new();
        headers.insert("x-ssel-fail-after", "3".parse().unwrap());
        headers.insert("x-ssel-n", "3".parse().unwrap());
        let mut params = Params::new("n=4&n=5", &headers);
        assert_eq!(params.number("n", 0, 0..=9), Ok(5));
        assert_eq!(params.number("fail_after", 0, 0..=9), Ok(3));
        assert_eq!(params.finish(), Ok(()));
    }

    #[test]
    fn an_unknown_name_is_rejected_with_the_nearest_one() {
        let mut params = params("intervall=1");
        let _ = params.time("interval", Duration::ZERO);
        assert_eq!(
            message(params.finish()),
            "parameter `intervall`: is not known here; did you mean `interval`?"
        );
    }

    #[test]
    fn a_line_cannot_contain_a_line_break() {
        assert!(params("event=a%0Adata:x").line("event").is_err());
        assert_eq!(
            params("event=a%20b").line("event"),
            Ok(Some("a b".to_owned()))
        );
    }

    #[test]
    fn a_switch_without_a_value_is_on() {
        assert_eq!(params("bom").switch("bom", false), Ok(true));
        assert_eq!(params("bom=off").switch("bom", true), Ok(false));
        assert!(params("bom=maybe").switch("bom", true).is_err());
    }
}

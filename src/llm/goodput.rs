//! Goodput: requests that met all their objectives.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::units::{UnitError, format_duration, parse_duration};

use super::latency::Latency;
use super::reply::Reply;

/// Objectives for a request: upper limits of latencies. For the gaps between chunks, the longest gap counts: the longest
/// time for which a user sees the text stand still.
///
/// Parsed from pairs such as `ttft:500ms tpot:50ms`, separated by spaces or commas. A bare number is in milliseconds, as in
/// the `--goodput` of `vllm bench serve`, and vLLM's names are accepted too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Goodput([Option<Duration>; Latency::ALL.len()]);

impl Goodput {
    /// The objectives with these limits.
    pub(crate) fn new(limits: impl IntoIterator<Item = (Latency, Duration)>) -> Self {
        let mut goodput = Self::default();
        for (latency, limit) in limits {
            goodput.0[latency as usize] = Some(limit);
        }
        goodput
    }

    /// The limit of a latency.
    pub(crate) fn limit(&self, latency: Latency) -> Option<Duration> {
        self.0[latency as usize]
    }

    /// The limits that are set.
    pub(crate) fn limits(&self) -> impl Iterator<Item = (Latency, Duration)> {
        let all = Latency::ALL.into_iter().zip(self.0);
        all.filter_map(|(latency, limit)| Some((latency, limit?)))
    }

    /// Whether there are no objectives.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a reply succeeded and met every objective.
    ///
    /// A reply that is too short for a TPOT or a gap meets these objectives, as in vLLM. A reply without content misses the
    /// others.
    pub(crate) fn is_met_by(&self, reply: &Reply) -> bool {
        let is_met = |(latency, limit): (Latency, Duration)| match latency.of(reply) {
            Some(actual) => actual <= limit,
            None => matches!(latency, Latency::Tpot | Latency::Itl),
        };
        reply.outcome.is_ok() && self.limits().all(is_met)
    }
}

/// Why a text states no objectives.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GoodputError {
    /// It is empty.
    #[error("no objective is given: write one or more, such as \"ttft:500ms tpot:50ms\"")]
    Empty,
    /// A word is not a name, a colon and a limit.
    #[error(
        "{0:?} is not an objective: write its name, a colon and its limit, such as \"ttft:500ms\""
    )]
    Malformed(String),
    /// No objective has this name.
    #[error("{0:?} is not an objective: use ttft, ttfo, tpot, itl or e2e")]
    UnknownName(String),
    /// An objective is given twice.
    #[error("{0} is given twice")]
    Twice(Latency),
    /// A limit is not a duration.
    #[error("{latency}: {error}")]
    Limit {
        /// The objective.
        latency: Latency,
        /// The problem of its limit.
        error: UnitError,
    },
}

impl FromStr for Goodput {
    type Err = GoodputError;

    fn from_str(text: &str) -> Result<Self, GoodputError> {
        let mut goodput = Self::default();
        let words = text.split(|c: char| c.is_whitespace() || c == ',');
        for word in words.filter(|word| !word.is_empty()) {
            let malformed = || GoodputError::Malformed(word.to_owned());
            let (name, limit) = word.split_once(':').ok_or_else(malformed)?;
            let latency =
                Latency::of_name(name).ok_or_else(|| GoodputError::UnknownName(name.to_owned()))?;
            let limit =
                parse_limit(limit).map_err(|error| GoodputError::Limit { latency, error })?;
            if goodput.0[latency as usize].replace(limit).is_some() {
                return Err(GoodputError::Twice(latency));
            }
        }
        if goodput.is_empty() {
            Err(GoodputError::Empty)
        } else {
            Ok(goodput)
        }
    }
}

/// The form that is parsed: `ttft:500ms tpot:50ms`.
impl fmt::Display for Goodput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, (latency, limit)) in self.limits().enumerate() {
            let space = if n > 0 { " " } else { "" };
            write!(f, "{space}{latency}:{}", format_duration(limit))?;
        }
        Ok(())
    }
}

/// A duration, or a bare number of milliseconds.
fn parse_limit(limit: &str) -> Result<Duration, UnitError> {
    let is_bare = !limit.is_empty()
        && limit
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_bare {
        parse_duration(&format!("{limit}ms"))
    } else {
        parse_duration(limit)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Api, Reader, ReaderOptions, StreamEnd};
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn limits_have_units_or_are_milliseconds() {
        let table = [
            (
                "ttft:500ms tpot:50ms",
                Goodput::new([(Latency::Ttft, 500 * MS), (Latency::Tpot, 50 * MS)]),
            ),
            (
                "ttft:500,e2el:3000",
                Goodput::new([(Latency::Ttft, 500 * MS), (Latency::E2e, 3000 * MS)]),
            ),
            (
                " itl:0.5  ttfo:1m30s ",
                Goodput::new([
                    (Latency::Itl, Duration::from_micros(500)),
                    (Latency::Ttfo, 90_000 * MS),
                ]),
            ),
            ("e2e:0", Goodput::new([(Latency::E2e, Duration::ZERO)])),
        ];
        for (text, goodput) in table {
            assert_eq!(text.parse(), Ok(goodput), "{text}");
            assert_eq!(goodput.to_string().parse(), Ok(goodput), "{goodput}");
        }
    }

    #[test]
    fn a_mistake_is_named() {
        let table = [
            (
                "",
                "no objective is given: write one or more, such as \"ttft:500ms tpot:50ms\"",
            ),
            (
                " , ",
                "no objective is given: write one or more, such as \"ttft:500ms tpot:50ms\"",
            ),
            (
                "ttft",
                "\"ttft\" is not an objective: write its name, a colon and its limit, such as \"ttft:500ms\"",
            ),
            (
                "latency:5",
                "\"latency\" is not an objective: use ttft, ttfo, tpot, itl or e2e",
            ),
            ("e2e:5 e2el:6", "e2e is given twice"),
            (
                "ttft:",
                "ttft: a duration is missing: write a number with its unit, such as \"150ms\", \"1m30s\" or \"2h\"",
            ),
            (
                "ttft:-5ms",
                "ttft: \"-5ms\" is negative: write a duration of zero or more, such as \"150ms\", \"1m30s\" or \"2h\"",
            ),
        ];
        for (text, message) in table {
            let error = text.parse::<Goodput>().unwrap_err();
            assert_eq!(error.to_string(), message, "{text}");
        }
    }

    /// Chunks at these milliseconds, then the proper end.
    fn reply(chunks: &[u32], end: StreamEnd<'_>) -> Reply {
        let mut reader = Reader::new(Api::ChatCompletions, ReaderOptions::default());
        for at in chunks {
            reader.event(*at * MS, b"", br#"{"choices":[{"delta":{"content":"a"}}]}"#);
        }
        reader.event(
            900 * MS,
            b"",
            br#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#,
        );
        reader.event(901 * MS, b"", b"[DONE]");
        reader.finish(902 * MS, end)
    }

    #[test]
    fn a_good_reply_meets_every_objective() {
        let good = reply(&[100, 110, 150], StreamEnd::Eof);
        let table = [
            ("ttft:100", true),
            ("ttft:99", false),
            ("ttfo:100", true),
            ("tpot:25", true),
            ("tpot:24", false),
            ("itl:40ms", true),
            ("itl:39ms", false),
            ("e2e:150", true),
            ("e2e:149", false),
            ("ttft:100 tpot:25 e2e:150 itl:40", true),
            ("ttft:100 tpot:25 e2e:150 itl:39", false),
        ];
        for (text, is_met) in table {
            assert_eq!(
                text.parse::<Goodput>().unwrap().is_met_by(&good),
                is_met,
                "{text}"
            );
        }
        assert!(Goodput::default().is_met_by(&good));
    }

    #[test]
    fn a_short_reply_meets_tpot_and_a_reply_without_content_misses_ttft() {
        let one = reply(&[100], StreamEnd::Eof);
        let none = reply(&[], StreamEnd::Eof);
        for (text, one_is_good, none_is_good) in [
            ("tpot:1 itl:1", true, true),
            ("ttft:100", true, false),
            ("e2e:5000", true, false),
        ] {
            let goodput: Goodput = text.parse().unwrap();
            assert_eq!(goodput.is_met_by(&one), one_is_good, "{text}");
            assert_eq!(goodput.is_met_by(&none), none_is_good, "{text}");
        }
        let failed = reply(
            &[100],
            StreamEnd::Status {
                status: 500,
                body: b"",
            },
        );
        assert!(!Goodput::default().is_met_by(&failed));
    }
}

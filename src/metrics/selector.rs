//! Selects the sub-metrics that are aggregated separately.

use std::borrow::Cow;
use std::fmt;
use std::iter::Peekable;
use std::str::Chars;

use super::builtin::valid_name;
use super::{MetricError, SelectorError, Tags};

/// Selects samples of a metric that are aggregated separately.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Selector {
    /// The samples of `metric` that have all of `tags`; without tags, the metric itself.
    Filter {
        /// The name of the metric.
        metric: String,
        /// The tags that a sample must have, each with exactly this value.
        tags: Tags,
    },
    /// A sub-metric for each value of a tag of one metric, created with the first sample; at most 100.
    Split {
        /// The name of the metric.
        metric: String,
        /// The name of the tag.
        tag: String,
    },
    /// A sub-metric for each value of a tag, of every metric whose samples have the tag.
    SplitAll {
        /// The name of the tag.
        tag: String,
    },
    /// A series for each set of values of several tags. Each sample belongs to exactly one of them.
    Labels {
        /// The beginning of the names of the metrics; empty for all metrics.
        prefix: String,
        /// The names of the tags.
        tags: Vec<String>,
    },
}

impl Selector {
    /// Reads `metric` or `metric{tag:value, tag2:"value 2"}`.
    ///
    /// Spaces around names and values are ignored. Quotes, `"` or `'`, around a name or value are removed; within them, commas,
    /// colons and braces are ordinary characters.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        let text = text.trim();
        let (metric, rest) = match text.find('{') {
            Some(at) => (text[..at].trim_end(), Some(&text[at + 1..])),
            None => (text, None),
        };
        if !valid_name(metric) {
            return Err(MetricError::BadName {
                name: metric.to_owned(),
            }
            .into());
        }
        let tags = rest.map_or(Ok(Tags::new()), |rest| tags(text, rest))?;
        Ok(Self::Filter {
            metric: metric.to_owned(),
            tags,
        })
    }

    /// The name of the metric; `None` for a selector of several metrics.
    pub fn metric(&self) -> Option<&str> {
        match self {
            Self::Filter { metric, .. } | Self::Split { metric, .. } => Some(metric),
            Self::SplitAll { .. } | Self::Labels { .. } => None,
        }
    }

    /// The tags that a sample must have; empty for a split.
    pub fn tags(&self) -> Tags {
        match self {
            Self::Filter { tags, .. } => tags.clone(),
            Self::Split { .. } | Self::SplitAll { .. } | Self::Labels { .. } => Tags::new(),
        }
    }
}

impl fmt::Display for Selector {
    /// In the syntax of [`Selector::parse`]; a split as `metric{tag}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Filter { metric, tags } if tags.is_empty() => f.write_str(metric),
            Self::Filter { metric, tags } => {
                let tag = |(key, value)| {
                    format!(
                        "{}:{}",
                        quoted(key, &[':', ',', '}']),
                        quoted(value, &[',', '}'])
                    )
                };
                let tags: Vec<String> = tags.iter().map(tag).collect();
                write!(f, "{metric}{{{}}}", tags.join(","))
            }
            Self::Split { metric, tag } => write!(f, "{metric}{{{tag}}}"),
            Self::SplitAll { tag } => write!(f, "*{{{tag}}}"),
            Self::Labels { prefix, tags } => write!(f, "{prefix}*{{{}}}", tags.join(",")),
        }
    }
}

/// A word in the syntax of a selector: in quotes if it contains one of `ends`.
fn quoted<'a>(word: &'a str, ends: &[char]) -> Cow<'a, str> {
    let is_plain = word.trim() == word && !word.starts_with(['"', '\'']) && !word.contains(ends);
    if is_plain {
        return word.into();
    }
    let quote = if word.contains('"') { '\'' } else { '"' };
    format!("{quote}{word}{quote}").into()
}

/// Parses `tag:value, …}` up to the end of the text.
fn tags(text: &str, rest: &str) -> Result<Tags, SelectorError> {
    let mut chars = rest.chars().peekable();
    let mut found = Vec::new();
    let unclosed = || SelectorError::Unclosed {
        text: text.to_owned(),
    };
    loop {
        let key = word(&mut chars, &[':', ',', '}']);
        let bad = |piece: String| SelectorError::BadTag {
            text: text.to_owned(),
            piece,
        };
        match chars.next() {
            Some(':') if key.is_empty() => {
                return Err(bad(format!(":{}", word(&mut chars, &[',']))));
            }
            Some(':') => {
                // A value may contain colons, as URLs do.
                let value = word(&mut chars, &[',', '}']);
                found.push((key, value));
            }
            Some(end @ ('}' | ',')) => {
                // `metric{}` is the metric itself.
                if end == '}' && key.is_empty() && found.is_empty() && chars.peek().is_none() {
                    return Ok(Tags::new());
                }
                return Err(bad(key));
            }
            _ => return Err(unclosed()),
        }
        match chars.next() {
            Some(',') => {}
            Some('}') if chars.peek().is_none() => return Ok(found.into_iter().collect()),
            _ => return Err(unclosed()),
        }
    }
}

/// Takes the text before the first of `ends`, without surrounding spaces and quotes.
fn word(chars: &mut Peekable<Chars<'_>>, ends: &[char]) -> String {
    let mut word = String::new();
    while chars.next_if(|c| c.is_whitespace()).is_some() {}
    // Only a leading quote begins a quotation; within a word it is an apostrophe.
    if let Some(quote) = chars.next_if(|c| matches!(c, '"' | '\'')) {
        while let Some(c) = chars.next_if(|&c| c != quote) {
            word.push(c);
        }
        chars.next();
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        return word;
    }
    while let Some(c) = chars.next_if(|c| !ends.contains(c)) {
        word.push(c);
    }
    word.truncate(word.trim_end().len());
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<String, String> {
        Selector::parse(text)
            .map(|s| s.to_string())
            .map_err(|e| e.to_string())
    }

    #[test]
    fn reads_names_and_tags() {
        for (text, same) in [
            ("http_reqs", "http_reqs"),
            (" http_reqs ", "http_reqs"),
            ("http_reqs{}", "http_reqs"),
            ("http_reqs{status:200}", "http_reqs{status:200}"),
            (
                "m{ status : 200 , method: GET }",
                "m{method:GET,status:200}",
            ),
            (
                r#"m{"status":"200",'method':'GET'}"#,
                "m{method:GET,status:200}",
            ),
            ("m{url:http://a:80/b}", "m{url:http://a:80/b}"),
            (r#"m{check:"a, b} c"}"#, r#"m{check:"a, b} c"}"#),
            ("m{check:it's fine}", "m{check:it's fine}"),
            ("m{group:}", "m{group:}"),
            ("m{group:::a::b}", "m{group:::a::b}"),
        ] {
            assert_eq!(parse(text).as_deref(), Ok(same), "{text}");
        }
    }

    #[test]
    fn errors_name_the_mistake() {
        for (text, error) in [
            (
                "m{a:1",
                "`m{a:1`: the tags must end with `}`, as in `metric{tag:value}`",
            ),
            (
                "m{a:1}x",
                "`m{a:1}x`: the tags must end with `}`, as in `metric{tag:value}`",
            ),
            ("m{a}", "`m{a}`: `a` is not `tag:value`"),
            ("m{a:1,}", "`m{a:1,}`: `` is not `tag:value`"),
            ("m{:1}", "`m{:1}`: `:1}` is not `tag:value`"),
            (
                "9{a:1}",
                "`9` is not a valid metric name: use up to 128 letters, digits and `_`, not beginning with a digit",
            ),
        ] {
            assert_eq!(parse(text), Err(error.to_owned()), "{text}");
        }
    }
}

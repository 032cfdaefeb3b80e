//! Parses the text format of Prometheus and `OpenMetrics`.

use std::collections::HashMap;

use crate::metrics::MetricKind;

/// A page of metrics in the text format.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Exposition {
    /// The samples in order.
    pub samples: Vec<ScrapedSample>,
    kinds: HashMap<String, Family>,
}

/// One line: a sample.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ScrapedSample {
    /// The name of its series.
    pub name: String,
    /// Its labels.
    pub labels: Vec<(String, String)>,
    /// Its value, which is finite.
    pub value: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Counter,
    Gauge,
    /// A histogram or a summary, of which only sum and count are used.
    Histogram,
}

/// A text without metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the response contains no metrics in the text format of Prometheus")]
pub(crate) struct NotMetrics;

impl Exposition {
    /// Reads a page. Skips lines without a sample, and a last line without a line end, which may be incomplete.
    ///
    /// # Errors
    /// It contains no sample.
    pub(crate) fn parse(text: &str) -> Result<Self, NotMetrics> {
        let mut page = Self::default();
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        for line in whole.lines() {
            let line = line.trim();
            if let Some(comment) = line.strip_prefix('#') {
                page.family(comment);
            } else if let Some(sample) = sample(line) {
                page.samples.push(sample);
            }
        }
        if page.samples.is_empty() {
            return Err(NotMetrics);
        }
        Ok(page)
    }

    fn family(&mut self, comment: &str) {
        let mut words = comment.split_whitespace();
        let (Some("TYPE"), Some(name), Some(kind)) = (words.next(), words.next(), words.next())
        else {
            return;
        };
        let family = match kind {
            "counter" => Family::Counter,
            "gauge" => Family::Gauge,
            "histogram" | "summary" => Family::Histogram,
            _ => return,
        };
        self.kinds.insert(name.to_owned(), family);
    }

    /// The kind of a series; `None` for buckets, quantiles, creation times, and series without a type.
    pub(crate) fn kind(&self, sample: &ScrapedSample) -> Option<MetricKind> {
        let has = |label: &str| sample.labels.iter().any(|(name, _)| name == label);
        if has("le") || has("quantile") {
            return None;
        }
        let name = sample.name.as_str();
        match self.kinds.get(name) {
            Some(Family::Counter) => return Some(MetricKind::Counter),
            Some(Family::Gauge) => return Some(MetricKind::Gauge),
            Some(Family::Histogram) => return None,
            None => {}
        }
        let of = |end: &str| self.kinds.get(name.strip_suffix(end)?);
        match (of("_total"), of("_sum"), of("_count")) {
            // OpenMetrics names the family without its ending.
            (Some(Family::Counter), _, _) => Some(MetricKind::Counter),
            (_, Some(Family::Histogram), _) | (_, _, Some(Family::Histogram)) => {
                Some(MetricKind::Counter)
            }
            _ => None,
        }
    }
}

/// Parses `name{label="value",…} value`, which a time or an exemplar may follow.
fn sample(line: &str) -> Option<ScrapedSample> {
    let end = line.find(|c: char| c == '{' || c.is_whitespace())?;
    let (name, rest) = line.split_at(end);
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    if name.is_empty() || !name.chars().all(is_name) {
        return None;
    }
    let (labels, rest) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest)?,
        None => (Vec::new(), rest),
    };
    let value: f64 = rest.split_whitespace().next()?.parse().ok()?;
    value.is_finite().then(|| ScrapedSample {
        name: name.to_owned(),
        labels,
        value,
    })
}

/// The labels up to the closing brace, and the rest.
fn labels(mut rest: &str) -> Option<(Vec<(String, String)>, &str)> {
    let mut labels = Vec::new();
    loop {
        rest = rest.trim_start_matches([',', ' ', '\t']);
        if let Some(rest) = rest.strip_prefix('}') {
            return Some((labels, rest));
        }
        let (name, after) = rest.split_once('=')?;
        let (value, after) = quoted(after.trim_start().strip_prefix('"')?)?;
        labels.push((name.trim().to_owned(), value));
        rest = after;
    }
}

/// A text up to its closing quotation mark, and the rest.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(match chars.next()?.1 {
                'n' => '\n',
                other => other,
            }),
            other => value.push(other),
        }
    }
    None
}

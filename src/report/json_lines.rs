//! Samples as lines of JSON, in the form of k6.

use std::collections::HashSet;
use std::io::{self, Write};

use serde::Serialize;

use super::timestamp::Timestamp;
use crate::metrics::{MetricId, MetricKind, Sample, Tags};

/// Writes samples as JSON objects, one per line, in k6's format.
///
/// Each metric is introduced by a line `{"type":"Metric",…}` before its first sample, which is a line
/// `{"type":"Point",…}`. Times are in seconds, data in bytes.
#[derive(Debug)]
pub struct JsonLines<W> {
    writer: W,
    thresholds: Vec<(String, String)>,
    introduced: HashSet<MetricId>,
    timestamp: Timestamp,
    /// The tags of the last sample and their JSON, because consecutive samples often have the same tags.
    tags: (Tags, Vec<u8>),
    line: Vec<u8>,
}

/// The declaration of a metric.
#[derive(Serialize)]
struct About<'a> {
    name: &'a str,
    r#type: MetricKind,
    contains: &'static str,
    thresholds: Vec<&'a str>,
}

impl<W: Write> JsonLines<W> {
    /// Creates a writer of lines to `writer`. `thresholds` are those of the run: the metric, with tags for a sub-metric, and the
    /// expression.
    pub fn new(writer: W, thresholds: Vec<(String, String)>) -> Self {
        Self {
            writer,
            thresholds,
            introduced: HashSet::new(),
            timestamp: Timestamp::default(),
            tags: (Tags::new(), b"{}".to_vec()),
            line: Vec::new(),
        }
    }

    /// Writes a sample, whose time counts from the Unix epoch.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn write(&mut self, sample: &Sample<'_>) -> io::Result<()> {
        self.line.clear();
        if self.introduced.insert(sample.metric) {
            self.introduce(sample)?;
        }
        let (known, json) = &mut self.tags;
        if !known.is_same(sample.tags) {
            json.clear();
            serde_json::to_writer(&mut *json, sample.tags)?;
            known.clone_from(sample.tags);
        }
        let line = &mut self.line;
        // The name of a metric has no character that JSON would escape.
        write!(
            line,
            r#"{{"metric":"{}","type":"Point","data":{{"time":""#,
            sample.name
        )?;
        self.timestamp.write(sample.time, line);
        write!(line, r#"","value":{},"tags":"#, sample.value)?;
        line.extend_from_slice(json);
        line.extend_from_slice(b"}}\n");
        self.writer.write_all(line)
    }

    /// The writer.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.writer
    }

    /// Returns the writer.
    pub fn into_inner(self) -> W {
        self.writer
    }

    fn introduce(&mut self, sample: &Sample<'_>) -> io::Result<()> {
        let own = |(metric, _): &&(String, String)| metric == sample.name;
        let about = About {
            name: sample.name,
            r#type: sample.metric.kind(),
            contains: sample.metric.unit().contains(),
            thresholds: self
                .thresholds
                .iter()
                .filter(own)
                .map(|(_, source)| &**source)
                .collect(),
        };
        self.line.extend_from_slice(br#"{"type":"Metric","data":"#);
        serde_json::to_writer(&mut self.line, &about)?;
        writeln!(self.line, r#","metric":"{}"}}"#, sample.name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::timestamp::tests::samples;
    use super::*;

    #[test]
    fn a_metric_is_introduced_once_and_each_sample_is_a_line() {
        let thresholds = [
            ("part", "rate==1"),
            ("time", "p(95)<1s"),
            ("time", "max<2s"),
        ]
        .map(|(metric, source)| (metric.to_owned(), source.to_owned()));
        let mut lines = JsonLines::new(Vec::new(), thresholds.to_vec());
        samples(|sample| lines.write(sample).unwrap());
        let text = String::from_utf8(lines.into_inner()).unwrap();
        insta::assert_snapshot!(text, @r#"
        {"type":"Metric","data":{"name":"data_sent","type":"counter","contains":"data","thresholds":[]},"metric":"data_sent"}
        {"metric":"data_sent","type":"Point","data":{"time":"2026-01-31T12:00:00.000000001Z","value":1000000000000000,"tags":{"scenario":"a","status":"200"}}}
        {"type":"Metric","data":{"name":"time","type":"trend","contains":"time","thresholds":["p(95)<1s","max<2s"]},"metric":"time"}
        {"metric":"time","type":"Point","data":{"time":"2026-01-31T12:00:00.000000001Z","value":0.25,"tags":{"scenario":"a","status":"200"}}}
        {"metric":"time","type":"Point","data":{"time":"2026-01-31T12:00:00.000000001Z","value":0.25,"tags":{"scenario":"a","status":"200"}}}
        {"type":"Metric","data":{"name":"part","type":"rate","contains":"default","thresholds":["rate==1"]},"metric":"part"}
        {"metric":"part","type":"Point","data":{"time":"2026-01-31T12:00:00.000000001Z","value":1,"tags":{"a":"1","scenario":"a","status":"200","user":"ann & \"bob\", é"}}}
        {"metric":"time","type":"Point","data":{"time":"2026-01-31T12:00:00.000000001Z","value":0.000000001,"tags":{}}}
        "#);
        for line in text.lines() {
            serde_json::from_str::<serde_json::Value>(line).unwrap();
        }
    }
}

//! Samples as lines of CSV.

use std::io::{self, Write};
use std::time::Duration;

use crate::metrics::{Sample, Tags};

/// The tags with their own columns.
const COLUMNS: &[&str] = &[
    "check",
    "error",
    "expected_response",
    "group",
    "kind",
    "method",
    "name",
    "proto",
    "scenario",
    "status",
];

/// Writes samples as CSV, one per line, with k6's columns: name, time and value, a column for each of ssel's own tags, and
/// one for all others as URL-encoded `tag=value&tag=value`.
///
/// Times are seconds since the Unix epoch with nine decimals. Values are in seconds for times and in bytes for data.
#[derive(Debug)]
pub(crate) struct CsvLines<W: Write> {
    writer: csv::Writer<W>,
    /// The tags of the last sample and their columns, because consecutive samples often have the same tags.
    tags: (Tags, Vec<String>),
}

impl<W: Write> CsvLines<W> {
    /// Creates a writer of lines and writes the names of the columns to `writer`.
    ///
    /// # Errors
    /// Those of the writer.
    pub(crate) fn new(writer: W) -> io::Result<Self> {
        let mut writer = csv::Writer::from_writer(writer);
        let columns = ["metric_name", "timestamp", "metric_value"];
        let columns = columns.iter().chain(COLUMNS).chain(&["extra_tags"]);
        writer.write_record(columns)?;
        let tags = (Tags::new(), columns_of(&Tags::new()));
        Ok(Self { writer, tags })
    }

    /// Writes a sample, whose time counts from the Unix epoch.
    ///
    /// # Errors
    /// Those of the writer.
    pub(crate) fn write(&mut self, sample: &Sample<'_>) -> io::Result<()> {
        let (known, columns) = &mut self.tags;
        if !known.is_same(sample.tags) {
            *columns = columns_of(sample.tags);
            known.clone_from(sample.tags);
        }
        let time = seconds(sample.time);
        let value = sample.value.to_string();
        let own = [sample.name, &time, &value];
        let record = own.into_iter().chain(columns.iter().map(String::as_str));
        self.writer.write_record(record)?;
        Ok(())
    }

    /// Flushes all lines to the writer.
    ///
    /// # Errors
    /// Those of the writer.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }

    /// Returns the writer.
    ///
    /// # Errors
    /// Those of the writer for the last lines.
    pub(crate) fn into_inner(self) -> io::Result<W> {
        self.writer
            .into_inner()
            .map_err(csv::IntoInnerError::into_error)
    }
}

fn seconds(time: Duration) -> String {
    format!("{}.{:09}", time.as_secs(), time.subsec_nanos())
}

fn columns_of(tags: &Tags) -> Vec<String> {
    let own = COLUMNS
        .iter()
        .map(|name| tags.get(name).unwrap_or_default().to_owned());
    let mut others = url::form_urlencoded::Serializer::new(String::new());
    others.extend_pairs(tags.iter().filter(|(name, _)| !COLUMNS.contains(name)));
    own.chain([others.finish()]).collect()
}

#[cfg(test)]
mod tests {
    use super::super::timestamp::tests::samples;
    use super::*;

    #[test]
    fn each_sample_is_a_line_below_the_names_of_the_columns() {
        let mut lines = CsvLines::new(Vec::new()).unwrap();
        samples(|sample| lines.write(sample).unwrap());
        let text = String::from_utf8(lines.into_inner().unwrap()).unwrap();
        insta::assert_snapshot!(text, @"
        metric_name,timestamp,metric_value,check,error,expected_response,group,kind,method,name,proto,scenario,status,extra_tags
        data_sent,1769860800.000000001,1000000000000000,,,,,,,,,a,200,
        time,1769860800.000000001,0.25,,,,,,,,,a,200,
        time,1769860800.000000001,0.25,,,,,,,,,a,200,
        part,1769860800.000000001,1,,,,,,,,,a,200,a=1&user=ann+%26+%22bob%22%2C+%C3%A9
        time,1769860800.000000001,0.000000001,,,,,,,,,,,
        ");
    }
}

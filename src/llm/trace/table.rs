//! Reads CSV traces.

use super::format::TraceFormat;
use super::read::{Session, TraceRow};
use super::timestamp::seconds_of;

/// The columns of a CSV trace.
pub(super) struct TraceColumns {
    format: TraceFormat,
    time: usize,
    prompt: usize,
    output: usize,
    session: Option<usize>,
}

impl TraceColumns {
    /// Finds the columns by their names in the first line.
    pub(super) fn new(format: TraceFormat, line: &[u8]) -> Result<Self, String> {
        let names = fields(line)?;
        let [time, prompt, output] = match format {
            TraceFormat::Azure => ["TIMESTAMP", "ContextTokens", "GeneratedTokens"],
            _ => ["Timestamp", "Request tokens", "Response tokens"],
        };
        let find = |wanted: &str| {
            names
                .iter()
                .position(|name| name.trim().eq_ignore_ascii_case(wanted))
        };
        let need = |wanted: &str| {
            find(wanted).ok_or_else(|| {
                format!("there is no column {wanted:?}; the first line of a {format} trace names {time:?}, {prompt:?} and {output:?}")
            })
        };
        Ok(Self {
            format,
            time: need(time)?,
            prompt: need(prompt)?,
            output: need(output)?,
            session: find("Session ID"),
        })
    }

    /// Parses a line of values.
    pub(super) fn row(&self, line: &[u8]) -> Result<TraceRow, String> {
        let values = fields(line)?;
        let value = |column: usize| values.get(column).map_or("", |value| value.trim());
        let time = value(self.time);
        let at = match self.format {
            TraceFormat::Azure => seconds_of(time).ok_or_else(|| {
                format!("{time:?} is not a time such as 2023-11-16 18:15:46.6805900")
            })?,
            _ => number(time).ok_or_else(|| format!("{time:?} is not a number of seconds"))?,
        };
        let tokens = |column: usize| {
            let text = value(column);
            number(text)
                .map(whole)
                .ok_or_else(|| format!("{text:?} is not a number of tokens"))
        };
        let name = self.session.map(value).filter(|name| !name.is_empty());
        Ok(TraceRow {
            at: Some(at),
            prompt_tokens: tokens(self.prompt)?,
            output_tokens: tokens(self.output)?,
            session: name.map_or(Session::Own, |name| Session::Named(name.to_owned())),
            ..TraceRow::default()
        })
    }
}

fn fields(line: &[u8]) -> Result<Vec<String>, String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(line);
    match reader.records().next() {
        None => Ok(Vec::new()),
        Some(record) => {
            let record = record.map_err(|error| error.to_string())?;
            Ok(record.iter().map(str::to_owned).collect())
        }
    }
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// The integer part of a number such as `472.0`; 0 if it is negative.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast from float saturates"
)]
fn whole(tokens: f64) -> u64 {
    tokens as u64
}

//! Reads a file line by line.

use std::io::{BufRead, Read};

use super::error::{DatasetError, Location};

/// The lines of a file; skips blank lines and a byte order mark.
pub(in crate::llm) struct LineReader<R> {
    reader: R,
    /// The maximum length of a line in bytes. Files with longer lines are unlikely to be datasets.
    limit: u64,
    line: Vec<u8>,
    number: u64,
}

impl<R: BufRead> LineReader<R> {
    /// The lines of `reader`, of at most `limit` bytes each.
    pub(in crate::llm) fn new(reader: R, limit: u64) -> Self {
        Self {
            reader,
            limit,
            line: Vec::new(),
            number: 0,
        }
    }

    /// The next line with its location; `None` at the end.
    pub(in crate::llm) fn next(&mut self) -> Result<Option<(Location, &[u8])>, DatasetError> {
        loop {
            self.number += 1;
            let location = Location::Line(self.number);
            self.line.clear();
            let read = (&mut self.reader)
                .take(self.limit + 1)
                .read_until(b'\n', &mut self.line)
                .map_err(|error| DatasetError::Read { location, error })?;
            if read as u64 > self.limit {
                let limit = self.limit;
                return Err(DatasetError::TooLong { location, limit });
            }
            if self.number == 1 && self.line.starts_with(b"\xef\xbb\xbf") {
                self.line.drain(..3);
            }
            if read == 0 {
                return Ok(None);
            }
            if !self.line.trim_ascii().is_empty() {
                return Ok(Some((location, &self.line)));
            }
        }
    }
}

use std::io::Write;
use std::path::PathBuf;

use super::interface::{Output, OutputResult, RunInfo};
use super::place::{Lines, Place};
use crate::metrics::{Sample, Summary};
use crate::report::CsvLines;

/// Samples as lines of CSV, see [`CsvLines`].
pub struct Csv {
    name: String,
    place: Place,
    lines: Option<CsvLines<Lines>>,
}

impl Csv {
    /// To a file, which is compressed with gzip if its name ends in `.gz`.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self::new(format!("csv={}", path.display()), Place::File(path))
    }

    /// To a stream, such as standard output.
    pub fn stream(writer: Box<dyn Write + Send>) -> Self {
        Self::new("csv=-".to_owned(), Place::Stream(Some(writer)))
    }

    fn new(name: String, place: Place) -> Self {
        Self {
            name,
            place,
            lines: None,
        }
    }
}

impl Output for Csv {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn start(&mut self, _run: &RunInfo) -> OutputResult {
        self.lines = Some(CsvLines::new(self.place.open()?)?);
        Ok(())
    }

    fn samples(&mut self, samples: &[Sample<'_>]) -> OutputResult {
        if let Some(lines) = &mut self.lines {
            samples.iter().try_for_each(|sample| lines.write(sample))?;
        }
        Ok(())
    }

    fn flush(&mut self) -> OutputResult {
        if let Some(lines) = &mut self.lines {
            lines.flush()?;
        }
        Ok(())
    }

    fn finish(&mut self, _summary: &Summary) -> OutputResult {
        if let Some(lines) = self.lines.take() {
            lines.into_inner()?.finish()?;
        }
        Ok(())
    }
}

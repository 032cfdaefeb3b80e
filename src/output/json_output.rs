use std::io::Write;
use std::path::PathBuf;

use super::interface::{Output, OutputResult, RunInfo};
use super::place::{Lines, Place};
use crate::metrics::{Sample, Summary};
use crate::report::JsonLines;

/// Samples as lines of JSON, see [`JsonLines`].
pub struct Json {
    name: String,
    place: Place,
    lines: Option<JsonLines<Lines>>,
}

impl Json {
    /// To a file, which is compressed with gzip if its name ends in `.gz`.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self::new(format!("json={}", path.display()), Place::File(path))
    }

    /// To a stream, such as standard output.
    pub fn stream(writer: Box<dyn Write + Send>) -> Self {
        Self::new("json=-".to_owned(), Place::Stream(Some(writer)))
    }

    fn new(name: String, place: Place) -> Self {
        Self {
            name,
            place,
            lines: None,
        }
    }
}

impl Output for Json {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn start(&mut self, run: &RunInfo) -> OutputResult {
        self.lines = Some(JsonLines::new(self.place.open()?, run.thresholds.clone()));
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
            lines.get_mut().hand_over()?;
        }
        Ok(())
    }

    fn finish(&mut self, _summary: &Summary) -> OutputResult {
        if let Some(lines) = self.lines.take() {
            lines.into_inner().finish()?;
        }
        Ok(())
    }
}

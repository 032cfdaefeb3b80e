//! An output that writes samples as lines of a file: JSON and CSV.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::interface::{Output, OutputResult, RunInfo};
use super::lines::{LineTarget, LineWriter};
use crate::metrics::{Sample, Summary};
use crate::report::{CsvLines, JsonLines};

/// The format of the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// JSON; see [`JsonLines`].
    Json,
    /// CSV; see [`CsvLines`].
    Csv,
}

impl Form {
    /// Its name in `--out`.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }
}

/// An output that writes a line for each sample.
pub(crate) struct LineOutput {
    name: String,
    form: Form,
    destination: LineTarget,
    run: RunInfo,
    writer: Option<Writer>,
}

impl LineOutput {
    /// An output to a file, compressed with gzip if its name ends in `.gz`.
    pub(crate) fn file(form: Form, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let name = format!("{}={}", form.name(), path.display());
        Self::new(name, form, LineTarget::File(path))
    }

    /// An output to a stream, such as standard output.
    pub(crate) fn stream(form: Form, writer: Box<dyn Write + Send>) -> Self {
        let name = format!("{}=-", form.name());
        Self::new(name, form, LineTarget::Stream(Some(writer)))
    }

    fn new(name: String, form: Form, destination: LineTarget) -> Self {
        Self {
            name,
            form,
            destination,
            run: RunInfo::default(),
            writer: None,
        }
    }

    /// Opens the destination with the first samples, so that a run that fails before leaves an existing file unchanged.
    fn writer(&mut self) -> io::Result<&mut Writer> {
        let writer = match self.writer.take() {
            Some(writer) => writer,
            None => Writer::new(self.form, self.destination.open()?, &self.run)?,
        };
        Ok(self.writer.insert(writer))
    }
}

impl Output for LineOutput {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn file(&self) -> Option<&Path> {
        self.destination.file()
    }

    fn start(&mut self, run: &RunInfo) -> OutputResult {
        self.run = run.clone();
        Ok(())
    }

    fn samples(&mut self, samples: &[Sample<'_>]) -> OutputResult {
        Ok(self.writer()?.write(samples)?)
    }

    fn flush(&mut self) -> OutputResult {
        if let Some(writer) = &mut self.writer {
            writer.flush()?;
        }
        Ok(())
    }

    fn finish(&mut self, _summary: &Summary) -> OutputResult {
        self.writer()?;
        if let Some(writer) = self.writer.take() {
            writer.into_inner()?.finish()?;
        }
        Ok(())
    }
}

/// The writer of one format to an open destination.
#[expect(clippy::large_enum_variant, reason = "there is one for each output")]
enum Writer {
    Json(JsonLines<Box<dyn LineWriter>>),
    Csv(CsvLines<Box<dyn LineWriter>>),
}

impl Writer {
    fn new(form: Form, lines: Box<dyn LineWriter>, run: &RunInfo) -> io::Result<Self> {
        Ok(match form {
            Form::Json => Self::Json(JsonLines::new(lines, run.thresholds.clone())),
            Form::Csv => Self::Csv(CsvLines::new(lines)?),
        })
    }

    fn write(&mut self, samples: &[Sample<'_>]) -> io::Result<()> {
        match self {
            Self::Json(lines) => samples.iter().try_for_each(|sample| lines.write(sample)),
            Self::Csv(lines) => samples.iter().try_for_each(|sample| lines.write(sample)),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Json(lines) => lines.get_mut().flush(),
            Self::Csv(lines) => lines.flush(),
        }
    }

    fn into_inner(self) -> io::Result<Box<dyn LineWriter>> {
        match self {
            Self::Json(lines) => Ok(lines.into_inner()),
            Self::Csv(lines) => lines.into_inner(),
        }
    }
}

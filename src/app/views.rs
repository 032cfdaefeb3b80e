//! The report page and the live page of a run.

use std::path::PathBuf;

use super::recording::RecordOptions;
use crate::error::Error;
use crate::live::Live;
use crate::metrics::SeriesInfo;
use crate::output::{self, Terminal};
use crate::record::{Frame, Record, RunMetadata};
use crate::report::html;

/// The requested pages.
pub(super) struct Views {
    report: Option<PathBuf>,
    live: Option<Live>,
}

impl Views {
    /// Starts to serve the live page, if requested, and prints its URL.
    ///
    /// # Errors
    /// An address that cannot be served.
    pub(super) fn start(
        options: &RecordOptions,
        run: &RunMetadata,
        terminal: &Terminal,
    ) -> Result<Self, Error> {
        let live = options.live.map(|addr| {
            Live::start(addr, run.clone()).map_err(|source| Error::Io {
                what: format!("cannot serve the live page on {addr}"),
                source,
            })
        });
        let live = live.transpose()?;
        if let Some(live) = &live {
            // Its URL is needed, even with --quiet.
            terminal.write_err(&format!("live page: {}\n", live.url()));
        }
        Ok(Self {
            report: options.report.clone(),
            live,
        })
    }

    /// Shows the frame of a second.
    pub(super) fn show(&self, series: &[SeriesInfo], frame: &Frame) {
        if let Some(live) = &self.live {
            live.show(series, frame);
        }
    }

    /// Shows the end of the run and writes the report.
    ///
    /// # Errors
    /// A report that cannot be written.
    pub(super) fn end(self, record: &Record, terminal: &Terminal) -> Result<(), Error> {
        if let Some(live) = self.live {
            live.end(record.clone());
        }
        let Some(path) = self.report else {
            return Ok(());
        };
        output::save(&path, html::page(record).as_bytes(), terminal).map_err(Error::Output)
    }
}

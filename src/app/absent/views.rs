//! A build without pages.

#![expect(
    clippy::unnecessary_wraps,
    clippy::unused_self,
    reason = "the signatures are those of a build with the feature"
)]

use super::recording::RecordOptions;
use crate::error::Error;
use crate::metrics::SeriesInfo;
use crate::output::Terminal;
use crate::record::{Frame, Record, RunMetadata};

/// No pages.
pub(super) struct Views;

impl Views {
    pub(super) fn start(_: &RecordOptions, _: &RunMetadata, _: &Terminal) -> Result<Self, Error> {
        Ok(Self)
    }

    pub(super) fn show(&self, _: &[SeriesInfo], _: &Frame) {}

    pub(super) fn end(self, _: &Record, _: &Terminal) -> Result<(), Error> {
        Ok(())
    }
}

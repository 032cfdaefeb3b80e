//! A build without stores.

#![expect(
    clippy::unnecessary_wraps,
    clippy::unused_self,
    reason = "the signatures are those of a build with the feature"
)]

use std::sync::Arc;

use super::recording::Unsent;
use crate::error::Error;
use crate::metrics::{Registry, SeriesInfo};
use crate::output::Terminal;
use crate::record::{Frame, RunMetadata};
use crate::spans::Spans;

/// No stores.
#[derive(Clone, Default)]
pub(crate) struct Stores;

impl Stores {
    pub(super) fn is_empty(&self) -> bool {
        true
    }

    pub(super) fn names(&self) -> Vec<String> {
        Vec::new()
    }

    pub(super) fn spans(&self) -> Option<&Arc<Spans>> {
        None
    }

    #[cfg(feature = "llm")]
    pub(super) fn numbered(&self, _: u32) -> Self {
        Self
    }

    pub(super) fn start(
        &self,
        _: &RunMetadata,
        _: &Registry,
        _: &Terminal,
    ) -> Result<Pushes, Error> {
        Ok(Pushes)
    }
}

pub(super) struct Pushes;

impl Pushes {
    pub(super) fn show(&self, _: &[SeriesInfo], _: &Frame) {}

    pub(super) fn finish(self, _: &dyn Fn() -> bool, _: &Terminal) -> Unsent {
        Unsent::default()
    }
}

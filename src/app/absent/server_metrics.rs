//! A build that does not scrape servers.

#![expect(
    clippy::unused_self,
    reason = "the signatures are those of a build with the feature"
)]

use std::sync::Arc;

use super::target::Target;
use crate::metrics::Registry;
use crate::output::Terminal;
use crate::parts::Part;

/// No servers.
#[derive(Clone, Default)]
pub(crate) struct ServerMetrics;

impl ServerMetrics {
    pub(super) fn of_part(&self, _: Part, _: &Target) -> Self {
        Self
    }
}

pub(super) struct Scraper;

impl Scraper {
    pub(super) fn start(_: &ServerMetrics, _: &Arc<Registry>, _: &Terminal) -> Self {
        Self
    }

    pub(super) fn finish(&mut self) {}
}

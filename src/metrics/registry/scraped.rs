//! Metrics that are scraped from servers.

use super::{Registry, check_name};
use crate::metrics::builtin::valid_name;
use crate::metrics::{MetricError, MetricId, MetricKind, Unit};

impl Registry {
    /// Registers a metric that another program has, under its name there, which may have colons in it.
    ///
    /// # Errors
    /// The name is taken by a metric of another kind or unit, or is none.
    pub fn register_scraped(
        &self,
        name: &str,
        kind: MetricKind,
        unit: Unit,
    ) -> Result<MetricId, MetricError> {
        check_name(name, valid_name(&name.replace(':', "_")))?;
        self.register_split(name, (kind, unit), None)
    }
}

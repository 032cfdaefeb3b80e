//! Metrics scraped from servers.

use super::{Registry, check_name};
use crate::metrics::builtin::valid_name;
use crate::metrics::{MetricError, MetricId, MetricKind, Unit};

impl Registry {
    /// Registers a metric of another program under its name there, which may contain colons.
    ///
    /// # Errors
    /// The name is invalid, or belongs to a metric of another kind or unit.
    pub(crate) fn register_scraped(
        &self,
        name: &str,
        kind: MetricKind,
        unit: Unit,
    ) -> Result<MetricId, MetricError> {
        check_name(name, valid_name(&name.replace(':', "_")))?;
        self.register_split(name, (kind, unit), None)
    }
}

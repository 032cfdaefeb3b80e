//! Collects the samples of all workers once a second, for the totals, the record and other parts.

use std::time::Duration;

use super::machine;
use super::recording::{Recording, StreamChanges};
use super::role::Role;
use crate::metrics::{Catalog, Registry, Totals};
use crate::record::{ClientUse, Frame};
use crate::runner::process_cpu_time;

/// A shorter interval without samples, as at the end of a run, has no frame.
const SHORTEST: Duration = Duration::from_millis(500);

/// Builds frames and passes them on.
pub(super) struct Ledger {
    catalog: Catalog,
    interval: Totals,
    /// The end of the last frame, since the start of the run.
    until: Duration,
    cpu: Duration,
    /// The record of the run, over all its parts.
    pub(super) record: Option<Recording>,
    /// The record of this part alone.
    pub(super) own: Option<Recording>,
    /// The role of this process among the parts of the run.
    pub(super) role: Box<dyn Role>,
}

impl Ledger {
    pub(super) fn new(
        record: Option<Recording>,
        own: Option<Recording>,
        role: Box<dyn Role>,
    ) -> Self {
        Self {
            catalog: Catalog::default(),
            interval: Totals::new(),
            until: Duration::ZERO,
            cpu: process_cpu_time(),
            record,
            own,
            role,
        }
    }

    /// Collects the samples of the workers until `now`, since the start of the run, and passes on a frame of them.
    pub(super) fn collect(&mut self, registry: &Registry, totals: &mut Totals, now: Duration) {
        if self.record.is_none() && self.own.is_none() && !self.role.is_joined() {
            totals.collect(registry);
            return;
        }
        self.interval.clear();
        self.interval.collect(registry);
        totals.merge(&self.interval);
        self.catalog.update(registry);
        let frame = self.frame(now);
        let changes = frame.as_ref().map(|_| self.stream_changes(registry));
        if let (Some(own), Some(frame)) = (&mut self.own, &frame) {
            own.add(&self.catalog, frame, changes.clone());
        }
        self.role.add(&self.interval, &self.catalog, frame.as_ref());
        if self.role.is_joined() {
            if let Some(record) = &mut self.record {
                record.keep_streams(changes);
            }
            self.merge(registry, totals, false);
        } else if let (Some(record), Some(frame)) = (&mut self.record, &frame) {
            record.add(&self.catalog, frame, changes);
        }
    }

    /// On part 0, adds the frames of the other parts: complete seconds, or all that remain.
    pub(super) fn merge(&mut self, registry: &Registry, totals: &mut Totals, is_last: bool) {
        let (role, catalog) = (&mut self.role, &mut self.catalog);
        for frame in role.merge(registry, catalog, totals, is_last) {
            if let Some(record) = &mut self.record {
                record.add(&self.catalog, &frame, None);
            }
        }
    }

    fn frame(&mut self, now: Duration) -> Option<Frame> {
        let length = now.saturating_sub(self.until);
        if self.interval.is_empty() && length < SHORTEST {
            return None;
        }
        let cpu = process_cpu_time();
        let client = ClientUse {
            cpu: cpu.saturating_sub(std::mem::replace(&mut self.cpu, cpu)),
            memory: machine::memory(),
        };
        let start = std::mem::replace(&mut self.until, now);
        let frame = Frame::of(&self.catalog, &self.interval, (start, length), client);
        Some(frame)
    }

    fn stream_changes(&self, registry: &Registry) -> StreamChanges {
        let is_saving = |record: &Option<Recording>| record.as_ref().is_some_and(Recording::saves);
        if is_saving(&self.record) || is_saving(&self.own) {
            registry.stream_changes()
        } else {
            StreamChanges::default()
        }
    }

    /// All series so far.
    pub(super) fn catalog(&self) -> &Catalog {
        &self.catalog
    }
}

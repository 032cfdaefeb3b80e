//! Collects the samples of all workers once a second, for the totals, the record and other parts.

use std::time::Duration;

use super::joined::Role;
use super::machine;
use super::recording::{Recording, StreamChanges};
use crate::metrics::{Catalog, Registry, Sink, Threshold, Totals};
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
    /// The other parts.
    pub(super) role: Option<Role>,
}

impl Ledger {
    pub(super) fn new(
        record: Option<Recording>,
        own: Option<Recording>,
        role: Option<Role>,
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
        if self.record.is_none() && self.own.is_none() && self.role.is_none() {
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
        match &mut self.role {
            None => {
                if let (Some(record), Some(frame)) = (&mut self.record, &frame) {
                    record.add(&self.catalog, frame, changes);
                }
            }
            Some(Role::Follower(follower)) => {
                if let Some(frame) = frame {
                    follower.send(&self.catalog, frame);
                }
            }
            Some(Role::Leader(leader)) => {
                leader.own(&self.interval, &self.catalog, frame.as_ref());
                if let Some(record) = &mut self.record {
                    record.keep_streams(changes);
                }
                self.merge(registry, totals, false);
            }
        }
    }

    /// On part 0, adds the frames of the other parts: complete seconds, or all that remain.
    pub(super) fn merge(&mut self, registry: &Registry, totals: &mut Totals, is_last: bool) {
        let Some(Role::Leader(leader)) = &mut self.role else {
            return;
        };
        for frame in leader.merged(registry, &mut self.catalog, totals, is_last) {
            if let Some(record) = &mut self.record {
                record.add(&self.catalog, &frame, None);
            }
        }
    }

    /// The samples that a threshold judges, over all parts of the run.
    pub(super) fn sink(&self, threshold: &Threshold, totals: &Totals) -> Option<Sink> {
        match &self.role {
            Some(Role::Leader(leader)) => leader.with_waiting(threshold, totals),
            _ => totals.sink(threshold.target().sink).cloned(),
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

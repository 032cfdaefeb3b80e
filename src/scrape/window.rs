//! The changes between two scrapes of a server.

use std::collections::{BTreeMap, BTreeSet};

use super::known::Wanted;
use super::text::Exposition;
use crate::metrics::MetricKind;

/// What is to be recorded of one series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ScrapedValue {
    /// The name of its metric.
    pub metric: String,
    /// Counter or gauge.
    pub kind: MetricKind,
    /// The labels that distinguish it.
    pub labels: Vec<(String, String)>,
    /// Of a counter, by how much it grew; of a gauge, its value.
    pub value: f64,
}

type Key = (String, Vec<(String, String)>);

/// The pages of a server so far.
#[derive(Debug, Default)]
pub(crate) struct Window {
    wanted: Wanted,
    /// The counters as they were; `None` before the first look.
    last: Option<BTreeMap<Key, f64>>,
    resets: u64,
}

impl Window {
    /// A window that begins with the first page.
    pub(crate) fn new(wanted: Wanted) -> Self {
        Self {
            wanted,
            ..Self::default()
        }
    }

    /// The readings of the next page. The first page starts the window, so its counters have grown by 0.
    pub(crate) fn read(&mut self, page: &Exposition) -> Vec<ScrapedValue> {
        let mut sums: BTreeMap<Key, (MetricKind, f64)> = BTreeMap::new();
        let mut gpus = BTreeSet::new();
        for sample in &page.samples {
            // The energy and the power of a GPU that is cut into instances are told once for each of them.
            if let Some((_, gpu)) = sample.labels.iter().find(|(name, _)| name == "UUID")
                && !gpus.insert((sample.name.as_str(), gpu.as_str()))
            {
                continue;
            }
            let Some(labels) = self.wanted.keeps(&sample.name, &sample.labels) else {
                continue;
            };
            let Some(kind) = page.kind(sample) else {
                continue;
            };
            let labels = labels.into_iter();
            let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let key = (sample.name.clone(), labels.collect());
            sums.entry(key).or_insert((kind, 0.0)).1 += sample.value;
        }
        let mut now = BTreeMap::new();
        let mut was_reset = false;
        let mut readings = Vec::new();
        for ((metric, labels), (kind, value)) in sums {
            let mut reading = ScrapedValue {
                metric,
                kind,
                labels,
                value,
            };
            if kind == MetricKind::Counter {
                let key = (reading.metric.clone(), reading.labels.clone());
                reading.value = match &self.last {
                    None => 0.0,
                    // A series that was not there has counted from zero.
                    Some(last) => {
                        let before = last.get(&key).copied().unwrap_or(0.0);
                        // A server that was started anew counts from zero again.
                        was_reset |= value < before;
                        if value < before {
                            value
                        } else {
                            value - before
                        }
                    }
                };
                now.insert(key, value);
            }
            readings.push(reading);
        }
        self.resets += u64::from(was_reset);
        self.last = Some(now);
        readings
    }

    /// How often the server began to count anew.
    pub(crate) fn resets(&self) -> u64 {
        self.resets
    }
}

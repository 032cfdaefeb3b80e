//! The changes between two scrapes of a server.

use std::collections::{BTreeMap, BTreeSet};

use super::known::Wanted;
use super::text::Exposition;
use crate::metrics::MetricKind;

/// A value to record for one series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ScrapedValue {
    /// The name of its metric.
    pub metric: String,
    /// The kind: counter or gauge.
    pub kind: MetricKind,
    /// The labels that distinguish it.
    pub labels: Vec<(String, String)>,
    /// The increase of a counter, or the value of a gauge.
    pub value: f64,
}

type Key = (String, Vec<(String, String)>);

/// Computes the changes between consecutive pages of a server.
#[derive(Debug, Default)]
pub(crate) struct Window {
    wanted: Wanted,
    /// The counters of the last page; `None` before the first one.
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

    /// The values of the next page. The counters of the first page have increased by 0.
    pub(crate) fn read(&mut self, page: &Exposition) -> Vec<ScrapedValue> {
        let mut sums: BTreeMap<Key, (MetricKind, f64)> = BTreeMap::new();
        let mut gpus = BTreeSet::new();
        for sample in &page.samples {
            // A GPU that is divided into instances reports its energy and power once for each instance.
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
                    // A new series has counted from zero.
                    Some(last) => {
                        let before = last.get(&key).copied().unwrap_or(0.0);
                        // A restarted server counts from zero again.
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

    /// The number of times that the counters were reset.
    pub(crate) fn resets(&self) -> u64 {
        self.resets
    }
}

//! The plan of a run.

use std::num::NonZeroUsize;
use std::time::Duration;

use crate::metrics::Tags;
use crate::options::{Options, Scenario};
use crate::parts::Part;

/// The load of a run, with all defaults filled in.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// The scenarios. Their start times count from the start of the load.
    pub scenarios: Vec<Scenario>,
    /// The number of worker threads, at most the number of VUs; by default one for each core.
    pub workers: Option<NonZeroUsize>,
    /// Tags of every sample.
    pub tags: Tags,
    /// The minimum time between the starts of two iterations of a VU; zero for no limit.
    pub min_iteration_duration: Duration,
    /// The seed of random starts: the same seed gives the same planned starts.
    pub seed: u64,
    /// The part of the run that this process makes. The plan is that of all parts together.
    pub part: Part,
    /// Whether the load waits for [`Handle::start_at`](super::Handle::start_at).
    pub hold: bool,
}

impl From<&Options> for Plan {
    fn from(options: &Options) -> Self {
        let tags = options.tags.iter().fold(Tags::new(), |tags, (key, value)| {
            tags.with(key.as_str(), value.as_str())
        });
        Self {
            scenarios: options.scenarios.clone(),
            workers: None,
            tags,
            min_iteration_duration: options.min_iteration_duration,
            seed: options.seed,
            part: Part::WHOLE,
            hold: false,
        }
    }
}

impl Plan {
    /// The number of worker threads for at most `vus` VUs.
    pub(super) fn workers_for(&self, vus: u64) -> usize {
        let wanted = self
            .workers
            .or_else(|| std::thread::available_parallelism().ok())
            .map_or(1, NonZeroUsize::get);
        wanted
            .min(usize::try_from(vus).unwrap_or(usize::MAX))
            .max(1)
    }
}

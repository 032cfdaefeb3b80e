//! The plan of a run.

use std::num::NonZeroUsize;
use std::time::Duration;

use crate::metrics::Tags;
use crate::options::{Options, Scenario};
use crate::parts::Part;

/// The load of a run, with all defaults filled in.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// The scenarios; all of them start together, each after its own start time.
    pub scenarios: Vec<Scenario>,
    /// Number of worker threads; one for each core by default, and never more than there are VUs.
    pub workers: Option<NonZeroUsize>,
    /// Tags of every sample.
    pub tags: Tags,
    /// A VU starts its next iteration no sooner than this after the one before; zero for no limit.
    pub min_iteration_duration: Duration,
    /// Makes random arrivals repeatable: same seed, same planned starts.
    pub seed: u64,
    /// Which part of it this process runs. The plan is that of all parts together.
    pub part: Part,
    /// VUs that are made wait until [`Handle::start_at`](super::Handle::start_at) says when the load starts.
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
    /// Worker threads for at most `vus` VUs.
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

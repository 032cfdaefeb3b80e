//! The requester: a Lua state, or a VU written in Rust.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use super::RequestSpan;
use crate::http;
use crate::metrics::{Recorder, Tags};
use crate::vu::{Iteration, RunState};

/// The maker of a request: it provides the recorder, the tags and the iteration of its samples.
pub(crate) trait Requester {
    /// The recorder of its samples.
    fn recorder(&self) -> &Recorder;
    /// The current tags of every sample.
    fn tags(&self) -> Tags;
    /// The HTTP client, with the connections and cookies of the VU.
    fn client(&self) -> http::Client;
    /// The number of the VU, from 1; 0 outside of VUs.
    fn vu(&self) -> u64;
    /// The running iteration.
    fn iteration(&self) -> Option<Iteration>;
    /// The run.
    fn run(&self) -> &RunState;
    /// The open streams of all VUs.
    fn open_streams(&self) -> &OpenStreams;

    /// The delay of the iteration after its planned start; `None` if no start was planned.
    fn delay(&self) -> Option<Duration> {
        self.iteration().and_then(|iteration| iteration.delay)
    }

    /// Starts a span for a request that is about to be sent, if this request is among those that are traced.
    fn sampled(&self, request: &mut http::Request, tags: &Tags) -> Option<Box<RequestSpan>> {
        let mut sampled = RequestSpan::begin(self.recorder(), request, tags)?;
        let span = sampled.span();
        span.set("ssel.vu", self.vu());
        if let Some(iteration) = self.iteration() {
            span.set("ssel.iteration", iteration.number_in_scenario);
        }
        Some(sampled)
    }
}

/// The number of streams that are open in all VUs, which the gauge `sse_streams` shows.
#[derive(Debug, Default)]
pub(crate) struct OpenStreams {
    open: AtomicI64,
    /// The tags of the run, once the options are known.
    pub(crate) tags: OnceLock<Tags>,
}

impl OpenStreams {
    /// Adds `change` and records the new number.
    pub(super) fn count(&self, change: i64, recorder: &Recorder) {
        let mut now = self.open.fetch_add(change, Ordering::AcqRel) + change;
        let none = Tags::new();
        let tags = self.tags.get().unwrap_or(&none);
        let gauge = recorder.series(recorder.registry().builtin().sse_streams, tags);
        loop {
            recorder.add(&gauge, now as f64);
            // Another worker may have counted and recorded between the two.
            let latest = self.open.load(Ordering::Acquire);
            if latest == now {
                return;
            }
            now = latest;
        }
    }
}

//! Collects the replies of a run and computes its figures.

use std::sync::{Arc, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::super::Stopper;
use super::bench::MaxErrors;
use crate::app::Extra;
use crate::chat::Replies;
use crate::llm::{Aggregate, AggregateOptions, BenchResult, Reply, RequestInfo, Sums};
use crate::sync::Mutex;

/// Collects replies from all workers.
#[derive(Clone)]
pub(super) struct Collector(Arc<Mutex<Collected>>);

pub(super) struct Collected {
    aggregate: Aggregate,
    /// From the start of the first request to the end of the last.
    span: Option<Period>,
    /// When scheduled requests were sent: the planned time of the first, and the time at which the last was sent.
    pub(super) sent: Option<Period>,
    /// When the run began, since the Unix epoch; known from the first reply on.
    pub(super) started: Option<Duration>,
    /// Figures during the run.
    pub(super) so_far: SoFar,
    /// Whether the run ended because too many requests failed.
    pub(super) has_too_many_errors: bool,
}

/// A period since the start of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Period {
    first: Duration,
    last: Duration,
}

impl Period {
    /// Extends `span` to contain this one.
    fn extend(self, span: &mut Option<Self>) {
        let Self { first, last } = span.unwrap_or(self);
        *span = Some(Self {
            first: first.min(self.first),
            last: last.max(self.last),
        });
    }

    fn length(self) -> Duration {
        self.last.saturating_sub(self.first)
    }

    /// The rate at which this number of requests was offered in this time, including those that were not sent. `planned` is
    /// the length of the schedule; `None` for a load that ended early.
    pub(super) fn rate(self, requests: u64, planned: Option<Duration>) -> Option<f64> {
        let taken = self.length();
        let (count, time) = match planned {
            Some(planned) => (requests, planned.max(taken)),
            // The number of gaps is one less than that of requests.
            None => (requests.saturating_sub(1), taken),
        };
        (count > 0 && !time.is_zero()).then(|| count as f64 / time.as_secs_f64())
    }
}

/// Figures during the run.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct SoFar {
    /// Finished requests.
    pub(super) done: u64,
    /// Failed requests.
    pub(super) failed: u64,
    /// Completion tokens.
    pub(super) tokens: u64,
    ttft_sum: f64,
    ttfts: u64,
}

impl SoFar {
    /// The mean time to the first token, in seconds.
    pub(super) fn ttft(&self) -> Option<f64> {
        (self.ttfts > 0).then(|| self.ttft_sum / self.ttfts as f64)
    }
}

impl Collector {
    pub(super) fn new(settings: AggregateOptions) -> Self {
        Self(Arc::new(Mutex::new(Collected {
            aggregate: Aggregate::new(settings),
            span: None,
            sent: None,
            started: None,
            has_too_many_errors: false,
            so_far: SoFar::default(),
        })))
    }

    /// What has been collected so far.
    pub(super) fn lock(&self) -> MutexGuard<'_, Collected> {
        self.0.lock()
    }

    /// The function to call for each reply. It ends the run when too many fail.
    pub(super) fn replies(&self, limit: Option<MaxErrors>, stopper: &Stopper) -> Replies {
        let (collector, stopper) = (self.clone(), stopper.clone());
        Arc::new(move |request: &RequestInfo, reply: &Reply| {
            let mut collected = collector.lock();
            collected.add(request, reply);
            let SoFar { failed, done, .. } = collected.so_far;
            if limit.is_some_and(|limit| limit.is_passed(failed, done))
                && !std::mem::replace(&mut collected.has_too_many_errors, true)
            {
                stopper.stop();
            }
        })
    }

    /// Serializes the replies for part 0 of a joined run.
    pub(super) fn extra(&self) -> Extra {
        let collector = self.clone();
        Arc::new(move || {
            let collected = collector.lock();
            let part = PartReplies {
                span: collected.span,
                sent: collected.sent,
                sums: collected.aggregate.sums().clone(),
            };
            serde_json::to_value(part).unwrap_or_default()
        })
    }

    /// Adds the replies of another part of a joined run; false if they cannot be read.
    pub(super) fn add(&self, part: serde_json::Value) -> bool {
        let Ok(part) = serde_json::from_value::<PartReplies>(part) else {
            return false;
        };
        let collected = &mut *self.lock();
        for (span, other) in [
            (&mut collected.span, part.span),
            (&mut collected.sent, part.sent),
        ] {
            if let Some(other) = other {
                other.extend(span);
            }
        }
        collected.aggregate.merge_sums(part.sums);
        true
    }
}

/// What one part of a joined run collected.
#[derive(Debug, Serialize, Deserialize)]
struct PartReplies {
    span: Option<Period>,
    sent: Option<Period>,
    sums: Sums,
}

impl Collected {
    /// The result. Its duration lasts from the first request to the end of the last.
    pub(super) fn finish(&self) -> BenchResult {
        let duration = self.span.map_or(Duration::ZERO, Period::length);
        self.aggregate.clone().finish(duration)
    }

    fn add(&mut self, request: &RequestInfo, reply: &Reply) {
        self.aggregate.add(request, reply);
        let start = request.start;
        let end = start.saturating_add(reply.marks.end);
        self.started.get_or_insert_with(|| {
            // The reply has just ended.
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            now.unwrap_or_default().saturating_sub(end)
        });
        let span = |first, last| Period { first, last };
        span(start, end).extend(&mut self.span);
        if let Some(queued) = request.queued {
            span(start.saturating_sub(queued), start).extend(&mut self.sent);
        }
        self.so_far.done += 1;
        if reply.outcome.failure().is_some() {
            self.so_far.failed += u64::from(!reply.outcome.is_cancelled());
            return;
        }
        self.so_far.tokens += reply.tokens.completion;
        if let Some(ttft) = reply.ttft() {
            self.so_far.ttft_sum += ttft.as_secs_f64();
            self.so_far.ttfts += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_few_requests_is_ignored() {
        assert!(!MaxErrors::Count(3).is_passed(3, 3) && MaxErrors::Count(3).is_passed(4, 100));
        let share = MaxErrors::Share(0.1);
        assert!(!share.is_passed(9, 19) && share.is_passed(3, 20) && !share.is_passed(2, 20));
    }

    #[test]
    fn the_offered_rate_is_that_of_the_schedule_unless_the_client_was_late() {
        let second = Duration::from_secs(1);
        let sent = |last: f64| Period {
            first: 3 * second,
            last: 3 * second + Duration::from_secs_f64(last),
        };
        // Twenty in a second, the last of them before its end.
        assert_eq!(sent(0.96).rate(20, Some(second)), Some(20.0));
        assert_eq!(sent(2.0).rate(20, Some(second)), Some(10.0));
        // A load that was stopped has no planned end.
        assert_eq!(sent(0.5).rate(11, None), Some(20.0));
        assert_eq!(sent(0.0).rate(1, None), None);
    }
}

//! Collects the replies of a run and computes its figures.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::super::Stopper;
use super::bench::MaxErrors;
use crate::app::joined::Extra;
use crate::chat::Replies;
use crate::llm::{Aggregate, AggregateOptions, BenchResult, Reply, RequestInfo, Sums};
use crate::sync::Mutex;

/// Collects replies from all workers.
#[derive(Clone)]
pub(super) struct Collector(Arc<Mutex<Collected>>);

struct Collected {
    aggregate: Aggregate,
    /// From the start of the first request to the end of the last.
    span: Option<(Duration, Duration)>,
    sent: Option<SentSpan>,
    /// When the run began, since the Unix epoch; known from the first reply on.
    started: Option<Duration>,
    so_far: SoFar,
    /// Too many requests failed.
    has_too_many_errors: bool,
}

/// When scheduled requests were sent, since the start of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SentSpan {
    /// The planned time of the first.
    first: Duration,
    /// The time at which the last was sent.
    last: Duration,
}

impl SentSpan {
    /// The rate at which this number of requests was offered, including those that were not sent. `planned` is the length of the
    /// schedule; `None` for a load that ended early.
    pub(super) fn rate(self, requests: u64, planned: Option<Duration>) -> Option<f64> {
        let taken = self.last.saturating_sub(self.first);
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

    /// The function to call for each reply. It ends the run when too many fail.
    pub(super) fn replies(&self, limit: Option<MaxErrors>, stopper: &Stopper) -> Replies {
        let collected = Arc::clone(&self.0);
        let stopper = stopper.clone();
        Arc::new(move |request: &RequestInfo, reply: &Reply| {
            let mut collected = collected.lock();
            collected.add(request, reply);
            let SoFar { failed, done, .. } = collected.so_far;
            if limit.is_some_and(|limit| limit.is_passed(failed, done))
                && !std::mem::replace(&mut collected.has_too_many_errors, true)
            {
                stopper.stop();
            }
        })
    }

    /// Whether the run ended because too many requests failed.
    pub(super) fn has_too_many_errors(&self) -> bool {
        let collected = self.0.lock();
        collected.has_too_many_errors
    }

    pub(super) fn so_far(&self) -> SoFar {
        let collected = self.0.lock();
        collected.so_far
    }

    /// When scheduled requests were sent, if there is a schedule.
    pub(super) fn sent(&self) -> Option<SentSpan> {
        let collected = self.0.lock();
        collected.sent
    }

    /// When the run began, since the Unix epoch.
    pub(super) fn started(&self) -> Duration {
        let collected = self.0.lock();
        collected.started.unwrap_or_default()
    }

    /// Serializes the replies for part 0 of a joined run.
    pub(super) fn extra(&self) -> Extra {
        let collected = Arc::clone(&self.0);
        Arc::new(move || {
            let collected = collected.lock();
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
        let mut collected = self.0.lock();
        if let Some((start, end)) = part.span {
            collected.spans(start, end);
        }
        if let Some(part) = part.sent {
            let sent = collected.sent.get_or_insert(part);
            sent.first = sent.first.min(part.first);
            sent.last = sent.last.max(part.last);
        }
        collected.aggregate.merge_sums(part.sums);
        true
    }

    /// The result. Its duration lasts from the first request to the end of the last.
    pub(super) fn finish(&self) -> BenchResult {
        let collected = self.0.lock();
        let span = collected
            .span
            .map_or(Duration::ZERO, |(start, end)| end.saturating_sub(start));
        collected.aggregate.clone().finish(span)
    }
}

/// What one part of a joined run collected.
#[derive(Debug, Serialize, Deserialize)]
struct PartReplies {
    span: Option<(Duration, Duration)>,
    sent: Option<SentSpan>,
    sums: Sums,
}

impl Collected {
    /// Extends the duration by the time of a request.
    fn spans(&mut self, start: Duration, end: Duration) {
        self.span = Some(match self.span {
            None => (start, end),
            Some((first, last)) => (first.min(start), last.max(end)),
        });
    }

    fn add(&mut self, request: &RequestInfo, reply: &Reply) {
        self.aggregate.add(request, reply);
        let end = request.start.saturating_add(reply.marks.end);
        self.started.get_or_insert_with(|| {
            // The reply has just ended.
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            now.unwrap_or_default().saturating_sub(end)
        });
        self.spans(request.start, end);
        if let Some(queued) = request.queued {
            let planned = request.start.saturating_sub(queued);
            let sent = self.sent.get_or_insert(SentSpan {
                first: planned,
                last: request.start,
            });
            sent.first = sent.first.min(planned);
            sent.last = sent.last.max(request.start);
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
    fn a_share_of_few_requests_is_chance() {
        assert!(!MaxErrors::Count(3).is_passed(3, 3) && MaxErrors::Count(3).is_passed(4, 100));
        let share = MaxErrors::Share(0.1);
        assert!(!share.is_passed(9, 19) && share.is_passed(3, 20) && !share.is_passed(2, 20));
    }

    #[test]
    fn the_offered_rate_is_that_of_the_schedule_unless_the_client_was_late() {
        let second = Duration::from_secs(1);
        let sent = |last: f64| SentSpan {
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

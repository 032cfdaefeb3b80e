//! Records the metrics of a stream while it runs.

use std::rc::Rc;
use std::time::Duration;

use super::{
    RequestSpan, RequestTimes, Requester, StreamTrace, TraceEnd, answer_tags, record_cut_off,
    record_request, record_shortage, record_traffic, request_tags,
};
use crate::http::{Attempt, Error, ErrorKind, Head, Request, StreamOutcome, Traffic};
use crate::metrics::{MetricId, Series, Tags};

/// The samples of one stream. Each request is counted once. Each event is counted when the handler receives it, or, without a
/// handler, when it arrives.
pub(crate) struct StreamSamples<R> {
    requester: Rc<R>,
    /// The tags of its requests.
    asked: Tags,
    /// The tags of its requests and of the latest response.
    tags: Tags,
    /// Whether the response is an event stream.
    is_stream: bool,
    /// Whether the stream counts as open.
    is_open: bool,
    events: Option<EventSeries>,
    /// The delay of the iteration after its planned start, if there is one.
    delay: Option<Duration>,
    /// The arrival of the latest event, in seconds since the start of the request.
    latest: Option<f64>,
    /// The status of the latest response.
    status: Option<u16>,
    /// The record of the individual stream, if streams are kept.
    trace: Option<Box<StreamTrace>>,
    /// The span of the request, if traces are pushed.
    sampled: Option<Box<RequestSpan>>,
    /// The amounts recorded so far, so that a long stream is counted while it runs.
    recorded: Recorded,
}

struct EventSeries {
    count: Series,
    gap: Series,
    first: Series,
    first_scheduled: Option<Series>,
}

#[derive(Default)]
struct Recorded {
    received: u64,
    sent: u64,
    comments: u64,
    attempts: u32,
    reconnects: u32,
}

impl<R: Requester> StreamSamples<R> {
    /// Begins the samples of a request that is about to be sent; `own` are its tags from the script.
    pub(crate) fn new(requester: Rc<R>, request: &mut Request, own: &Tags) -> Self {
        let (method, url) = (&request.method, &request.url);
        let tags = request_tags(&requester.tags(), method, url, own);
        let started = requester.run().started();
        let start = started.map_or(Duration::ZERO, |start| start.elapsed());
        Self {
            trace: StreamTrace::begin("sse", requester.recorder(), &tags, start),
            sampled: requester.sampled(request, &tags),
            asked: tags.clone(),
            tags,
            is_stream: false,
            is_open: false,
            events: None,
            delay: requester.delay(),
            latest: None,
            status: None,
            recorded: Recorded::default(),
            requester,
        }
    }

    /// Records that the response of an attempt is an event stream.
    pub(crate) fn opened(&mut self, head: &Head) {
        self.is_stream = true;
        if !std::mem::replace(&mut self.is_open, true) {
            self.count_open(1);
        }
        let tags = answer_tags(&self.asked, Some(head), true);
        let metrics = self.requester.recorder().registry().builtin();
        let series = |metric| self.requester.recorder().series(metric, &tags);
        self.events = Some(EventSeries {
            count: series(metrics.sse_event),
            gap: series(metrics.sse_event_gap),
            first: series(metrics.sse_first_event),
            first_scheduled: self
                .delay
                .map(|_| series(metrics.sse_first_event_scheduled)),
        });
        self.tags = tags;
    }

    /// Records `n` events whose bytes were read at `at`, in seconds since the start of the request.
    pub(crate) fn events(&mut self, at: f64, n: u64) {
        let Some(series) = &self.events else { return };
        if n == 0 {
            return;
        }
        if let Some(trace) = &mut self.trace {
            trace.events(Duration::try_from_secs_f64(at).unwrap_or_default(), n);
        }
        let mut batch = self.requester.recorder().batch();
        batch.add(&series.count, n as f64);
        match self.latest.replace(at) {
            None => {
                batch.add(&series.first, at);
                if let (Some(series), Some(delay)) = (&series.first_scheduled, self.delay) {
                    batch.add(series, delay.as_secs_f64() + at);
                }
            }
            Some(latest) => {
                batch.add(&series.gap, at - latest);
            }
        }
        // Events of one read have no gap between them that a client could have seen.
        if n > 1 {
            batch.add_n(&series.gap, 0.0, n - 1);
        }
    }

    /// The times of the stream.
    pub(crate) fn times(&self, outcome: &StreamOutcome) -> RequestTimes {
        RequestTimes::from(&outcome.timings).scheduled(self.delay)
    }

    /// An attempt is over.
    pub(crate) fn attempted(&mut self, attempt: &Attempt<'_>) {
        let recorder = self.requester.recorder();
        let error = attempt.error;
        self.status = attempt.head.map(|head| head.status.as_u16());
        if error.is_some_and(|error| error.kind == ErrorKind::Interrupted) {
            record_cut_off(recorder, &self.asked, None, Traffic::default());
        } else {
            let tags = self.tags_of(attempt);
            let delay = self.delay.filter(|_| self.recorded.attempts == 0);
            let times = RequestTimes::from(&attempt.timings).scheduled(delay);
            record_request(recorder, &tags, &times, error.is_some(), attempt.reconnects);
            record_shortage(recorder, &tags, error);
        }
        if attempt.retry_in.is_some()
            && let Some(error) = error
        {
            self.failed(error);
        }
        if let Some(sampled) = &mut self.sampled
            && attempt.retry_in.is_some()
        {
            sampled.event(attempt.at, "attempt_ended");
        }
        self.recorded.attempts += 1;
        self.is_stream = false;
    }

    /// What has happened since the last call: bytes on the wire, comments, reconnects.
    pub(crate) fn progress(&mut self, outcome: &StreamOutcome) {
        let recorded = &mut self.recorded;
        let since = |now: u64, before: &mut u64| now - std::mem::replace(before, now);
        let traffic = Traffic {
            sent: since(outcome.bytes_sent, &mut recorded.sent),
            received: since(outcome.bytes_received, &mut recorded.received),
        };
        let comments = since(outcome.comments, &mut recorded.comments);
        let before = std::mem::replace(&mut recorded.reconnects, outcome.sse_reconnects);
        let reconnects = u64::from(outcome.sse_reconnects - before);
        record_traffic(self.requester.recorder(), &self.tags, traffic);
        let metrics = self.requester.recorder().registry().builtin();
        for (metric, n) in [
            (metrics.sse_comments, comments),
            (metrics.sse_reconnects, reconnects),
        ] {
            if n > 0 {
                self.add(metric, &self.tags, n);
            }
        }
    }

    /// The stream is over; `head` is that of its first answer.
    pub(crate) fn ended(&mut self, outcome: &StreamOutcome, head: Option<&Head>) {
        self.progress(outcome);
        if let Some(error) = &outcome.error {
            self.failed(error);
        }
        if let Some(trace) = self.trace.take() {
            let failure = outcome.error.as_ref();
            let failure = failure.map(|error| (error.kind.as_str(), error.message.as_str()));
            trace.end(TraceEnd {
                times: &self.times(outcome),
                bytes: outcome.bytes_received,
                status: self.status,
                failure,
                tokens: None,
            });
        }
        if let Some(sampled) = self.sampled.take() {
            self.end_span(sampled, outcome, head);
        }
        if std::mem::take(&mut self.is_open) {
            self.count_open(-1);
        }
    }

    fn end_span(
        &self,
        mut sampled: Box<RequestSpan>,
        outcome: &StreamOutcome,
        head: Option<&Head>,
    ) {
        let times = self.times(outcome);
        if let Some(first) = outcome.timings.first_event {
            sampled.event(first, "first_event");
        }
        if let Some(latest) = self.latest.filter(|_| outcome.events > 1) {
            let latest = Duration::try_from_secs_f64(latest).unwrap_or_default();
            sampled.event(latest, "last_event");
        }
        sampled.resent(outcome.reconnects);
        let span = sampled.span();
        span.set("ssel.events", outcome.events);
        if outcome.sse_reconnects > 0 {
            span.set("ssel.sse_reconnects", u64::from(outcome.sse_reconnects));
        }
        let traffic = Traffic {
            sent: outcome.bytes_sent,
            received: outcome.bytes_received,
        };
        match &outcome.error {
            Some(error) => {
                let failure = (error.kind.as_str(), error.message.as_str());
                sampled.end(head, Some(failure), &times, traffic);
            }
            // A stream closed before its response is a request without a response.
            None if head.is_none() => sampled.cut_off(None, traffic),
            None => sampled.end(head, None, &times, traffic),
        }
    }

    fn tags_of(&self, attempt: &Attempt<'_>) -> Tags {
        let tags = answer_tags(&self.asked, attempt.head, self.is_stream);
        match attempt.error {
            Some(error) => tags.with("error", error.kind.as_str()),
            None => tags,
        }
    }

    fn failed(&self, error: &Error) {
        let kind = error.kind.as_str();
        let status = self.status.filter(|_| error.kind == ErrorKind::Status);
        let recorder = self.requester.recorder();
        recorder.fail("sse", kind, status, || error.to_string());
        let metric = self.requester.recorder().registry().builtin().sse_errors;
        self.add(metric, &self.tags.with("error", kind).with("kind", kind), 1);
    }

    fn add(&self, metric: MetricId, tags: &Tags, n: u64) {
        let recorder = self.requester.recorder();
        recorder.add(&recorder.series(metric, tags), n as f64);
    }

    fn count_open(&self, change: i64) {
        let open = self.requester.open_streams();
        open.count(change, self.requester.recorder());
    }
}

//! What one stream leaves in the metrics, recorded while it runs.

use std::rc::Rc;
use std::time::Duration;

use ::http::Method;
use url::Url;

use super::super::super::context::Context;
use crate::http::{ErrorKind, Head, Outcome, Traffic};
use crate::metrics::{Series, Tags};
use crate::samples::{self, Ending, Times, Trace};

/// The samples of one stream. Each request is counted once; each event when it is handed out, or, without a
/// handler, when it arrives.
pub(super) struct Measure {
    context: Rc<Context>,
    tags: Tags,
    events: Option<EventSeries>,
    /// How late the iteration started, where its start was planned.
    delay: Option<Duration>,
    /// Arrival of the latest event, in seconds since the request's start.
    latest: Option<f64>,
    /// Bytes and comments recorded so far, so that an endless stream is counted as it goes.
    received: u64,
    sent: u64,
    comments: u64,
    status: Option<u16>,
    /// The stream by itself, where somebody wants to see streams.
    trace: Option<Box<Trace>>,
    over: bool,
}

struct EventSeries {
    count: Series,
    gap: Series,
    first: Series,
    first_scheduled: Option<Series>,
}

impl Measure {
    /// For a request that is about to be sent; `own` are the tags the script gave it.
    pub(super) fn new(context: &Rc<Context>, method: &Method, url: &Url, own: &Tags) -> Self {
        let tags = samples::request_tags(&context.tags.borrow(), method, url, own);
        let started = context.process.run.started();
        let start = started.map_or(Duration::ZERO, |start| start.elapsed());
        Self {
            trace: Trace::begin("sse", &context.recorder, &tags, start),
            context: Rc::clone(context),
            tags,
            events: None,
            delay: context.schedule_delay(),
            latest: None,
            received: 0,
            sent: 0,
            comments: 0,
            status: None,
            over: false,
        }
    }

    /// The headers are here, or the stream has failed before them.
    pub(super) fn opened(&mut self, head: Option<&Head>, ok: bool) {
        let tags = samples::answer_tags(&self.tags, head, ok);
        let metrics = self.context.process.registry.builtin();
        let recorder = &self.context.recorder;
        self.events = ok.then(|| EventSeries {
            count: recorder.series(metrics.sse_event, &tags),
            gap: recorder.series(metrics.sse_event_gap, &tags),
            first: recorder.series(metrics.sse_first_event, &tags),
            first_scheduled: self
                .delay
                .map(|_| recorder.series(metrics.sse_first_event_scheduled, &tags)),
        });
        self.tags = tags;
        self.status = head.map(|head| head.status.as_u16());
    }

    /// `n` events whose bytes were read at `at`, in seconds since the request's start.
    pub(super) fn events(&mut self, at: f64, n: u64) {
        let Some(series) = &self.events else { return };
        if n == 0 {
            return;
        }
        if let Some(trace) = &mut self.trace {
            trace.events(Duration::try_from_secs_f64(at).unwrap_or_default(), n);
        }
        let mut batch = self.context.recorder.batch();
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

    /// The stream was given up before its headers were here. It is a request that was made, and there is no more to say.
    pub(super) fn given_up(&mut self) {
        if !std::mem::replace(&mut self.over, true) {
            samples::record_given_up(&self.context.recorder, &self.tags);
        }
    }

    /// Where the time of the stream went.
    pub(super) fn times(&self, outcome: &Outcome) -> Times {
        Times::from(&outcome.timings).scheduled(self.delay)
    }

    /// What has crossed the wire since the last call.
    pub(super) fn progress(&mut self, outcome: &Outcome) {
        let sent = outcome.bytes_sent - std::mem::replace(&mut self.sent, outcome.bytes_sent);
        let before = std::mem::replace(&mut self.received, outcome.bytes_received);
        let received = outcome.bytes_received - before;
        samples::record_traffic(
            &self.context.recorder,
            &self.tags,
            Traffic { sent, received },
        );
        let comments = outcome.comments - std::mem::replace(&mut self.comments, outcome.comments);
        if comments > 0 {
            let metric = self.context.process.registry.builtin().sse_comments;
            let recorder = &self.context.recorder;
            recorder.add(&recorder.series(metric, &self.tags), comments as f64);
        }
    }

    /// The stream is over; further calls record nothing.
    pub(super) fn ended(&mut self, outcome: &Outcome) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        self.progress(outcome);
        let kind = outcome.error.as_ref().map(|error| error.kind().as_str());
        let tags = match kind {
            Some(kind) => self.tags.with("error", kind),
            None => self.tags.clone(),
        };
        let times = self.times(outcome);
        samples::record_request(
            &self.context.recorder,
            &tags,
            &times,
            kind.is_some(),
            outcome.reconnects,
        );
        samples::record_shortage(&self.context.recorder, &tags, outcome.error.as_ref());
        let metrics = self.context.process.registry.builtin();
        let recorder = &self.context.recorder;
        if outcome.sse_reconnects > 0 {
            let series = recorder.series(metrics.sse_reconnects, &tags);
            recorder.add(&series, f64::from(outcome.sse_reconnects));
        }
        if let Some(trace) = self.trace.take() {
            let message = outcome.error.as_ref().map(ToString::to_string);
            trace.end(Ending {
                times: &times,
                bytes: outcome.bytes_received,
                status: self.status,
                failure: kind.zip(message.as_deref()),
                tokens: None,
            });
        }
        if let Some((kind, error)) = kind.zip(outcome.error.as_ref()) {
            let status = self.status.filter(|_| error.kind() == ErrorKind::Status);
            recorder.fail("sse", kind, status, || error.to_string());
            let tags = tags.with("kind", kind);
            recorder.add(&recorder.series(metrics.sse_errors, &tags), 1.0);
        }
    }
}

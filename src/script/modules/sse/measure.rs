//! What one stream leaves in the metrics, recorded while it runs.

use std::rc::Rc;

use http::Method;
use url::Url;

use super::super::super::context::Context;
use crate::http::{Head, Outcome};
use crate::metrics::{Series, Tags};

/// The samples of one stream. Each request is counted once; each event when it is handed out, or, without a
/// handler, when it arrives.
pub(super) struct Measure {
    context: Rc<Context>,
    tags: Tags,
    events: Option<EventSeries>,
    /// Arrival of the latest event, in seconds since the request's start.
    latest: Option<f64>,
    /// Bytes and comments recorded so far, so that an endless stream is counted as it goes.
    received: u64,
    sent: u64,
    comments: u64,
    over: bool,
}

struct EventSeries {
    count: Series,
    gap: Series,
    first: Series,
}

impl Measure {
    /// For a request that is about to be sent; `own` are the tags the script gave it.
    pub(super) fn new(context: &Rc<Context>, method: &Method, url: &Url, own: &Tags) -> Self {
        let tags = context.tags.borrow().with("method", method.as_str());
        let tags = if own.get("name").is_some() {
            tags
        } else {
            tags.with("name", name_of(url))
        };
        Self {
            context: Rc::clone(context),
            tags: tags.merged(own),
            events: None,
            latest: None,
            received: 0,
            sent: 0,
            comments: 0,
            over: false,
        }
    }

    /// The headers are here, or the stream has failed before them.
    pub(super) fn opened(&mut self, head: Option<&Head>, ok: bool) {
        let mut tags = self
            .tags
            .with("expected_response", if ok { "true" } else { "false" });
        if let Some(head) = head {
            tags = tags
                .with("status", head.status.as_str())
                .with("proto", head.proto());
        }
        let metrics = self.context.process.registry.builtin();
        let recorder = &self.context.recorder;
        self.events = ok.then(|| EventSeries {
            count: recorder.series(metrics.sse_event, &tags),
            gap: recorder.series(metrics.sse_event_gap, &tags),
            first: recorder.series(metrics.sse_first_event, &tags),
        });
        self.tags = tags;
    }

    /// `n` events whose bytes were read at `at`, in seconds since the request's start.
    pub(super) fn events(&mut self, at: f64, n: u64) {
        let Some(series) = &self.events else { return };
        if n == 0 {
            return;
        }
        let mut batch = self.context.recorder.batch();
        batch.add(&series.count, n as f64);
        match self.latest.replace(at) {
            None => batch.add(&series.first, at),
            Some(latest) => batch.add(&series.gap, at - latest),
        };
        // Events of one read have no gap between them that a client could have seen.
        if n > 1 {
            batch.add_n(&series.gap, 0.0, n - 1);
        }
    }

    /// What has crossed the wire since the last call.
    pub(super) fn progress(&mut self, outcome: &Outcome) {
        let metrics = self.context.process.registry.builtin();
        let recorder = &self.context.recorder;
        for (metric, total, recorded) in [
            (
                metrics.data_received,
                outcome.bytes_received,
                &mut self.received,
            ),
            (metrics.data_sent, outcome.bytes_sent, &mut self.sent),
            (metrics.sse_comments, outcome.comments, &mut self.comments),
        ] {
            if total > *recorded {
                recorder.add(
                    &recorder.series(metric, &self.tags),
                    (total - *recorded) as f64,
                );
                *recorded = total;
            }
        }
    }

    /// The stream is over; further calls record nothing.
    pub(super) fn ended(&mut self, outcome: &Outcome) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        self.progress(outcome);
        let tags = match &outcome.error {
            Some(error) => self.tags.with("error", error.kind().as_str()),
            None => self.tags.clone(),
        };
        let metrics = self.context.process.registry.builtin();
        let recorder = &self.context.recorder;
        let timings = &outcome.timings;
        let failed = f64::from(u8::from(outcome.error.is_some()));
        let exchanged = timings.sending + timings.waiting + timings.receiving;
        for (metric, value) in [
            (metrics.http_reqs, 1.0),
            (metrics.http_req_failed, failed),
            (metrics.http_req_duration, exchanged.as_secs_f64()),
            (metrics.http_req_blocked, timings.blocked.as_secs_f64()),
            (
                metrics.http_req_connecting,
                timings.connecting.as_secs_f64(),
            ),
            (metrics.http_req_tls_handshaking, timings.tls.as_secs_f64()),
            (metrics.http_req_sending, timings.sending.as_secs_f64()),
            (metrics.http_req_waiting, timings.waiting.as_secs_f64()),
            (metrics.http_req_receiving, timings.receiving.as_secs_f64()),
        ] {
            recorder.add(&recorder.series(metric, &tags), value);
        }
        for (metric, count) in [
            (metrics.http_reconnects, outcome.reconnects),
            (metrics.sse_reconnects, outcome.sse_reconnects),
        ] {
            if count > 0 {
                recorder.add(&recorder.series(metric, &tags), f64::from(count));
            }
        }
        if let Some(error) = &outcome.error {
            let tags = tags.with("kind", error.kind().as_str());
            recorder.add(&recorder.series(metrics.sse_errors, &tags), 1.0);
        }
    }
}

/// The default `name` tag: the URL without what differs from request to request or is secret.
fn name_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    format!("{}://{host}{port}{}", url.scheme(), url.path())
}

//! Requests that become spans.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ::http::{HeaderValue, Version};

use super::{RequestTimes, name_of};
use crate::http::{ErrorKind, Head, Request, Traffic};
use crate::metrics::{Recorder, Tags};
use crate::spans::{Span, SpanContext, SpanFailure, SpanLog};
use crate::units::shown_url;

/// The maximum length of a text in a span; longer ones are truncated.
const LONGEST: usize = 2048;

/// The maximum number of events of a span.
const EVENTS: usize = 32;

/// Tags that have a name in OpenTelemetry's conventions.
const NAMED: [&str; 8] = [
    "method",
    "name",
    "status",
    "proto",
    "expected_response",
    "error",
    "model",
    "tokens_from",
];

/// A request that becomes a span.
#[derive(Debug)]
pub(crate) struct RequestSpan {
    log: Arc<SpanLog>,
    begun: Instant,
    span: Span,
}

impl RequestSpan {
    /// Decides whether a request becomes a span, and then adds the header `traceparent`. A request that already has
    /// this header is traced by others.
    pub(crate) fn begin(
        recorder: &Recorder,
        request: &mut Request,
        tags: &Tags,
    ) -> Option<Box<Self>> {
        let log = recorder.spans()?;
        if request.headers.contains_key(SpanContext::HEADER) {
            return None;
        }
        let context = log.begin()?;
        let header = HeaderValue::try_from(context.to_string()).ok()?;
        request.headers.insert(SpanContext::HEADER, header);
        let name = match tags.get("name") {
            // A name other than the URL was set by the script.
            Some(name) if name != name_of(&request.url) => format!("{} {name}", request.method),
            _ => request.method.to_string(),
        };
        let mut span = Span::new(context, cut(name), log.now());
        span.set("http.request.method", request.method.to_string());
        span.set("url.full", cut(shown_url(request.url.as_str())));
        if let Some(host) = request.url.host_str() {
            span.set("server.address", host.to_owned());
        }
        if let Some(port) = request.url.port_or_known_default() {
            span.set("server.port", u64::from(port));
        }
        for (name, value) in tags.iter().filter(|(name, _)| !NAMED.contains(name)) {
            span.set(name.to_owned(), cut(value.to_owned()));
        }
        let log = Arc::clone(log);
        Some(Box::new(Self {
            log,
            begun: Instant::now(),
            span,
        }))
    }

    /// The span, to add attributes.
    pub(crate) fn span(&mut self) -> &mut Span {
        &mut self.span
    }

    /// Adds an event at a time since the start of the request, up to the limit.
    pub(crate) fn event(&mut self, at: Duration, name: &'static str) {
        if self.span.events.len() < EVENTS {
            self.span.event(at, name);
        }
    }

    /// Records how often the request was resent because its server cannot have processed it.
    pub(crate) fn resent(&mut self, times: u32) {
        if times > 0 {
            self.span.set("http.request.resend_count", u64::from(times));
        }
    }

    /// Ends the span of a finished request.
    pub(crate) fn end(
        mut self: Box<Self>,
        head: Option<&Head>,
        failure: Option<(&'static str, &str)>,
        times: &RequestTimes,
        traffic: Traffic,
    ) {
        let phases = [
            ("ssel.blocked", times.phases.blocked),
            ("ssel.lookup", times.phases.lookup),
            ("ssel.connecting", times.phases.connecting),
            ("ssel.tls_handshaking", times.phases.tls),
            ("ssel.sending", times.phases.sending),
            ("ssel.waiting", times.phases.waiting),
            ("ssel.receiving", times.receiving),
        ];
        for (name, time) in phases {
            self.span.set(name, time);
        }
        if let Some(delay) = times.schedule_delay {
            self.span.set("ssel.schedule_delay", delay);
        }
        self.span.duration = times.duration;
        self.close(head, failure, traffic);
    }

    /// Ends the span of an interrupted request.
    pub(crate) fn cut_off(mut self: Box<Self>, head: Option<&Head>, traffic: Traffic) {
        self.span.duration = self.begun.elapsed();
        let failure = (
            ErrorKind::Interrupted.as_str(),
            "interrupted before its end",
        );
        self.close(head, Some(failure), traffic);
    }

    fn close(
        mut self: Box<Self>,
        head: Option<&Head>,
        failure: Option<(&'static str, &str)>,
        traffic: Traffic,
    ) {
        let span = &mut self.span;
        span.set("ssel.bytes_sent", traffic.sent);
        span.set("ssel.bytes_received", traffic.received);
        if let Some(head) = head {
            let status = u64::from(head.status.as_u16());
            span.set("http.response.status_code", status);
            let version = match head.version {
                Version::HTTP_2 => "2",
                Version::HTTP_10 => "1.0",
                _ => "1.1",
            };
            span.set("network.protocol.version", version);
        }
        if let Some((kind, message)) = failure {
            // If the status is the failure, the conventions require the status itself.
            let error = match head {
                Some(head) if kind == "status" => head.status.as_str().to_owned(),
                _ => kind.to_owned(),
            };
            span.set("error.type", error);
            span.failure = Some(SpanFailure {
                kind: kind.into(),
                message: cut(message.to_owned()),
            });
        }
        let Self { log, span, .. } = *self;
        log.end(span);
    }
}

/// Truncates a text.
fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(LONGEST));
    text
}

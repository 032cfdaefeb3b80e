//! Requests that become spans.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ::http::{HeaderValue, Version};

use super::{Times, name_of};
use crate::http::{ErrorKind, Head, Request, Traffic};
use crate::metrics::{Recorder, Tags};
use crate::spans::{Context, Failure, Log, Span};
use crate::units::shown_url;

/// Longer texts are cut: a span is to be small.
const LONGEST: usize = 2048;

/// So many events a span has at most.
const EVENTS: usize = 32;

/// Tags that the conventions of OpenTelemetry have names for.
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

/// A request that is to become a span.
#[derive(Debug)]
pub struct RequestSpan {
    log: Arc<Log>,
    begun: Instant,
    span: Span,
}

impl RequestSpan {
    /// Decides whether the request, which is about to be sent with these tags, becomes a span, and tells its server by a
    /// header. A request that has the header already is traced by somebody else.
    pub fn begin(recorder: &Recorder, request: &mut Request, tags: &Tags) -> Option<Box<Self>> {
        let log = recorder.spans()?;
        if request.headers.contains_key(Context::HEADER) {
            return None;
        }
        let context = log.begin()?;
        let header = HeaderValue::try_from(context.to_string()).ok()?;
        request.headers.insert(Context::HEADER, header);
        let name = match tags.get("name") {
            // What is not called by its URL was given a name by the script.
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

    /// The span, for whoever knows more of it.
    pub fn span(&mut self) -> &mut Span {
        &mut self.span
    }

    /// Adds what happened at a time since the start of the request, if there is room for it.
    pub fn event(&mut self, at: Duration, name: &'static str) {
        if self.span.events.len() < EVENTS {
            self.span.event(at, name);
        }
    }

    /// The request was sent so many times more because its server cannot have seen it.
    pub fn resent(&mut self, times: u32) {
        if times > 0 {
            self.span.set("http.request.resend_count", u64::from(times));
        }
    }

    /// The request is over: what answered it, how it failed if it did, where its time went, what crossed the wire.
    pub fn end(
        mut self: Box<Self>,
        head: Option<&Head>,
        failure: Option<(&'static str, &str)>,
        times: &Times,
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

    /// The request was dropped before it was over.
    pub fn cut_off(mut self: Box<Self>, head: Option<&Head>, traffic: Traffic) {
        self.span.duration = self.begun.elapsed();
        let failure = (
            ErrorKind::Interrupted.as_str(),
            "given up before it was over",
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
            // The conventions want the status itself where that is the failure.
            let error = match head {
                Some(head) if kind == "status" => head.status.as_str().to_owned(),
                _ => kind.to_owned(),
            };
            span.set("error.type", error);
            span.failure = Some(Failure {
                kind: kind.into(),
                message: cut(message.to_owned()),
            });
        }
        let Self { log, span, .. } = *self;
        log.end(span);
    }
}

/// A text that is not longer than it may be.
fn cut(mut text: String) -> String {
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|at| text.is_char_boundary(*at));
        text.truncate(end.unwrap_or(0));
    }
    text
}

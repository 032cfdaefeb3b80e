//! Spans as OTLP traces.

use std::sync::Arc;

use super::attributes::of_span;
use super::proto::common::{Resource, Scope};
use super::proto::trace::{CLIENT, ERROR, Event, SpanMessage, Status};
use super::resource::resource;
use super::{OtlpOptions, scope, wire};
use crate::control::ControlReply;
use crate::metrics::SeriesInfo;
use crate::push::{Delivery, Destination, PushRequest, RunContext};
use crate::record::Frame;
use crate::spans::{self, Spans};

/// The most spans in a request.
const BATCH: usize = 512;

/// The flag of a sampled trace.
const SAMPLED: u32 = 1;

/// A store of the spans of a run.
pub(super) struct Traces {
    spans: Arc<Spans>,
    resource: Resource,
    scope: Scope,
    waiting: Vec<spans::Span>,
    missed: u64,
}

impl Traces {
    pub(super) fn new(about: &RunContext, options: &OtlpOptions, spans: Arc<Spans>) -> Self {
        Self {
            spans,
            resource: resource(about, &options.environment, &options.stated),
            scope: scope(about),
            waiting: Vec::new(),
            missed: 0,
        }
    }

    fn fetch(&mut self) {
        let (spans, missed) = self.spans.take();
        self.waiting.extend(spans);
        self.missed += missed;
    }

    fn request(&self, spans: &[spans::Span]) -> PushRequest {
        let count = spans.len() as u64;
        let spans: Vec<SpanMessage> = spans.iter().map(message).collect();
        wire::request((&self.resource, &self.scope), spans, count)
    }
}

impl Destination for Traces {
    fn take(&mut self, _: &[SeriesInfo], _: &Frame) {
        self.fetch();
    }

    fn requests(&mut self, _: bool) -> Vec<PushRequest> {
        self.fetch();
        let spans = std::mem::take(&mut self.waiting);
        let batches = spans.chunks(BATCH);
        batches.map(|batch| self.request(batch)).collect()
    }

    fn classify(&mut self, _: &PushRequest, reply: &ControlReply) -> Delivery {
        wire::classified(reply)
    }

    fn missed(&mut self) -> u64 {
        std::mem::take(&mut self.missed)
    }
}

fn message(span: &spans::Span) -> SpanMessage {
    let start = span.start;
    let event = |event: &spans::SpanEvent| Event {
        time: wire::nanos(start.saturating_add(event.at)),
        name: event.name.to_owned(),
    };
    let status = span.failure.as_ref().map(|failure| Status {
        message: failure.message.clone(),
        code: ERROR,
    });
    SpanMessage {
        trace: span.context.trace.to_be_bytes().to_vec(),
        id: span.context.span.to_be_bytes().to_vec(),
        flags: SAMPLED,
        name: span.name.clone(),
        kind: CLIENT,
        start: wire::nanos(start),
        end: wire::nanos(start.saturating_add(span.duration)),
        attributes: span.attributes.iter().map(of_span).collect(),
        events: span.events.iter().map(event).collect(),
        status,
    }
}

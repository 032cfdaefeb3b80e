//! Sends a reply on an absolute schedule, with its failure if requested.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;

use super::encoder::{Encoder, ReplyToken};
use super::engine::EngineTicket;
use super::engine::prefix::blocks;
use super::facts::{Facts, Finish, ServerKind};
use super::fault::FaultKind;
use super::http_chunks::{HttpChunks, SentAt};
use super::refusal::ApiRefusal;
use super::reply_options::ReplyOptions;
use super::server_metrics::{EndReason, ReplyMetrics};
use super::steps::{Draft, ReplyStep, StepKind};
use super::words;
use crate::llm::Api;
use crate::serve::clock;
use crate::serve::request::TargetRequest;
use crate::serve::stream::{BodySender, Ping, ResponseEnd};

/// The reply to one request.
pub(super) struct TargetReply {
    pub(super) facts: Facts,
    pub(super) options: ReplyOptions,
    pub(super) fault: Option<FaultKind>,
    /// Tokens of a choice before the failure.
    pub(super) fault_after: u64,
    /// Its place in the engine, which is freed when it ends or its client leaves.
    pub(super) ticket: EngineTicket,
    pub(super) metrics: ReplyMetrics,
    /// The tokens of its prompt.
    pub(super) prompt: Vec<u64>,
}

impl TargetReply {
    /// The response, whose body keeps the schedule.
    pub(super) async fn respond(self, request: &TargetRequest) -> Response {
        if !self.facts.stream {
            return self.respond_whole(request).await;
        }
        let Facts { api, server, .. } = self.facts;
        let mut response = request.stream(|sender| self.play(sender)).into_response();
        let headers = response.headers_mut();
        let mut add = |name, value| headers.insert(name, HeaderValue::from_static(value));
        add(header::CACHE_CONTROL.as_str(), "no-cache");
        match (api, server) {
            (Api::OllamaNdjson, _) => add("content-type", "application/x-ndjson"),
            (_, ServerKind::Llama) => {
                add("access-control-allow-origin", "");
                add("x-accel-buffering", "no");
                // As in the real server, which closes the connection nevertheless.
                add("keep-alive", "timeout=5, max=100");
                add("content-type", "text/event-stream")
            }
            (_, ServerKind::Vllm | ServerKind::Vendor) => {
                add("content-type", "text/event-stream; charset=utf-8")
            }
        };
        response
    }

    /// Sends the reply as one document, when its last token is due.
    async fn respond_whole(mut self, request: &TargetRequest) -> Response {
        self.begin().await;
        for (number, step) in (0..).zip(self.steps()) {
            self.step(number, step).await;
        }
        self.facts.generation = self.ticket.generation();
        self.settle();
        let mut body = Bytes::from(Encoder::new(self.facts.clone()).whole());
        let length = body.len();
        let hold = self.options.hold;
        let end = match self.fault {
            Some(FaultKind::ErrorEvent | FaultKind::ErrorThenDone) => {
                let status = StatusCode::INTERNAL_SERVER_ERROR.as_u16();
                return ApiRefusal::Failed(status).respond(self.facts.api, self.facts.server);
            }
            Some(FaultKind::Malformed) => {
                body.truncate(length / 2);
                return ([(header::CONTENT_TYPE, "application/json")], body).into_response();
            }
            Some(FaultKind::Reset) => ResponseEnd::Reset,
            Some(FaultKind::Truncate | FaultKind::Stall) => ResponseEnd::Truncate,
            Some(FaultKind::NoDone | FaultKind::Status(_)) | None => ResponseEnd::Complete,
        };
        if end != ResponseEnd::Complete {
            body.truncate(length / 2);
        }
        let stalls = self.fault == Some(FaultKind::Stall);
        let body = request.stream(|sender| async move {
            sender.send(body).await;
            if stalls {
                sender.wait_until(Instant::now() + hold, None).await;
            }
            end
        });
        let headers = [
            (header::CONTENT_TYPE, "application/json".to_owned()),
            (header::CONTENT_LENGTH, length.to_string()),
        ];
        (headers, body).into_response()
    }

    /// Sends the stream.
    async fn play(mut self, sender: BodySender) -> ResponseEnd {
        let mut encoder = Encoder::new(self.facts.clone());
        let mut chunks = HttpChunks::default();
        let ping = self.ping(&mut encoder);
        let mut fault = self.fault;

        let opens_at_once = self.facts.server == ServerKind::Vendor;
        if opens_at_once {
            encoder.open(&mut chunks);
            chunks.cut();
            flush(&sender, &mut chunks).await;
        }
        sender.wait_for(self.begin(), ping.as_ref()).await;
        encoder.facts.cached = self.facts.cached;
        encoder.facts.prefill = self.facts.prefill;
        if !opens_at_once {
            encoder.open(&mut chunks);
        }

        let mut tokens = 0;
        let mut steps = (0..).zip(self.steps()).peekable();
        loop {
            if tokens >= self.fault_after
                && let Some(kind) = fault.take()
            {
                match self.fail(kind, &mut encoder, &mut chunks, &sender).await {
                    AfterFault::Ends(end) => {
                        self.metrics.end(EndReason::Error);
                        return end;
                    }
                    AfterFault::Continues => {}
                    AfterFault::WithoutDone => fault = Some(kind),
                }
            }
            let Some((number, step)) = steps.next() else {
                break;
            };
            sender
                .wait_for(self.step(number, step), ping.as_ref())
                .await;
            tokens += step.tokens;
            self.say(
                &mut encoder,
                step,
                tokens,
                steps.peek().is_none(),
                &mut chunks,
            );
            flush(&sender, &mut chunks).await;
        }
        encoder.facts.generation = self.ticket.generation();
        encoder.close(&mut chunks);
        if fault != Some(FaultKind::NoDone) {
            encoder.done(&mut chunks);
        }
        chunks.cut();
        // Updates the metrics before the client can see the end.
        self.settle();
        flush(&sender, &mut chunks).await;
        self.proper_end()
    }

    /// The steps of the reply.
    fn steps(&self) -> impl Iterator<Item = ReplyStep> + use<> {
        let (draft, per_chunk) = (self.options.draft, self.options.tokens_per_chunk);
        self.facts.sizes.steps(move |number| match draft.tokens {
            0 => per_chunk,
            _ => 1 + draft.accepted(number),
        })
    }

    /// Waits for its admission and for its first token.
    async fn begin(&mut self) {
        let admitted = self.ticket.first(self.options.ttft).await;
        self.facts.cached = admitted.cached;
        self.facts.prefill = admitted.prefilled.saturating_sub(admitted.at) + self.options.ttft;
        self.metrics
            .begun(admitted, self.ticket.instant(admitted.at));
    }

    /// Waits for step `number` and records it in the metrics.
    async fn step(&mut self, number: u64, step: ReplyStep) {
        let tokens = step.tokens * self.facts.choices;
        self.ticket.step(tokens).await;
        self.metrics.step(tokens);
        let Draft {
            tokens: drafted, ..
        } = self.options.draft;
        let is_text = matches!(step.kind, StepKind::Reasoning | StepKind::Content);
        if drafted > 0 && is_text {
            let accepted = self.options.draft.accepted(number);
            self.metrics.drafted(drafted, accepted);
        }
    }

    /// Records the complete reply in the metrics and in the cache.
    fn settle(&mut self) {
        self.metrics.end(match self.facts.finish {
            Some(Finish::Length) => EndReason::Length,
            _ => EndReason::Stop,
        });
        if self.options.load.cache > 0 {
            let reply = [
                self.facts.reasoning(0).unwrap_or_default(),
                self.facts.content(0),
            ]
            .join(" ");
            let reply = reply.split_whitespace().map(words::token);
            let tokens = self.prompt.iter().copied().chain(reply);
            self.ticket
                .complete(blocks(tokens, self.options.load.block));
        }
    }

    /// Writes one step of all choices.
    fn say(
        &self,
        encoder: &mut Encoder,
        step: ReplyStep,
        tokens_so_far: u64,
        is_last: bool,
        chunks: &mut HttpChunks,
    ) {
        let now = clock::unix_now();
        let sent = SentAt(self.options.clock.then_some(now));
        for choice in 0..self.facts.choices {
            let text = match step.kind {
                StepKind::Content if self.options.stamp => stamp(now),
                _ => step.text(choice),
            };
            let token = ReplyToken {
                choice,
                kind: step.kind,
                text,
                tokens_so_far,
                is_last,
                sent,
            };
            encoder.token(&token, chunks);
        }
    }

    /// Performs the failure.
    async fn fail(
        &self,
        kind: FaultKind,
        encoder: &mut Encoder,
        chunks: &mut HttpChunks,
        sender: &BodySender,
    ) -> AfterFault {
        let end = match kind {
            FaultKind::NoDone => return AfterFault::WithoutDone,
            FaultKind::Status(_) => return AfterFault::Continues,
            FaultKind::Malformed => {
                encoder.malformed(chunks);
                return AfterFault::Continues;
            }
            FaultKind::ErrorEvent => {
                encoder.error(chunks);
                self.proper_end()
            }
            FaultKind::ErrorThenDone => {
                encoder.error(chunks);
                encoder.done(chunks);
                self.proper_end()
            }
            FaultKind::Truncate | FaultKind::Stall => ResponseEnd::Truncate,
            FaultKind::Reset => ResponseEnd::Reset,
        };
        chunks.cut();
        flush(sender, chunks).await;
        if kind == FaultKind::Stall {
            sender
                .wait_until(Instant::now() + self.options.hold, None)
                .await;
        }
        AfterFault::Ends(end)
    }

    fn ping(&self, encoder: &mut Encoder) -> Option<Ping> {
        let bytes = Bytes::from(encoder.ping());
        self.options
            .ping
            .filter(|_| !bytes.is_empty())
            .map(|interval| Ping { interval, bytes })
    }

    fn proper_end(&self) -> ResponseEnd {
        let hangs_up =
            self.facts.server == ServerKind::Llama && self.facts.api != Api::OllamaNdjson;
        if hangs_up {
            ResponseEnd::Hangup
        } else {
            ResponseEnd::Complete
        }
    }
}

/// A time as the text of a token.
fn stamp(time: Duration) -> String {
    format!("{}.{:09} ", time.as_secs(), time.subsec_nanos())
}

/// The continuation of a stream after its failure.
enum AfterFault {
    Ends(ResponseEnd),
    Continues,
    WithoutDone,
}

async fn flush(sender: &BodySender, chunks: &mut HttpChunks) {
    for frame in chunks.take() {
        sender.send(frame).await;
    }
}

//! Gives a reply: its pieces on an absolute schedule, and its failure where one was asked for.

use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::time::Instant;

use super::fault::{Fault, FaultKind};
use super::frames::{Frames, Sent};
use super::plan::Plan;
use super::refusal::Refusal;
use super::slots::Slot;
use super::steps::Step;
use super::voice::{Api, Dialect, Facts, Part, Piece, Voice, voice};
use crate::serve::call::Call;
use crate::serve::clock;
use crate::serve::stream::{End, Outlet, Ping};

/// The reply to one request.
pub(super) struct Reply {
    facts: Facts,
    plan: Plan,
    fault: Option<FaultKind>,
    /// Tokens of an answer before the failure.
    fault_after: u64,
    /// Its place among those that are made at once, given back when it ends or its client leaves.
    _slot: Option<Slot>,
}

impl Reply {
    pub(super) fn new(facts: Facts, plan: Plan, fault: Option<Fault>, slot: Option<Slot>) -> Self {
        let half = facts.sizes.tokens() / 2;
        let fault_after = fault.and_then(|fault| fault.after).unwrap_or(half);
        Self {
            facts,
            plan,
            fault: fault.map(|fault| fault.kind),
            fault_after,
            _slot: slot,
        }
    }

    /// The response, whose body keeps the schedule.
    pub(super) async fn respond(self, call: &Call) -> Response {
        if !self.facts.stream {
            return self.respond_whole(call).await;
        }
        let Facts { api, dialect, .. } = self.facts;
        let arrived = call.arrived;
        let mut response = call
            .stream(|outlet| self.play(arrived, outlet))
            .into_response();
        let headers = response.headers_mut();
        let mut add = |name, value| headers.insert(name, HeaderValue::from_static(value));
        add(header::CACHE_CONTROL.as_str(), "no-cache");
        match (api, dialect) {
            (Api::Ollama, _) => add("content-type", "application/x-ndjson"),
            (_, Dialect::Llama) => {
                add("access-control-allow-origin", "");
                add("x-accel-buffering", "no");
                // Promised, and not kept.
                add("keep-alive", "timeout=5, max=100");
                add("content-type", "text/event-stream")
            }
            (_, Dialect::Vllm | Dialect::Vendor) => {
                add("content-type", "text/event-stream; charset=utf-8")
            }
        };
        response
    }

    /// The reply as one document, when its last token is due.
    async fn respond_whole(self, call: &Call) -> Response {
        let last = self
            .facts
            .sizes
            .steps(self.plan.tokens_per_chunk)
            .count()
            .saturating_sub(1);
        tokio::time::sleep_until(self.due(call.arrived, last as u64)).await;
        let mut body = Bytes::from(voice(&self.facts).whole().to_string());
        let length = body.len();
        let hold = self.plan.hold;
        let end = match self.fault {
            Some(FaultKind::ErrorEvent | FaultKind::ErrorThenDone) => {
                let status = StatusCode::INTERNAL_SERVER_ERROR.as_u16();
                return Refusal::Failed(status).respond(self.facts.api, self.facts.dialect);
            }
            Some(FaultKind::Malformed) => {
                body.truncate(length / 2);
                return ([(header::CONTENT_TYPE, "application/json")], body).into_response();
            }
            Some(FaultKind::Reset) => End::Reset,
            Some(FaultKind::Truncate | FaultKind::Stall) => End::Truncate,
            Some(FaultKind::NoDone | FaultKind::Status(_)) | None => End::Complete,
        };
        if end != End::Complete {
            body.truncate(length / 2);
        }
        let stalls = self.fault == Some(FaultKind::Stall);
        let body = call.stream(|outlet| async move {
            outlet.send(body).await;
            if stalls {
                outlet.wait_until(Instant::now() + hold, None).await;
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
    async fn play(self, arrived: Instant, outlet: Outlet) -> End {
        let mut voice = voice(&self.facts);
        let mut frames = Frames::default();
        let ping = self.ping(voice.as_ref());
        let mut fault = self.fault;

        let opens_at_once = self.facts.dialect == Dialect::Vendor;
        if opens_at_once {
            voice.open(&mut frames);
            frames.cut();
            flush(&outlet, &mut frames).await;
        }
        outlet.wait_until(self.due(arrived, 0), ping.as_ref()).await;
        if !opens_at_once {
            voice.open(&mut frames);
        }

        let mut tokens = 0;
        let mut steps = self
            .facts
            .sizes
            .steps(self.plan.tokens_per_chunk)
            .peekable();
        let mut number = 0;
        loop {
            if tokens >= self.fault_after
                && let Some(kind) = fault.take()
            {
                match self.fail(kind, voice.as_mut(), &mut frames, &outlet).await {
                    Failed::Ended(end) => return end,
                    Failed::GoesOn => {}
                    Failed::WithoutDone => fault = Some(kind),
                }
            }
            let Some(step) = steps.next() else { break };
            outlet
                .wait_until(self.due(arrived, number), ping.as_ref())
                .await;
            tokens += step.tokens;
            self.say(
                voice.as_mut(),
                step,
                tokens,
                steps.peek().is_none(),
                &mut frames,
            );
            flush(&outlet, &mut frames).await;
            number += 1;
        }
        voice.close(&mut frames);
        if fault != Some(FaultKind::NoDone) {
            voice.done(&mut frames);
        }
        frames.cut();
        flush(&outlet, &mut frames).await;
        self.proper_end()
    }

    /// One step of all answers.
    fn say(
        &self,
        voice: &mut dyn Voice,
        step: Step,
        tokens_so_far: u64,
        is_last: bool,
        frames: &mut Frames,
    ) {
        let now = clock::unix_now();
        let sent = Sent(self.plan.clock.then_some(now));
        for choice in 0..self.facts.choices {
            let part = match Part::of(step, choice) {
                Part::Content(_) if self.plan.stamp => Part::Content(stamp(now)),
                part => part,
            };
            voice.piece(
                &Piece {
                    choice,
                    part,
                    tokens_so_far,
                    is_last,
                    sent,
                },
                frames,
            );
        }
    }

    /// Makes the failure happen.
    async fn fail(
        &self,
        kind: FaultKind,
        voice: &mut dyn Voice,
        frames: &mut Frames,
        outlet: &Outlet,
    ) -> Failed {
        let end = match kind {
            FaultKind::NoDone => return Failed::WithoutDone,
            FaultKind::Status(_) => return Failed::GoesOn,
            FaultKind::Malformed => {
                frames.cut();
                match self.facts.api {
                    Api::Ollama => frames.put(format_args!("{{\"model\":\n")),
                    _ => frames.put(format_args!("data: {{\"choices\":[{{\"delta\":\n\n")),
                }
                frames.cut();
                return Failed::GoesOn;
            }
            FaultKind::ErrorEvent => {
                voice.error(frames);
                self.proper_end()
            }
            FaultKind::ErrorThenDone => {
                voice.error(frames);
                voice.done(frames);
                self.proper_end()
            }
            FaultKind::Truncate | FaultKind::Stall => End::Truncate,
            FaultKind::Reset => End::Reset,
        };
        frames.cut();
        flush(outlet, frames).await;
        if kind == FaultKind::Stall {
            outlet
                .wait_until(Instant::now() + self.plan.hold, None)
                .await;
        }
        Failed::Ended(end)
    }

    /// When step `number` is due.
    fn due(&self, arrived: Instant, number: u64) -> Instant {
        let interval = self
            .plan
            .itl
            .saturating_mul(u32::try_from(self.plan.tokens_per_chunk).unwrap_or(u32::MAX));
        clock::due(arrived, self.plan.ttft, interval, number)
    }

    fn ping(&self, voice: &dyn Voice) -> Option<Ping> {
        let bytes = Bytes::from_static(voice.ping().as_bytes());
        self.plan
            .ping
            .filter(|_| !bytes.is_empty())
            .map(|interval| Ping { interval, bytes })
    }

    fn proper_end(&self) -> End {
        let hangs_up = self.facts.dialect == Dialect::Llama && self.facts.api != Api::Ollama;
        if hangs_up { End::Hangup } else { End::Complete }
    }
}

/// A time as the text of a token.
fn stamp(time: Duration) -> String {
    format!("{}.{:09} ", time.as_secs(), time.subsec_nanos())
}

/// What becomes of a stream after its failure.
enum Failed {
    Ended(End),
    GoesOn,
    WithoutDone,
}

async fn flush(outlet: &Outlet, frames: &mut Frames) {
    for frame in frames.take() {
        outlet.send(frame).await;
    }
}

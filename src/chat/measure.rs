//! Records the metrics of an exchange.

use std::time::Duration;

use ::http::StatusCode;

use super::exchange::ChatExchange;
use crate::http::{Error, Head, Traffic};
use crate::llm::{Goodput, Reply, RequestInfo};
use crate::metrics::{Llm, MetricError, Recorder, Tags};
use crate::samples::{self, StreamTrace, TraceEnd};

/// The source of the failures of exchanges.
pub(crate) const FAILURE_SOURCE: &str = "llm";

/// Records exchanges in the metrics of requests and in those of language models.
///
/// Latencies and tokens are those of successful replies; a failure is counted by its kind.
#[derive(Debug, Clone)]
pub(crate) struct ChatRecorder {
    /// The recorder of samples.
    pub recorder: Recorder,
    /// The tags of the request, see [`samples::request_tags`].
    pub tags: Tags,
    /// The objectives of a good reply, if any.
    pub goodput: Option<Goodput>,
    /// An estimate of the prompt tokens, for servers that do not report them.
    pub prompt_tokens: Option<u64>,
    /// The time from the planned start of the iteration to its start, if it was planned.
    pub schedule_delay: Option<Duration>,
    /// The number of the question in its conversation, from 1.
    pub turn: Option<u32>,
    /// The number of scored items, for requests that return scores instead of text.
    pub items: Option<u64>,
}

impl ChatRecorder {
    /// Records a finished exchange.
    ///
    /// # Errors
    /// A different metric of the run with the same name, which prevents recording.
    pub(crate) fn record(&self, exchange: &ChatExchange) -> Result<(), MetricError> {
        let llm = self.recorder.registry().register_llm()?;
        let status = exchange.head.as_ref().map(|head| head.status);
        let is_cancelled = exchange.reply.outcome.is_cancelled();
        let is_expected = exchange.error.is_none()
            && status.map_or(is_cancelled, |status| status == StatusCode::OK);
        let mut tags = samples::answer_tags(&self.tags, exchange.head.as_ref(), is_expected);
        if let Some(error) = &exchange.error {
            tags = tags.with("error", error.kind.as_str());
        }
        let times = exchange.times.scheduled(self.schedule_delay);
        let reconnects = exchange.reconnects;
        samples::record_request(&self.recorder, &tags, &times, !is_expected, reconnects);
        samples::record_shortage(&self.recorder, &tags, exchange.error.as_ref());
        samples::record_traffic(&self.recorder, &tags, exchange.traffic);
        self.record_reply(llm, &tags, &exchange.reply);
        Ok(())
    }

    /// Records an exchange that was dropped before its end. Without an answer, `head`, the request has failed; the result of a
    /// reply that was cut off is unknown.
    pub(crate) fn record_cut_off(&self, head: Option<&Head>, traffic: Traffic) {
        let recorder = &self.recorder;
        let tags = samples::record_cut_off(recorder, &self.tags, head, traffic);
        if head.is_some() {
            return;
        }
        let Ok(llm) = recorder.registry().register_llm() else {
            return;
        };
        let error = Error::interrupted();
        recorder.fail(FAILURE_SOURCE, error.kind.as_str(), None, || {
            error.to_string()
        });
        recorder.add(&recorder.series(llm.llm_requests, &tags), 1.0);
        if self.goodput.is_some() {
            recorder.add(&recorder.series(llm.llm_goodput, &tags), 0.0);
        }
        let tags = tags.with("kind", error.kind.as_str());
        recorder.add(&recorder.series(llm.llm_errors, &tags), 1.0);
    }

    /// The request without its reply; `start` counts from the start of the run.
    pub(crate) fn request(&self, start: Duration) -> RequestInfo {
        RequestInfo {
            start,
            queued: self.schedule_delay,
            prompt_tokens: self.prompt_tokens.unwrap_or(0),
            server: self.tags.get("name").map(Into::into),
            turn: self.turn,
            items: self.items,
        }
    }

    /// Records the exchange as a single stream, if streams are recorded; `start` counts from the start of the run.
    pub(crate) fn record_stream(&self, exchange: &ChatExchange, start: Duration) {
        let Some(mut trace) = StreamTrace::begin(FAILURE_SOURCE, &self.recorder, &self.tags, start)
        else {
            return;
        };
        let reply = &exchange.reply;
        if let Some(first) = reply.ttft() {
            // The gaps of several concurrent choices add up to more than the time of the reply.
            let last = reply.e2e().unwrap_or(first);
            let mut at = first;
            trace.events(at, 1);
            for gap in &reply.gaps {
                at = (at + Duration::try_from_secs_f64(*gap).unwrap_or_default()).min(last);
                trace.events(at, 1);
            }
        }
        let failure = reply.outcome.failure();
        let prompt = reply.tokens.prompt.or(self.prompt_tokens).unwrap_or(0);
        trace.end(TraceEnd {
            times: &exchange.times,
            bytes: exchange.traffic.received,
            status: exchange.head.as_ref().map(|head| head.status.as_u16()),
            failure: failure.map(|failure| (failure.kind, failure.message.as_str())),
            tokens: Some((prompt, reply.tokens.completion)),
        });
    }

    fn record_reply(&self, llm: &Llm, tags: &Tags, reply: &Reply) {
        let recorder = &self.recorder;
        recorder.add(&recorder.series(llm.llm_requests, tags), 1.0);
        if reply.outcome.is_cancelled() {
            recorder.add(&recorder.series(llm.llm_cancelled, tags), 1.0);
            return;
        }
        if let Some(goodput) = self.goodput {
            // Zero is recorded too, so that a run without good replies has the metric.
            let good = f64::from(u8::from(goodput.is_met_by(reply)));
            recorder.add(&recorder.series(llm.llm_goodput, tags), good);
        }
        if let Some(failure) = reply.outcome.failure() {
            let message = || failure.message.clone();
            recorder.fail(FAILURE_SOURCE, failure.kind, failure.status, message);
            let tags = tags.with("kind", failure.kind);
            recorder.add(&recorder.series(llm.llm_errors, &tags), 1.0);
            return;
        }
        if let Some(items) = self.items {
            recorder.add(&recorder.series(llm.llm_items, tags), items as f64);
            if let Some(e2e) = reply.e2e() {
                recorder.add(&recorder.series(llm.llm_e2e, tags), e2e.as_secs_f64());
            }
            return;
        }
        let tags = &tags.with("tokens_from", reply.tokens.source.as_str());
        let seconds = |time: Option<Duration>| time.map(|time| time.as_secs_f64());
        let (ttft, e2e) = (reply.ttft(), reply.e2e());
        let scheduled = |time: Option<Duration>| Some((time? + self.schedule_delay?).as_secs_f64());
        let tokens = reply.tokens.completion as f64;
        let reported = reply.tokens.prompt.filter(|tokens| *tokens > 0);
        let cached = reply.tokens.cached.map(|tokens| tokens as f64);
        let samples = [
            (llm.llm_ttft, seconds(ttft)),
            (llm.llm_ttfo, seconds(reply.ttfo())),
            (llm.llm_e2e, seconds(e2e)),
            (llm.llm_tpot, seconds(reply.tpot())),
            (llm.llm_ttft_scheduled, scheduled(ttft)),
            (llm.llm_e2e_scheduled, scheduled(e2e)),
            (llm.llm_prompt_tokens, reported.map(|tokens| tokens as f64)),
            (llm.llm_cached_tokens, cached),
            (llm.llm_completion_tokens, Some(tokens)),
            (llm.llm_output_tokens, Some(tokens)),
            (llm.llm_bunched, reply.is_bunched().then_some(1.0)),
        ]
        .map(|(metric, value)| value.map(|value| (recorder.series(metric, tags), value)));
        let gap = recorder.series(llm.llm_itl, tags);
        let estimate = self.prompt_tokens.filter(|_| reported.is_none());
        let estimate = estimate.map(|tokens| {
            let tags = tags.with("prompt_tokens_from", "estimate");
            let series = recorder.series(llm.llm_prompt_tokens, &tags);
            (series, tokens as f64)
        });
        let mut batch = recorder.batch();
        for (series, value) in samples.iter().flatten().chain(&estimate) {
            batch.add(series, *value);
        }
        let gaps = if reply.is_bunched() {
            &[][..]
        } else {
            &reply.gaps
        };
        for value in gaps {
            batch.add(&gap, *value);
        }
    }
}

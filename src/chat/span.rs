//! The span of an exchange, with the attributes of OpenTelemetry's generative AI conventions.

use super::exchange::ChatExchange;
use super::measure::ChatRecorder;
use super::model_request::ModelRequest;
use crate::samples::RequestSpan;
use crate::spans::AttributeValue;

impl ChatRecorder {
    /// Ends the span of a finished exchange.
    pub(crate) fn end_span(
        &self,
        mut sampled: Box<RequestSpan>,
        call: &ModelRequest,
        exchange: &ChatExchange,
    ) {
        let reply = &exchange.reply;
        let moments = [
            (reply.ttft(), "first_token"),
            (reply.e2e().filter(|_| reply.chunks > 1), "last_token"),
        ];
        for (at, name) in moments {
            if let Some(at) = at {
                sampled.event(at, name);
            }
        }
        sampled.resent(exchange.reconnects);
        let span = sampled.span();
        let operation = call.api.operation();
        operation.clone_into(&mut span.name);
        span.set("gen_ai.operation.name", operation);
        span.set("gen_ai.provider.name", call.api.provider());
        span.set("gen_ai.request.stream", true);
        if let Some(model) = self.tags.get("model") {
            span.name = format!("{operation} {model}");
            span.set("gen_ai.request.model", model.to_owned());
        }
        if let Some(first) = reply.ttft() {
            span.set("gen_ai.response.time_to_first_chunk", first);
        }
        if let Some(prompt) = reply.tokens.prompt {
            span.set("gen_ai.usage.input_tokens", prompt);
        }
        if reply.outcome.is_ok() {
            span.set("gen_ai.usage.output_tokens", reply.tokens.completion);
            span.set("ssel.tokens_from", reply.tokens.source.as_str());
        }
        let reasons = reply.choices.iter();
        let reasons: Vec<String> = reasons
            .filter_map(|choice| choice.finish_reason.clone())
            .collect();
        if !reasons.is_empty() {
            span.set(
                "gen_ai.response.finish_reasons",
                AttributeValue::Texts(reasons),
            );
        }
        let failure = reply.outcome.failure();
        let failure = failure.map(|failure| (failure.kind, failure.message.as_str()));
        let times = exchange.times.scheduled(self.schedule_delay);
        sampled.end(exchange.head.as_ref(), failure, &times, exchange.traffic);
    }
}

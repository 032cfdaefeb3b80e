//! The data of a reply: model, sizes, finish reason, usage.

use std::time::Duration;

use serde_json::json;

use super::reply_options::{self, Reason, ReplyOptions};
use super::request_body::RequestBody;
use super::steps::Sizes;
use super::words;
use crate::llm::Api;
use crate::serve::clock;

/// The server to imitate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ServerKind {
    /// vLLM: each event is a separate chunk, and the last token has the finish reason.
    Vllm,
    /// The server of llama.cpp: the first and the last events share a chunk, there are timings, and the connection closes.
    Llama,
    /// The vendor of the API: the opening event comes immediately, and the finish reason has its own event.
    Vendor,
}

impl ServerKind {
    pub(super) const NAMES: [(&str, Self); 3] = [
        ("vllm", Self::Vllm),
        ("llama", Self::Llama),
        ("vendor", Self::Vendor),
    ];
}

/// The finish reason of a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finish {
    Stop,
    Length,
    ToolCalls,
}

/// The data of a reply.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) api: Api,
    pub(super) server: ServerKind,
    /// Unique to the request; the same in each run for requests in the same order.
    pub(super) id: String,
    /// The time of the reply in Unix seconds.
    pub(super) created: u64,
    pub(super) model: String,
    pub(super) stream: bool,
    pub(super) prompt_tokens: u64,
    /// Tokens of each choice.
    pub(super) sizes: Sizes,
    /// The number of choices.
    pub(super) choices: u64,
    pub(super) tool: String,
    pub(super) finish: Option<Finish>,
    pub(super) usage: bool,
    /// Whether every chunk has usage.
    pub(super) continuous_usage: bool,
    /// Tokens of the prompt that came from the cache.
    pub(super) cached: u64,
    /// Whether usage includes them.
    pub(super) details: bool,
    /// The time of the prefill.
    pub(super) prefill: Duration,
    /// The time from the first token to the last.
    pub(super) generation: Duration,
}

impl Facts {
    pub(super) fn new(
        api: Api,
        options: &ReplyOptions,
        body: RequestBody,
        prompt_tokens: u64,
        number: u64,
    ) -> Self {
        let sizes = options.sizes(api, &body);
        let choices = reply_options::choices(api, &body);
        let finish = match options.finish {
            Reason::Given(finish) => Some(finish),
            Reason::Never => None,
            Reason::Auto if sizes.tools > 0 => Some(Finish::ToolCalls),
            Reason::Auto if body.max_tokens.is_some_and(|most| sizes.tokens() >= most) => {
                Some(Finish::Length)
            }
            Reason::Auto => Some(Finish::Stop),
        };
        Self {
            api,
            server: options.server,
            id: format!("{number:016x}"),
            created: clock::unix_now().as_secs(),
            model: body.model,
            stream: body.stream,
            prompt_tokens,
            sizes,
            choices,
            tool: body.tool,
            finish,
            usage: options.usage.unwrap_or(body.include_usage),
            continuous_usage: body.continuous_usage,
            cached: 0,
            details: options.details && options.load.cache > 0,
            prefill: options.ttft,
            generation: Duration::ZERO,
        }
    }

    /// Tokens of all choices.
    pub(super) fn completion_tokens(&self) -> u64 {
        self.sizes.tokens() * self.choices
    }

    /// Tokens of the prompt that were computed.
    pub(super) fn computed(&self) -> u64 {
        self.prompt_tokens.saturating_sub(self.cached)
    }

    /// The text of a choice.
    pub(super) fn content(&self, choice: u64) -> String {
        words::content(choice, 0, self.sizes.content)
    }

    /// The reasoning of a choice, if it has any.
    pub(super) fn reasoning(&self, choice: u64) -> Option<String> {
        (self.sizes.reasoning > 0).then(|| words::reasoning(choice, 0, self.sizes.reasoning))
    }

    /// The timings of llama.cpp.
    pub(super) fn timings(&self) -> serde_json::Value {
        let part = |tokens: u64, time: Duration| {
            let ms = time.as_secs_f64() * 1e3;
            let ratio = |a: f64, b: f64| if b > 0.0 { a / b } else { 0.0 };
            let tokens = tokens as f64;
            (ms, ratio(ms, tokens), ratio(tokens * 1e3, ms))
        };
        let (prompt, predicted) = (self.computed(), self.sizes.tokens());
        let (prompt_ms, prompt_each, prompt_rate) = part(prompt, self.prefill);
        let (predicted_ms, predicted_each, predicted_rate) = part(predicted, self.generation);
        json!({
            "cache_n": self.cached,
            "prompt_n": prompt,
            "prompt_ms": prompt_ms,
            "prompt_per_token_ms": prompt_each,
            "prompt_per_second": prompt_rate,
            "predicted_n": predicted,
            "predicted_ms": predicted_ms,
            "predicted_per_token_ms": predicted_each,
            "predicted_per_second": predicted_rate,
        })
    }
}

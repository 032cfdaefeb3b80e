//! The parameters of LLM routes: server to imitate, pace, size, failures.

use std::time::Duration;

use super::engine::EngineLoad;
use super::facts::{Finish, ServerKind};
use super::fault::Fault;
use super::request_body::RequestBody;
use super::steps::{Draft, Sizes};
use crate::llm::Api;
use crate::serve::events::HOLD;
use crate::serve::failure::ErrorResponse;
use crate::serve::params::Params;
use crate::serve::request::TargetRequest;

/// The maximum number of tokens of one kind in a reply.
pub(super) const MAX_TOKENS: u64 = 1_000_000;

/// The default number of tokens of content.
const DEFAULT_TOKENS: u64 = 16;

/// Maximum of the parameter `slots`.
const MAX_SLOTS: u64 = 100_000;

/// The maximum number of tokens of a cache.
const MAX_KV: u64 = 1_000_000_000;

/// The parameters of an LLM route.
#[derive(Debug)]
pub(super) struct ReplyOptions {
    pub(super) server: ServerKind,
    /// The time from the arrival of the request to the head of the response.
    pub(super) headers_delay: Duration,
    /// The time from the arrival of the request to the first token.
    pub(super) ttft: Duration,
    /// The time from one token to the next.
    pub(super) itl: Duration,
    /// Tokens of content; by default the maximum of the body, but at most 16.
    pub(super) tokens: Option<u64>,
    /// Tokens of reasoning before the content.
    pub(super) reasoning: u64,
    /// Tool calls after the content.
    pub(super) tools: u64,
    pub(super) tokens_per_chunk: u64,
    /// The interval of keep-alives before the first token; `None` for no keep-alives.
    pub(super) ping: Option<Duration>,
    pub(super) finish: Reason,
    /// Whether to send usage; by default if the body requests it.
    pub(super) usage: Option<bool>,
    pub(super) fault: Option<Fault>,
    /// The duration of a stall.
    pub(super) hold: Duration,
    /// The models that exist; `None` for all.
    pub(super) models: Option<Vec<String>>,
    /// The key that a request must have.
    pub(super) key: Option<String>,
    /// The maximum number of tokens of a prompt.
    pub(super) ctx: Option<u64>,
    /// Whether each event contains its time of sending.
    pub(super) clock: bool,
    /// The parameters of the engine.
    pub(super) load: EngineLoad,
    /// The parameters of speculative decoding.
    pub(super) draft: Draft,
    /// Whether usage contains the number of cached tokens.
    pub(super) details: bool,
    /// Whether the text of each content token is its time of sending.
    pub(super) stamp: bool,
}

/// The finish reason of a reply.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reason {
    /// The actual one.
    Auto,
    /// This one.
    Given(Finish),
    /// None.
    Never,
}

/// A share such as 0.05, in millionths.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "within the range that was looked at"
)]
fn millionths(text: &str) -> Result<u64, String> {
    match text.parse::<f64>() {
        Ok(share) if (0.0..=100.0).contains(&share) => Ok((share * 1e6).round() as u64),
        _ => Err(format!("must be a number from 0 to 100, got {text:?}")),
    }
}

impl ReplyOptions {
    /// Reads the parameters of a request; unknown ones are errors.
    pub(super) fn of(request: &TargetRequest) -> Result<Self, ErrorResponse> {
        let mut params = request.params();
        let options = Self::read(&mut params)?;
        params.finish()?;
        Ok(options)
    }

    pub(super) fn read(params: &mut Params) -> Result<Self, ErrorResponse> {
        let finishes = [
            ("auto", Reason::Auto),
            ("stop", Reason::Given(Finish::Stop)),
            ("length", Reason::Given(Finish::Length)),
            ("null", Reason::Never),
        ];
        let usages = [
            ("auto", None),
            ("always", Some(true)),
            ("never", Some(false)),
        ];
        let models = params.text("models");
        Ok(Self {
            server: params.choice("server", &ServerKind::NAMES)?,
            headers_delay: params.time("headers_delay", Duration::ZERO)?,
            ttft: params.time("ttft", Duration::ZERO)?,
            itl: params.time("itl", Duration::ZERO)?,
            tokens: params.maybe_number("tokens", 0..=MAX_TOKENS)?,
            reasoning: params.number("reasoning", 0, 0..=MAX_TOKENS)?,
            tools: params.number("tool", 0, 0..=100)?,
            tokens_per_chunk: params.number("tokens_per_chunk", 1, 1..=MAX_TOKENS)?,
            ping: params
                .maybe_time("ping")?
                .filter(|interval| !interval.is_zero()),
            finish: params.choice("finish", &finishes)?,
            usage: params.choice("usage", &usages)?,
            fault: Fault::read(params)?,
            hold: params.time("hold", HOLD)?,
            models: models.map(|list| list.split(',').map(|name| name.trim().to_owned()).collect()),
            key: params.text("key"),
            ctx: params.maybe_number("ctx", 0..=u64::from(u32::MAX))?,
            clock: params.switch("clock", false)?,
            load: EngineLoad {
                slots: params.maybe_number("slots", 1..=MAX_SLOTS)?,
                kv: params.maybe_number("kv", 1..=MAX_KV)?,
                slowdown: params.parsed("slowdown", millionths)?.unwrap_or(0),
                prefill: params.time("prefill", Duration::ZERO)?,
                chunk: params.maybe_number("chunk", 1..=MAX_TOKENS)?,
                cache: params.number("cache", 0, 0..=MAX_KV)?,
                block: params.number("block", 16, 1..=MAX_TOKENS)?,
            },
            draft: Draft {
                tokens: params.number("draft", 0, 0..=100)?,
                acceptance: params.fraction("acceptance", 1.0)?,
            },
            details: params.switch("details", true)?,
            stamp: params.switch("stamp", false)?,
        })
    }

    /// Tokens of one choice.
    pub(super) fn sizes(&self, api: Api, body: &RequestBody) -> Sizes {
        let allowed = body
            .max_tokens
            .unwrap_or(u64::MAX)
            .saturating_sub(self.reasoning)
            .min(DEFAULT_TOKENS);
        Sizes {
            reasoning: self.reasoning,
            content: self
                .tokens
                .unwrap_or(if self.tools > 0 { 0 } else { allowed }),
            // Plain completions have no tools.
            tools: if api == Api::Completions {
                0
            } else {
                self.tools
            },
        }
    }

    /// Tokens of all choices.
    pub(super) fn reply_tokens(&self, api: Api, body: &RequestBody) -> u64 {
        self.sizes(api, body).tokens() * choices(api, body)
    }

    /// The time of one step.
    pub(super) fn step(&self) -> Duration {
        if self.draft.tokens > 0 {
            return self.itl;
        }
        let tokens = u32::try_from(self.tokens_per_chunk).unwrap_or(u32::MAX);
        self.itl.saturating_mul(tokens)
    }

    /// The maximum number of tokens of one choice in one step.
    pub(super) fn most_per_step(&self) -> u64 {
        if self.draft.tokens > 0 {
            return 1 + self.draft.tokens;
        }
        self.tokens_per_chunk
    }
}

/// The number of choices of a reply.
pub(super) fn choices(api: Api, body: &RequestBody) -> u64 {
    match api {
        Api::ChatCompletions | Api::Completions => body.choices,
        _ => 1,
    }
}

//! The APIs and servers whose replies the target can give, what is known of a reply, and the trait that puts it into bytes.

use std::time::Duration;

use serde_json::{Value, json};

use super::ask::Ask;
use super::frames::{Frames, Sent};
use super::plan::{self, Plan, Reason};
use super::steps::{Sizes, Step, StepKind};
use super::{anthropic, ollama, openai, responses, words};
use crate::serve::clock;

/// The interface a request was made to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    /// `/v1/chat/completions`.
    Chat,
    /// `/v1/completions`.
    Completions,
    /// `/v1/responses`.
    Responses,
    /// Anthropic's `/v1/messages`.
    Messages,
    /// Ollama's `/api/chat`.
    Ollama,
}

/// Whose habits a reply has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ServerKind {
    /// vLLM: each event a chunk of its own, the finish on the last token.
    Vllm,
    /// llama.cpp's server: the first and the last events share a chunk, timings, and the connection closes.
    Llama,
    /// Whoever made the API: the opening comes at once, the finish has an event of its own.
    Vendor,
}

impl ServerKind {
    pub(super) const NAMES: [(&str, Self); 3] = [
        ("vllm", Self::Vllm),
        ("llama", Self::Llama),
        ("vendor", Self::Vendor),
    ];
}

/// Why a reply ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finish {
    Stop,
    Length,
    ToolCalls,
}

/// All that is known of a reply.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Debug, Clone)]
pub(super) struct Facts {
    pub(super) api: Api,
    pub(super) server: ServerKind,
    /// Differs from request to request, for the same server in the same order.
    pub(super) id: String,
    /// Unix seconds.
    pub(super) created: u64,
    pub(super) model: String,
    pub(super) stream: bool,
    pub(super) prompt_tokens: u64,
    /// Tokens of each answer.
    pub(super) sizes: Sizes,
    /// How many answers.
    pub(super) choices: u64,
    pub(super) tool: String,
    pub(super) finish: Option<Finish>,
    pub(super) usage: bool,
    /// Usage in every chunk.
    pub(super) continuous_usage: bool,
    /// Tokens of the prompt that came from the cache.
    pub(super) cached: u64,
    /// Whether usage tells of them.
    details: bool,
    /// Time that the prompt took.
    pub(super) prefill: Duration,
    /// Time from the first token to the last.
    pub(super) generation: Duration,
}

impl Facts {
    pub(super) fn new(api: Api, plan: &Plan, ask: Ask, prompt_tokens: u64, number: u64) -> Self {
        let sizes = plan.sizes(api, &ask);
        let choices = plan::choices(api, &ask);
        let finish = match plan.finish {
            Reason::Given(finish) => Some(finish),
            Reason::Never => None,
            Reason::Auto if sizes.tools > 0 => Some(Finish::ToolCalls),
            Reason::Auto if ask.max_tokens.is_some_and(|most| sizes.tokens() >= most) => {
                Some(Finish::Length)
            }
            Reason::Auto => Some(Finish::Stop),
        };
        Self {
            api,
            server: plan.server,
            id: format!("{number:016x}"),
            created: clock::unix_now().as_secs(),
            model: ask.model,
            stream: ask.stream,
            prompt_tokens,
            sizes,
            choices,
            tool: ask.tool,
            finish,
            usage: plan.usage.unwrap_or(ask.include_usage),
            continuous_usage: ask.continuous_usage,
            cached: 0,
            details: plan.details && plan.load.cache > 0,
            prefill: plan.ttft,
            generation: Duration::ZERO,
        }
    }

    /// Tokens of all answers.
    pub(super) fn completion_tokens(&self) -> u64 {
        self.sizes.tokens() * self.choices
    }

    /// Tokens of the prompt that came from the cache, where usage tells of them.
    pub(super) fn cached_told(&self) -> Option<u64> {
        self.details.then_some(self.cached)
    }

    /// Tokens of the prompt that were computed.
    pub(super) fn computed(&self) -> u64 {
        self.prompt_tokens.saturating_sub(self.cached)
    }

    /// The text of answer `choice`.
    pub(super) fn content(&self, choice: u64) -> String {
        words::content(choice, 0, self.sizes.content)
    }

    /// The reasoning of answer `choice`, if it has any.
    pub(super) fn reasoning(&self, choice: u64) -> Option<String> {
        (self.sizes.reasoning > 0).then(|| words::reasoning(choice, 0, self.sizes.reasoning))
    }

    /// Name of tool call `call` among those of all answers.
    pub(super) fn call_id(&self, choice: u64, call: u64) -> String {
        format!("call_{}{choice:02x}{call:02x}", self.id)
    }

    /// llama.cpp's own account of the reply.
    pub(super) fn timings(&self) -> Value {
        let part = |tokens: u64, time: Duration| {
            let ms = time.as_secs_f64() * 1e3;
            let per_token = if tokens > 0 { ms / tokens as f64 } else { 0.0 };
            let per_second = if ms > 0.0 {
                tokens as f64 / ms * 1e3
            } else {
                0.0
            };
            (tokens, ms, per_token, per_second)
        };
        let prompt = part(self.computed(), self.prefill);
        let predicted = part(self.sizes.tokens(), self.generation);
        json!({
            "cache_n": self.cached,
            "prompt_n": prompt.0,
            "prompt_ms": prompt.1,
            "prompt_per_token_ms": prompt.2,
            "prompt_per_second": prompt.3,
            "predicted_n": predicted.0,
            "predicted_ms": predicted.1,
            "predicted_per_token_ms": predicted.2,
            "predicted_per_second": predicted.3,
        })
    }
}

/// What one answer gets in one step.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) choice: u64,
    pub(super) part: Part,
    /// Tokens of this answer so far, this piece included.
    pub(super) tokens_so_far: u64,
    pub(super) is_last: bool,
    pub(super) sent: Sent,
}

/// The content of a piece.
#[derive(Debug)]
pub(super) enum Part {
    Reasoning(String),
    Content(String),
    ToolName { call: u64 },
    ToolArguments { call: u64, text: &'static str },
}

impl Part {
    /// The part of `choice` that `step` stands for.
    pub(super) fn of(step: Step, choice: u64) -> Self {
        match step.kind {
            StepKind::Reasoning => {
                Self::Reasoning(words::reasoning(choice, step.from, step.tokens))
            }
            StepKind::Content => Self::Content(words::content(choice, step.from, step.tokens)),
            StepKind::ToolName { call } => Self::ToolName { call },
            StepKind::ToolArguments { call, piece } => Self::ToolArguments {
                call,
                text: words::ARGUMENTS[piece],
            },
        }
    }
}

/// Puts a reply into the bytes of one API as one server does.
pub(super) trait Voice: Send {
    /// What is known of the reply; some of it only while it is made.
    fn facts(&mut self) -> &mut Facts;
    /// What comes before the first token.
    fn open(&mut self, frames: &mut Frames);
    /// One piece.
    fn piece(&mut self, piece: &Piece, frames: &mut Frames);
    /// What comes after the last token: finish, usage.
    fn close(&mut self, frames: &mut Frames);
    /// The mark that the reply is complete.
    fn done(&mut self, frames: &mut Frames);
    /// An error in the middle.
    fn error(&mut self, frames: &mut Frames);
    /// What breaks a silence; empty if the API has nothing for it.
    fn ping(&self) -> &'static str;
    /// The whole reply as one JSON document.
    fn whole(&self) -> Value;
}

/// The voice for a reply.
pub(super) fn voice(facts: &Facts) -> Box<dyn Voice> {
    let facts = facts.clone();
    match facts.api {
        Api::Chat | Api::Completions => Box::new(openai::Completion::new(facts)),
        Api::Responses => Box::new(responses::Responses::new(facts)),
        Api::Messages => Box::new(anthropic::Messages::new(facts)),
        Api::Ollama => Box::new(ollama::Chat::new(facts)),
    }
}

/// What fails in a reply that was asked to fail.
pub(super) const ERROR_MESSAGE: &str = "The engine failed, as the request asked for.";

/// What breaks a silence in an event stream.
pub(super) fn comment(server: ServerKind) -> &'static str {
    match server {
        ServerKind::Llama => ":\n\n",
        ServerKind::Vllm => ": keep-alive\n\n",
        ServerKind::Vendor => ": ping\n\n",
    }
}

//! How a reply is asked to be: dialect, pace, size, failures.

use std::time::Duration;

use super::fault::Fault;
use super::voice::{Dialect, Finish};
use crate::serve::events::HOLD;
use crate::serve::failure::Failure;
use crate::serve::params::Params;

/// Most tokens of one kind in a reply.
pub(super) const MAX_TOKENS: u64 = 1_000_000;

/// Most replies at once that can be asked for: beyond, it is as if there were no limit.
const MAX_SLOTS: u64 = 100_000;

/// The parameters of an LLM route.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) dialect: Dialect,
    /// From the request's arrival to the head of the response.
    pub(super) headers_delay: Duration,
    /// From the request's arrival to the first token.
    pub(super) ttft: Duration,
    /// From one token to the next.
    pub(super) itl: Duration,
    /// Tokens of content; by default as many as the body allows, at most 16.
    pub(super) tokens: Option<u64>,
    /// Tokens of reasoning before the content.
    pub(super) reasoning: u64,
    /// Tool calls after the content.
    pub(super) tools: u64,
    pub(super) tokens_per_chunk: u64,
    /// Longest silence before the first token; none without.
    pub(super) ping: Option<Duration>,
    pub(super) finish: Reason,
    /// Whether usage is sent; by default if the body asks for it.
    pub(super) usage: Option<bool>,
    pub(super) fault: Option<Fault>,
    /// How long a stall lasts.
    pub(super) hold: Duration,
    /// The models that exist; all of them without.
    pub(super) models: Option<Vec<String>>,
    /// The key that a request must bear.
    pub(super) key: Option<String>,
    /// Most tokens of a prompt.
    pub(super) ctx: Option<u64>,
    /// Whether each token carries its time of sending.
    pub(super) clock: bool,
    /// How many replies are made at once; the others wait in a queue.
    pub(super) slots: Option<u64>,
    /// Whether the text of each token of content is its time of sending.
    pub(super) stamp: bool,
}

/// Why a reply is to say it ended.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reason {
    /// What is true.
    Auto,
    /// This one.
    Given(Finish),
    /// None.
    Never,
}

impl Plan {
    pub(super) fn read(params: &mut Params) -> Result<Self, Failure> {
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
            dialect: params.choice("dialect", &Dialect::NAMES)?,
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
            slots: params.maybe_number("slots", 1..=MAX_SLOTS)?,
            stamp: params.switch("stamp", false)?,
        })
    }
}

//! LLM replies: parses chunks into tokens and measurements.
//!
//! A [`Reader`] takes what arrives with its time, and returns a [`Reply`]: the moments of the stream ([`Marks`]), the gaps
//! between its chunks, its [`Tokens`] with the source of their number, and an [`ReplyOutcome`] that is judged from the stream
//! itself, because servers send status 200 and `[DONE]` around errors too. [`ChatRequest`] writes the request for a
//! [`Api`]; `Goodput` judges a reply by its objectives; `Aggregate` sums up a run as a [`BenchResult`], which
//! `vllm_json` writes in the schema of `vllm bench serve`; `dataset` brings the prompts.
//!
//! A chunk is not a token, a comment is not a sign of life, and the first event is not the first token: each of these has
//! its own count or mark, so that a number never means something else than it says.

mod aggregate;
pub(crate) mod aiperf_jsonl;
mod api;
mod builder;
mod chunk;
pub(crate) mod dataset;
mod error_message;
mod goodput;
mod hardware;
mod lines;
mod marks;
mod outcome;
mod pool;
mod reader;
mod reply;
mod request;
mod throughput;
mod timeline;
mod tokens;
pub(crate) mod trace;
pub(crate) mod vllm_json;

pub use aggregate::BenchResult;
pub(crate) use aggregate::{
    Aggregate, AggregateOptions, RequestInfo, ServerResult, Sums, TurnResult,
};
pub use api::{Api, UnknownApi};
pub(crate) use api::{ENDPOINTS, server_root};
pub use builder::FragmentKind;
pub(crate) use error_message::error_message;
pub(crate) use goodput::Goodput;
pub(crate) use hardware::Hardware;
pub use marks::Marks;
pub(crate) use outcome::kind;
pub use outcome::{ReplyFailure, ReplyOutcome, StreamEnd};
pub use pool::Statistics;
pub use reader::{Reader, ReaderOptions, ReaderUpdate};
pub use reply::{Choice, Reply};
#[doc(hidden)]
pub use request::{BuiltRequest, ChatRequest, RequestError};
pub(crate) use request::{Input, UsageWanted};
pub(crate) use timeline::{Steady, TimedRequest};
pub(crate) use tokens::ServerTimings;
pub use tokens::{TokenSource, Tokens};

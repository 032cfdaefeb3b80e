//! LLM replies: parses chunks into tokens and measurements.
//!
//! A [`Reader`] receives a stream with the times of its parts, and returns a [`Reply`]: the times ([`Marks`]), the gaps between
//! chunks, the [`Tokens`] with their source, and a [`ReplyOutcome`] that depends on the content of the stream, because
//! servers send status 200 and `[DONE]` with errors too. [`ChatRequest`] writes the request for an [`Api`]; `Goodput` judges a
//! reply by its objectives; `Aggregate` combines the replies of a run in a [`BenchResult`], which `vllm_json` writes in the
//! schema of `vllm bench serve`; `dataset` provides the prompts.
//!
//! Chunks and tokens, comments and signs of life, the first event and the first token are different things, so each has its
//! own count or time.

mod aggregate;
pub(crate) mod aiperf_jsonl;
mod api;
mod builder;
mod chunk;
pub(crate) mod dataset;
mod error_message;
mod goodput;
mod hardware;
mod latency;
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
pub(crate) use latency::Latency;
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

//! One exchange with a language model: sends a request, reads its stream, and measures both.
//!
//! A [`ModelRequest`] is a request in the format of a server's API. [`exchange`] sends it over a
//! [`Client`](crate::http::Client) and feeds a [`Reader`](crate::llm::Reader) with what arrives and the moment at which it
//! left the socket. The result is an [`ChatExchange`]; a failure is a value in it, never a Rust error. A [`ChatRecorder`]
//! records it.
//!
//! Nothing is retried except a request that its server cannot have seen, which the client sends again by itself; its clock
//! continues, and [`ChatExchange::reconnects`] counts these.

mod exchange;
mod listener;
mod measure;
mod model_request;
mod reading;
mod score;
mod span;

use std::sync::Arc;

use crate::llm;

pub(crate) use exchange::ChatExchange;
pub use exchange::exchange;
pub use listener::{Fragment, Listener};
pub(crate) use measure::{ChatRecorder, FAILURE_SOURCE};
pub use model_request::ModelRequest;
pub(crate) use model_request::ModelRequestError;
pub(crate) use score::{Scored, score};

/// Called with each measured reply, failures included, on the thread that read it. [`llm::RequestInfo::start`] counts from
/// the start of the run.
pub(crate) type Replies = Arc<dyn Fn(&llm::RequestInfo, &llm::Reply) + Send + Sync>;

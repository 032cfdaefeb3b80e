//! One exchange with a language model: sends a request, reads its stream, and measures both.
//!
//! A [`ModelRequest`] is a question in the words of a server's API. [`exchange`] sends it over a [`Client`](crate::http::Client)
//! and feeds a [`Reader`](crate::llm::Reader) with what arrives and the moment at which it left the socket. What came of
//! it is an [`Exchange`]; a failure is a value in it, never a Rust error. A [`Measure`] records it.
//!
//! Nothing is tried again but what the client sends again by itself: a request that its server cannot have seen, counted
//! in [`Exchange::reconnects`]. Its clock goes on meanwhile.

mod exchange;
mod listener;
mod measure;
mod model_request;
mod reading;
mod score;
mod span;

use std::sync::Arc;

use crate::llm;

pub(crate) use exchange::Exchange;
pub use exchange::exchange;
pub use listener::{Fragment, Listener};
pub(crate) use measure::Measure;
pub use model_request::ModelRequest;
pub(crate) use score::{Scored, score};

/// Is told of each measured reply, failures included, on the thread that read it. [`llm::RequestInfo::start`] is since the
/// start of the run.
pub type Replies = Arc<dyn Fn(&llm::RequestInfo, &llm::Reply) + Send + Sync>;

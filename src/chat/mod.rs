//! One exchange with a language model: sends a request, reads its stream, and measures both.
//!
//! A [`ModelRequest`] is a request in the format of an API. [`exchange`] sends it with a [`Client`](crate::http::Client) and
//! passes the stream to a [`Reader`](crate::llm::Reader), with the times at which its bytes were read from the socket. The
//! result is a [`ChatExchange`], in which a failure is a value. A [`ChatRecorder`] records it.
//!
//! The client sends a request again only if the server cannot have seen it. Its clock then continues, and
//! [`ChatExchange::reconnects`] counts it.

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

/// Called with each measured reply, including failures, on the thread that read it. [`llm::RequestInfo::start`] counts from
/// the start of the run.
pub(crate) type Replies = Arc<dyn Fn(&llm::RequestInfo, &llm::Reply) + Send + Sync>;

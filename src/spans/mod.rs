//! Spans of individual requests, for tracing systems. Pure and plain data.
//!
//! ```text
//! worker: Log::begin ──> Context (its header goes out with the request) ──> Span ──> Log ─┐
//! worker: …                                                                          Log ─┴─> Spans::take
//! ```
//!
//! - A [`Context`] names a span before it is over; as a `traceparent` header it tells the server.
//! - A worker keeps its spans in a [`Log`] of its own, with a bound, until somebody takes them.

mod context;
mod log;
mod phases;
mod span;

pub(crate) use self::context::Context;
pub(crate) use self::log::{Log, Spans};
pub(crate) use self::phases::Phases;
pub(crate) use self::span::{Event, Failure, Span, Value};

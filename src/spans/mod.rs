//! Spans of individual requests, for tracing systems. Pure and plain data.
//!
//! ```text
//! worker: Log::begin ──> Context (sent with the request)              ──> Span ──> Log ─┐
//! worker: …                                                                          Log ─┴─> Spans::take
//! ```
//!
//! - A [`SpanContext`] identifies a span before it has ended; it is sent to the server in the header `traceparent`.
//! - Each worker stores its spans in a bounded [`SpanLog`] until they are taken.

mod context;
mod log;
mod phases;
mod span;

pub(crate) use self::context::SpanContext;
pub(crate) use self::log::{SpanLog, Spans};
pub(crate) use self::phases::Phases;
pub(crate) use self::span::{AttributeValue, Span, SpanEvent, SpanFailure};

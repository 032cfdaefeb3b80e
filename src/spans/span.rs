//! A finished span: a request as the client saw it.

use std::borrow::Cow;
use std::time::Duration;

use super::SpanContext;

/// A request from its start to its end, as the client saw it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Span {
    /// The IDs that were sent to the server.
    pub context: SpanContext,
    /// The name, the same for similar requests.
    pub name: String,
    /// The start since the Unix epoch.
    pub start: Duration,
    /// The duration.
    pub duration: Duration,
    /// The attributes.
    pub attributes: Vec<(Cow<'static, str>, AttributeValue)>,
    /// The events in order of time.
    pub events: Vec<SpanEvent>,
    /// The failure, if the request failed.
    pub failure: Option<SpanFailure>,
}

impl Span {
    /// A span without attributes.
    pub(crate) fn new(context: SpanContext, name: impl Into<String>, start: Duration) -> Self {
        Self {
            context,
            name: name.into(),
            start,
            duration: Duration::ZERO,
            attributes: Vec::new(),
            events: Vec::new(),
            failure: None,
        }
    }

    /// Adds an attribute.
    pub(crate) fn set(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        value: impl Into<AttributeValue>,
    ) {
        self.attributes.push((name.into(), value.into()));
    }

    /// Adds an event at a time since its start.
    pub(crate) fn event(&mut self, at: Duration, name: &'static str) {
        self.events.push(SpanEvent { at, name });
    }
}

/// An event during a span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SpanEvent {
    /// The time since the start of the span.
    pub at: Duration,
    /// The name.
    pub name: &'static str,
}

/// The failure of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SpanFailure {
    /// The stable name of the kind, as in the metrics.
    pub kind: Cow<'static, str>,
    /// The message for people.
    pub message: String,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum AttributeValue {
    /// A text.
    Text(Cow<'static, str>),
    /// A whole number.
    Int(i64),
    /// A number; times are in seconds.
    Double(f64),
    /// A boolean.
    Flag(bool),
    /// Several texts.
    Texts(Vec<String>),
}

impl From<&'static str> for AttributeValue {
    fn from(text: &'static str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for AttributeValue {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<u64> for AttributeValue {
    fn from(number: u64) -> Self {
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<Duration> for AttributeValue {
    fn from(time: Duration) -> Self {
        Self::Double(time.as_secs_f64())
    }
}

impl From<bool> for AttributeValue {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

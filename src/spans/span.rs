//! A finished span: a request as the client saw it.

use std::borrow::Cow;
use std::time::Duration;

use super::Context;

/// A request, from its start to its end, as the client saw it.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// What the server was told.
    pub context: Context,
    /// What it is called; the same for requests of one kind.
    pub name: String,
    /// When it began, since the Unix epoch.
    pub start: Duration,
    /// How long it took.
    pub duration: Duration,
    /// What is known of it.
    pub attributes: Vec<(Cow<'static, str>, Value)>,
    /// What happened while it went on, in the order of time.
    pub events: Vec<Event>,
    /// Why it failed; `None` if it did not.
    pub failure: Option<Failure>,
}

impl Span {
    /// A span of which no more is known than its place in time.
    pub fn new(context: Context, name: impl Into<String>, start: Duration) -> Self {
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

    /// Adds what is known.
    pub fn set(&mut self, name: impl Into<Cow<'static, str>>, value: impl Into<Value>) {
        self.attributes.push((name.into(), value.into()));
    }

    /// Adds what happened at a time since its start.
    pub fn event(&mut self, at: Duration, name: &'static str) {
        self.events.push(Event { at, name });
    }
}

/// Something that happened while a span went on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Since the start of the span.
    pub at: Duration,
    /// What it was.
    pub name: &'static str,
}

/// Why a request failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// A stable word for the kind, as in the metrics.
    pub kind: Cow<'static, str>,
    /// What happened, for people.
    pub message: String,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A text.
    Text(Cow<'static, str>),
    /// A whole number.
    Int(i64),
    /// A number; times are in seconds.
    Double(f64),
    /// Yes or no.
    Flag(bool),
    /// Several texts.
    Texts(Vec<String>),
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<Duration> for Value {
    fn from(time: Duration) -> Self {
        Self::Double(time.as_secs_f64())
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

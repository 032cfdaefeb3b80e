//! A time limit, and the single timer that a request needs for all of them.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::Sleep;

use super::error::{Error, ErrorKind};
use crate::units::format_duration;

/// A deadline, with the name of its option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(crate) name: &'static str,
    pub(crate) length: Duration,
    pub(crate) at: Instant,
}

impl Limit {
    /// A limit of `length` from `since` on; `None` if that exceeds the clock.
    pub(crate) fn new(name: &'static str, length: Duration, since: Instant) -> Option<Self> {
        Some(Self {
            name,
            length,
            at: since.checked_add(length)?,
        })
    }

    pub(crate) fn passed(&self, at: Instant) -> bool {
        at >= self.at
    }

    /// "`timeout of 2s: <what>`".
    pub(crate) fn error(&self, what: &str) -> Error {
        let text = format!("{} of {}: {what}", self.name, format_duration(self.length));
        Error::new(ErrorKind::Timeout, text)
    }
}

/// The earlier of two limits.
pub(crate) fn earlier(a: Option<Limit>, b: Option<Limit>) -> Option<Limit> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.at < a.at { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// A timer for a moving deadline.
///
/// Moving the deadline to a later time is free: the timer is reset only when it fires too early. Thus a limit that
/// every event extends costs no timer operation per event.
#[derive(Debug, Default)]
pub(crate) struct DeadlineTimer {
    sleep: Option<Pin<Box<Sleep>>>,
}

impl DeadlineTimer {
    /// Ready when `at` has passed.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, at: Instant) -> Poll<()> {
        // A timer fires only when the runtime checks the clock, which is late if a socket is always ready.
        if Instant::now() >= at {
            return Poll::Ready(());
        }
        let at = tokio::time::Instant::from_std(at);
        let sleep = self
            .sleep
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        if at < sleep.deadline() {
            sleep.as_mut().reset(at);
        }
        loop {
            std::task::ready!(sleep.as_mut().poll(cx));
            if sleep.deadline() >= at {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(at);
        }
    }
}

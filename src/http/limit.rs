//! A time limit, and the single timer that a request needs for all of them.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::Sleep;

use super::error::{Error, ErrorKind};
use crate::units::format_duration;

/// A moment by which something must have happened, and how the user calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limit {
    pub(crate) name: &'static str,
    pub(crate) length: Duration,
    pub(crate) at: Instant,
}

impl Limit {
    /// `length` from `since` on; `None` when that is beyond what the clock can say, which is not a limit.
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

/// A timer for a deadline that moves.
///
/// Moving a deadline to a later time is free: the timer is left as it is, and set again only when it rings too early.
/// A limit that is pushed back by every event must not cost a timer operation per event.
#[derive(Debug, Default)]
pub(crate) struct DeadlineTimer {
    sleep: Option<Pin<Box<Sleep>>>,
}

impl DeadlineTimer {
    /// Ready once `at` has passed.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, at: Instant) -> Poll<()> {
        // A timer rings when the runtime comes to look at the clock, which takes its time where a socket never pauses.
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

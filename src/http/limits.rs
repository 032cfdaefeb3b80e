//! The time limits of one exchange.

use std::time::{Duration, Instant};

use super::limit::{Limit, earlier};

/// The time limits of an exchange. Arriving data moves those that depend on it.
#[derive(Debug)]
pub(crate) struct Limits {
    /// The limit for the whole exchange; exceeding it is a failure.
    pub(crate) timeout: Option<Limit>,
    /// The limit for the whole exchange that ends it successfully.
    pub(crate) enough: Option<Limit>,
    /// The limit from the request to the first sign of life.
    pub(crate) first: Option<Limit>,
    /// The name and length of the limit between two signs of life. Without a limit for the first one, it also applies
    /// from [`Limits::opened`] to the first.
    pub(crate) idle: Option<(&'static str, Duration)>,
    /// The last sign of life, plus the time without a listener.
    quiet_since: Instant,
    /// When the listener stopped reading.
    left: Option<Instant>,
}

/// A limit that has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passed {
    /// The exchange has lasted as long as requested.
    Enough,
    /// The peer showed no sign of life for too long.
    Idle(Limit),
    /// The first sign of life was late.
    First(Limit),
    /// The exchange as a whole took too long.
    Timeout(Limit),
}

impl Limits {
    /// No limits, for an exchange that begins at `start`.
    pub(crate) fn none(start: Instant) -> Self {
        Self {
            timeout: None,
            enough: None,
            first: None,
            idle: None,
            quiet_since: start,
            left: None,
        }
    }

    /// The limit until the response.
    pub(crate) fn for_response(&self) -> Option<Limit> {
        earlier(earlier(self.timeout, self.first), self.enough)
    }

    /// A body begins: the idle limit counts from now on.
    pub(crate) fn opened(&mut self, at: Instant) {
        self.quiet_since = at;
        self.left = None;
    }

    /// A sign of life.
    pub(crate) fn alive(&mut self, at: Instant) {
        self.quiet_since = self.quiet_since.max(at);
        self.first = None;
    }

    /// The content is complete: only `limit` applies until the proper end.
    pub(crate) fn linger(&mut self, limit: Option<Limit>) {
        *self = Self {
            enough: limit,
            ..Self::none(self.quiet_since)
        };
    }

    /// The listener reads again. The time since [`Limits::leave`] does not count.
    pub(crate) fn listen(&mut self) {
        if let Some(left) = self.left.take() {
            self.quiet_since += left.elapsed();
        }
    }

    /// The listener stops reading.
    pub(crate) fn leave(&mut self) {
        if self.idle.is_some() && self.left.is_none() {
            self.left = Some(Instant::now());
        }
    }

    /// The limit that passes next while a body is read.
    pub(crate) fn next(&self) -> Option<(Instant, Passed)> {
        let idle = self.idle.filter(|_| self.first.is_none());
        let idle = idle.and_then(|(name, length)| Limit::new(name, length, self.quiet_since));
        let idle = idle.map(|limit| (limit.at, Passed::Idle(limit)));
        self.next_of_whole()
            .into_iter()
            .chain(idle)
            .min_by_key(|(at, _)| *at)
    }

    /// The limit that passes next while nothing is read.
    pub(crate) fn next_of_whole(&self) -> Option<(Instant, Passed)> {
        let of = |limit: Option<Limit>, passed: fn(Limit) -> Passed| {
            limit.map(|limit| (limit.at, passed(limit)))
        };
        let timeout = of(self.timeout, Passed::Timeout);
        let first = of(self.first, Passed::First);
        let enough = of(self.enough, |_| Passed::Enough);
        let limits = [timeout, first, enough].into_iter().flatten();
        limits.min_by_key(|(at, _)| *at)
    }

    /// Whether no time is left for another connection.
    pub(crate) fn is_spent(&self, at: Instant) -> bool {
        self.next_of_whole().is_some_and(|(limit, _)| at >= limit)
    }

    /// The limit on the whole exchange that had passed when bytes arrived at `at`.
    pub(crate) fn too_late(&self, at: Instant) -> Option<Passed> {
        if self.enough.is_some_and(|limit| limit.passed(at)) {
            return Some(Passed::Enough);
        }
        self.timeout
            .filter(|limit| limit.passed(at))
            .map(Passed::Timeout)
    }

    /// The limit that has passed at `at`.
    pub(crate) fn passed(&self, at: Instant) -> Option<Passed> {
        self.next()
            .filter(|(limit, _)| at >= *limit)
            .map(|(_, passed)| passed)
    }
}

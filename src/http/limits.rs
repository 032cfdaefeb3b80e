//! The time limits of one exchange.

use std::time::{Duration, Instant};

use super::limit::{Limit, earlier};

/// What the time of an exchange is bound by. Made once for each exchange; the limits that move are moved by what
/// arrives.
#[derive(Debug)]
pub(crate) struct Limits {
    /// For the whole; passing it is a failure.
    timeout: Option<Limit>,
    /// For the whole; passing it ends the exchange well.
    enough: Option<Limit>,
    /// From the request to the first sign of life.
    first: Option<Limit>,
    /// From one sign of life to the next, by its name.
    idle: Option<(&'static str, Duration)>,
    /// The last sign of life, moved on by the time in which nobody listened.
    quiet_since: Instant,
    /// When the listener turned away.
    left: Option<Instant>,
}

/// A limit that has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passed {
    /// The exchange has lasted as long as it was meant to.
    Enough,
    /// The peer shows no sign of life: its connection is taken for dead.
    Idle(Limit),
    /// There was no sign of life in time.
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

    /// With a limit for the whole; passing it is a failure.
    pub(crate) fn with_timeout(self, timeout: Option<Limit>) -> Self {
        Self { timeout, ..self }
    }

    /// With a limit for the whole; passing it is none.
    pub(crate) fn with_enough(self, enough: Option<Limit>) -> Self {
        Self { enough, ..self }
    }

    /// With a limit on the time from the request to the first sign of life.
    pub(crate) fn with_first(self, first: Option<Limit>) -> Self {
        Self { first, ..self }
    }

    /// With a limit on the time from one sign of life to the next; until the first one it counts from
    /// [`Limits::opened`], unless there is another limit for that.
    pub(crate) fn with_idle(self, name: &'static str, length: Option<Duration>) -> Self {
        Self {
            idle: length.map(|length| (name, length)),
            ..self
        }
    }

    /// The limit for a request's way to its response.
    pub(crate) fn for_response(&self) -> Option<Limit> {
        earlier(earlier(self.timeout, self.first), self.enough)
    }

    /// A body begins: from now on it may be idle.
    pub(crate) fn opened(&mut self, at: Instant) {
        self.quiet_since = at;
        self.left = None;
    }

    /// A sign of life.
    pub(crate) fn alive(&mut self, at: Instant) {
        self.quiet_since = self.quiet_since.max(at);
        self.first = None;
    }

    /// All has been said; only so long the proper end is waited for.
    pub(crate) fn linger(&mut self, limit: Option<Limit>) {
        *self = Self::none(self.quiet_since).with_enough(limit);
    }

    /// The listener is back. The time it was away is its own, not the peer's.
    pub(crate) fn listen(&mut self) {
        if let Some(left) = self.left.take() {
            self.quiet_since += left.elapsed();
        }
    }

    /// The listener turns to something else.
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

    /// No time is left for another connection.
    pub(crate) fn is_spent(&self, at: Instant) -> bool {
        self.next_of_whole().is_some_and(|(limit, _)| at >= limit)
    }

    /// The limit on the whole that had passed when these bytes arrived: they came too late.
    pub(crate) fn too_late(&self, at: Instant) -> Option<Passed> {
        if self.enough.is_some_and(|limit| limit.passed(at)) {
            return Some(Passed::Enough);
        }
        self.timeout
            .filter(|limit| limit.passed(at))
            .map(Passed::Timeout)
    }

    /// The limit that has passed at `at`, whatever has arrived up to then.
    pub(crate) fn passed(&self, at: Instant) -> Option<Passed> {
        self.next()
            .filter(|(limit, _)| at >= *limit)
            .map(|(_, passed)| passed)
    }
}

//! The timers of connections.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

/// Connections to wake, in order of time.
#[derive(Debug, Default)]
pub(super) struct Timers(BinaryHeap<Reverse<(Instant, usize)>>);

impl Timers {
    /// Wakes connection number `connection` at `at`.
    pub(super) fn set(&mut self, at: Instant, connection: usize) {
        self.0.push(Reverse((at, connection)));
    }

    /// When the next timer is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes a due timer.
    pub(super) fn due(&mut self, now: Instant) -> Option<usize> {
        if self.next()? > now {
            return None;
        }
        self.0.pop().map(|Reverse((_, connection))| connection)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn connections_wake_in_order_of_time() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut timers = Timers::default();
        for (millis, connection) in [(30, 3), (10, 1), (20, 2)] {
            timers.set(at(millis), connection);
        }
        assert_eq!(timers.next(), Some(at(10)));
        assert_eq!(timers.due(at(9)), None);
        assert_eq!(timers.due(at(25)), Some(1));
        assert_eq!(timers.due(at(25)), Some(2));
        assert_eq!(timers.due(at(25)), None);
    }
}

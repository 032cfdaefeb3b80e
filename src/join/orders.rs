//! The orders of part 0; each message contains all of them, so that a missed one does no harm.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::record::RunEnd;

/// What the parts are told. Times are in nanoseconds of part 0's clock.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Orders {
    /// When the run began.
    pub run_start: Option<i64>,
    /// The same by the wall clock of part 0, in nanoseconds since the Unix epoch.
    pub started: u64,
    /// The tags by which the outputs of part 0 break metrics down, for metrics whose names begin with the first text.
    pub labels: Vec<(String, Vec<String>)>,
    /// `setup` is over: what it returned can be fetched.
    pub is_set_up: bool,
    /// When the load starts.
    pub go: Option<i64>,
    /// The load is to end.
    pub stop: Option<Stop>,
    /// The run is over, with its verdict.
    pub end: Option<RunEnd>,
    /// The run does not take place, for this reason.
    pub fault: Option<String>,
}

/// An order to stop.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stop {
    /// How long iterations may go on, in milliseconds.
    pub grace: u64,
    /// Why.
    pub reason: String,
}

/// The clock of part 0, as another process sees it.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// An instant here.
    here: Instant,
    /// The same instant there, in nanoseconds.
    there: i64,
    /// How long the answer took by which it was read: the instants are at most half of it apart.
    pub round_trip: Duration,
}

impl Clock {
    /// The clock of this process itself, which began at `epoch`.
    pub fn own(epoch: Instant) -> Self {
        Self {
            here: epoch,
            there: 0,
            round_trip: Duration::ZERO,
        }
    }

    /// Read between two instants, of which the middle is taken.
    pub fn read(asked: Instant, there: i64, answered: Instant) -> Self {
        let round_trip = answered.saturating_duration_since(asked);
        Self {
            here: asked + round_trip / 2,
            there,
            round_trip,
        }
    }

    /// The better of two readings: that with the shorter round trip.
    #[must_use]
    pub fn better(self, other: Self) -> Self {
        if other.round_trip < self.round_trip {
            other
        } else {
            self
        }
    }

    /// What the clock shows at an instant.
    pub fn at(&self, instant: Instant) -> i64 {
        let nanos = |time: Duration| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
        match instant.checked_duration_since(self.here) {
            Some(later) => self.there.saturating_add(nanos(later)),
            None => self
                .there
                .saturating_sub(nanos(self.here.duration_since(instant))),
        }
    }

    /// The instant at which it shows this; the nearest that there is on this machine.
    pub fn instant(&self, there: i64) -> Instant {
        let apart = Duration::from_nanos(there.abs_diff(self.there));
        let instant = if there >= self.there {
            self.here.checked_add(apart)
        } else {
            self.here.checked_sub(apart)
        };
        instant.unwrap_or(self.here)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_there_is_one_here_whatever_the_clocks_show() {
        let now = Instant::now();
        let hour = 3_600_000_000_000;
        for there in [-hour, 0, hour] {
            let clock = Clock::read(now, there, now + Duration::from_millis(2));
            let middle = now + Duration::from_millis(1);
            assert_eq!(clock.at(middle), there);
            assert_eq!(
                clock.instant(there + 5_000_000),
                middle + Duration::from_millis(5)
            );
            assert_eq!(clock.at(clock.instant(there - 7)), there - 7);
        }
    }

    #[test]
    fn the_shortest_round_trip_counts() {
        let now = Instant::now();
        let read = |millis| Clock::read(now, 0, now + Duration::from_millis(millis));
        let best = read(3).better(read(1)).better(read(2));
        assert_eq!(best.round_trip, Duration::from_millis(1));
    }
}

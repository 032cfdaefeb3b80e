//! The orders of part 0. Each message contains all of them, so a missed message does no harm.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::record::RunEnd;

/// The orders. Times are in nanoseconds of part 0's clock.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Orders {
    /// The start of the run.
    pub run_start: Option<i64>,
    /// The same by the wall clock of part 0, since the Unix epoch.
    pub started: Duration,
    /// The tags by which the outputs of part 0 break down metrics, each with the prefix of the metric names it applies
    /// to.
    pub labels: Vec<(String, Vec<String>)>,
    /// Whether `setup` has finished, so that its return value can be fetched.
    pub is_set_up: bool,
    /// The start of the load.
    pub go: Option<i64>,
    /// The end of the load, if it has been ordered.
    pub stop: Option<Stop>,
    /// The verdict on the run, when it has ended.
    pub end: Option<RunEnd>,
    /// Why the run is cancelled, if it is.
    pub fault: Option<String>,
}

/// An order to stop.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Stop {
    /// How long iterations may continue.
    pub grace: Duration,
    /// The reason.
    pub reason: String,
}

/// The clock of part 0, converted to instants of this process.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// An instant of this process.
    here: Instant,
    /// The same instant on part 0's clock, in nanoseconds.
    there: i64,
    /// The round trip of the reading: the error is at most half of it.
    pub round_trip: Duration,
}

impl Clock {
    /// The clock of this process, with `epoch` as its zero.
    pub fn own(epoch: Instant) -> Self {
        Self {
            here: epoch,
            there: 0,
            round_trip: Duration::ZERO,
        }
    }

    /// A reading between two instants, assigned to their middle.
    pub fn read(asked: Instant, there: i64, answered: Instant) -> Self {
        let round_trip = answered.saturating_duration_since(asked);
        Self {
            here: asked + round_trip / 2,
            there,
            round_trip,
        }
    }

    /// The reading with the shorter round trip.
    #[must_use]
    pub fn better(self, other: Self) -> Self {
        if other.round_trip < self.round_trip {
            other
        } else {
            self
        }
    }

    /// The time of the clock at an instant.
    pub fn at(&self, instant: Instant) -> i64 {
        let nanos = |time: Duration| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX);
        match instant.checked_duration_since(self.here) {
            Some(later) => self.there.saturating_add(nanos(later)),
            None => self
                .there
                .saturating_sub(nanos(self.here.duration_since(instant))),
        }
    }

    /// The instant at which the clock shows this time, or the nearest representable one.
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
    fn instants_are_converted_between_clocks() {
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

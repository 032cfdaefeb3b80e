//! Limits the events that Lua gets in one portion, so that it yields its thread in time.

use std::time::{Duration, Instant};

/// The first portion, before the speed of the handler is known.
const FIRST: usize = 8;

/// Sizes portions by the duration of the last one.
#[derive(Debug, Default)]
pub(super) struct PortionSizer {
    /// The size of the last portion, and when Lua got it.
    last: Option<(usize, Instant)>,
}

impl PortionSizer {
    /// How many of the `waiting` events fit into the remaining time; at least one.
    pub(super) fn portion(&mut self, now: Instant, left: Duration, waiting: usize) -> usize {
        let fits = match self.last {
            None => FIRST,
            Some((events, since)) => {
                let took = now.saturating_duration_since(since).as_nanos().max(1);
                let fits = left.as_nanos() * events as u128 / took;
                usize::try_from(fits).unwrap_or(usize::MAX)
            }
        };
        let portion = fits.clamp(1, waiting.max(1));
        self.last = Some((portion, now));
        portion
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portion_fits_into_the_remaining_time() {
        let (mut sizer, start) = (PortionSizer::default(), Instant::now());
        let slice = Duration::from_micros(100);
        assert_eq!(sizer.portion(start, slice, 1000), FIRST);
        // 8 events took 8 µs, so a hundred fit.
        let now = start + Duration::from_micros(8);
        assert_eq!(sizer.portion(now, slice, 1000), 100);
        // A handler that slept gets one event, and then as many as fit.
        let now = now + Duration::from_secs(1);
        assert_eq!(sizer.portion(now, slice, 1000), 1);
        assert_eq!(sizer.portion(now + Duration::from_micros(1), slice, 50), 50);
    }
}

//! The times of a schedule, and the wall clock.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::units::MAX_DURATION;

/// The time `first + interval * steps` after `start`. It is computed from the start, so that a schedule does not drift.
pub(super) fn due(start: Instant, first: Duration, interval: Duration, steps: u64) -> Instant {
    let nanos = first
        .as_nanos()
        .saturating_add(interval.as_nanos().saturating_mul(u128::from(steps)));
    let offset = u64::try_from(nanos).map_or(MAX_DURATION, Duration::from_nanos);
    start + offset.min(MAX_DURATION)
}

/// The time since the Unix epoch.
pub(super) fn unix_now() -> Duration {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default()
}

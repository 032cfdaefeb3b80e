//! The time before a request is sent again.

use std::time::Duration;

/// The upper bound of the first wait.
const FIRST: Duration = Duration::from_millis(250);
/// The longest wait, even if the store asks for more.
const LONGEST: Duration = Duration::from_secs(30);

/// Exponential backoff with full jitter: each wait is random, up to a bound that doubles, so that clients do not retry
/// in step.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The next wait. `chance` is uniform over 0 to 1; `asked` is the least wait that the store requested.
    pub(super) fn next(&mut self, chance: f64, asked: Option<Duration>) -> Duration {
        let most = FIRST
            .saturating_mul(2_u32.saturating_pow(self.failures))
            .min(LONGEST);
        self.failures = self.failures.saturating_add(1);
        let wait = most.mul_f64(chance.clamp(0.0, 1.0));
        asked.map_or(wait, |asked| asked.max(wait)).min(LONGEST)
    }

    /// Starts again after an outage.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}

/// The value of `Retry-After` in seconds. A date is ignored, since it requires synchronized clocks.
pub(super) fn retry_after(value: Option<&str>) -> Option<Duration> {
    let seconds = value?.trim().parse::<u32>().ok()?;
    Some(Duration::from_secs(seconds.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_30_s_and_restart_after_success() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..9)
            .map(|_| backoff.next(1.0, None).as_millis())
            .collect();
        assert_eq!(
            waits,
            [250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]
        );
        for _ in 0..100 {
            assert_eq!(backoff.next(0.5, None), Duration::from_secs(15));
        }
        backoff.reset();
        assert_eq!(backoff.next(0.0, None), Duration::ZERO);
    }

    #[test]
    fn the_store_may_request_a_longer_wait() {
        let asked = |text| Backoff::default().next(1.0, retry_after(Some(text)));
        assert_eq!(asked("3"), Duration::from_secs(3));
        assert_eq!(asked("0"), FIRST);
        assert_eq!(asked("86400"), LONGEST);
        assert_eq!(asked("Wed, 21 Oct 2026 07:28:00 GMT"), FIRST);
    }
}

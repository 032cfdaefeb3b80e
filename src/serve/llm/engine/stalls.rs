//! The delays that prefills cause for running replies.

use std::time::Duration;

/// The pauses of replies while a prompt is computed: `count` pauses, one at the start of each `period`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stall {
    pub(super) start: Duration,
    /// The length of one pause; not zero.
    pub(super) length: Duration,
    /// The time from the start of one pause to the start of the next; at least `length`.
    pub(super) period: Duration,
    pub(super) count: u64,
}

impl Stall {
    /// The end of the last pause.
    pub(super) fn end(&self) -> Duration {
        self.start + times(self.period, self.count.saturating_sub(1)) + self.length
    }

    /// The start and the end of the pause at `at`, or else of the next one.
    fn pause(&self, at: Duration) -> Option<(Duration, Duration)> {
        let since = at.saturating_sub(self.start);
        let whole = since.as_nanos() / self.period.as_nanos().max(1);
        let whole = u64::try_from(whole).unwrap_or(u64::MAX);
        let is_past = since >= times(self.period, whole).saturating_add(self.length);
        let number = whole.saturating_add(u64::from(is_past));
        let start = self.start + times(self.period, number);
        (number < self.count).then(|| (start, start + self.length))
    }
}

/// The time at which `work` has passed since `from`, not counting pauses. The stalls are in order and do not overlap.
pub(super) fn reach<'a>(
    stalls: impl IntoIterator<Item = &'a Stall>,
    from: Duration,
    work: Duration,
) -> Duration {
    let (mut at, mut left) = (from, work);
    for stall in stalls {
        while let Some((start, end)) = stall.pause(at) {
            let free = start.saturating_sub(at);
            if left <= free {
                return at + left;
            }
            left -= free;
            at = end;
        }
    }
    at + left
}

/// `time` × `count`, saturating.
pub(super) fn times(time: Duration, count: u64) -> Duration {
    let nanos = time.as_nanos().saturating_mul(u128::from(count));
    u64::try_from(nanos).map_or(crate::units::MAX_DURATION, Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn stall(start: u64, length: u64, period: u64, count: u64) -> Stall {
        Stall {
            start: ms(start),
            length: ms(length),
            period: ms(period),
            count,
        }
    }

    #[test]
    fn work_continues_after_each_pause() {
        let whole = [stall(100, 50, 50, 1)];
        assert_eq!(reach(&whole, ms(0), ms(100)), ms(100));
        assert_eq!(reach(&whole, ms(0), ms(101)), ms(151));
        assert_eq!(reach(&whole, ms(120), ms(10)), ms(160));
        assert_eq!(reach(&whole, ms(150), ms(10)), ms(160));
        // Three chunks of 20 ms, between them turns of 10 ms.
        let chunks = [stall(100, 20, 30, 3)];
        assert_eq!(chunks[0].end(), ms(180));
        assert_eq!(reach(&chunks, ms(95), ms(10)), ms(125));
        assert_eq!(reach(&chunks, ms(125), ms(10)), ms(155));
        assert_eq!(reach(&chunks, ms(155), ms(10)), ms(185));
        assert_eq!(reach(&chunks, ms(185), ms(10)), ms(195));
    }

    #[test]
    fn stalls_follow_one_another() {
        let stalls = [stall(0, 10, 10, 2), stall(20, 5, 5, 1), stall(30, 5, 5, 1)];
        assert_eq!(reach(&stalls, ms(0), ms(1)), ms(26));
        assert_eq!(reach(&stalls, ms(0), ms(6)), ms(36));
    }
}

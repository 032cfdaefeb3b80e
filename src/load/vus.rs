//! The times at which each VU of a ramp is active.

use std::ops::Range;
use std::time::Duration;

use super::RampStage;

/// A number of VUs that changes through stages.
///
/// When the number rises, VU `i` becomes active as it reaches `i + 1`; when it falls, the VU stops as it reaches `i`. So whole
/// numbers are reached exactly at the ends of stages. The times of each VU are computed independently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct VuRamp {
    start: u64,
    stages: Vec<RampStage<u64>>,
}

impl VuRamp {
    /// A ramp from `start` VUs through `stages`.
    pub(crate) fn new(start: u64, stages: Vec<RampStage<u64>>) -> Self {
        Self { start, stages }
    }

    /// The highest level of the ramp. A VU that is reached only at the end counts, although it is never active.
    pub(crate) fn max_vus(&self) -> u64 {
        // A ramp that begins with a jump down never has its start value.
        let mut level = self.start;
        let mut max = 0;
        for stage in &self.stages {
            if !stage.duration.is_zero() {
                max = max.max(level).max(stage.target);
            }
            level = stage.target;
        }
        max
    }

    /// The intervals in which VU `index`, from 0, is active: half-open, in order, separate. A VU that the ramp never reaches has
    /// none.
    pub(crate) fn intervals(&self, index: u64) -> Vec<Range<Duration>> {
        let mut intervals: Vec<Range<Duration>> = Vec::new();
        let mut now = Duration::ZERO;
        let mut level = self.start;
        let mut active_since = (index < level).then_some(now);
        for stage in &self.stages {
            let active_at_end = index < stage.target;
            match active_since {
                None if active_at_end => {
                    active_since = Some(now.saturating_add(crossing(*stage, level, index + 1)));
                }
                Some(since) if !active_at_end => {
                    close(
                        &mut intervals,
                        since..now.saturating_add(crossing(*stage, level, index)),
                    );
                    active_since = None;
                }
                _ => {}
            }
            now = now.saturating_add(stage.duration);
            level = stage.target;
        }
        if let Some(since) = active_since {
            close(&mut intervals, since..now);
        }
        intervals
    }
}

/// Appends an interval, or extends the last one if the two touch.
fn close(intervals: &mut Vec<Range<Duration>>, interval: Range<Duration>) {
    match intervals.last_mut() {
        _ if interval.is_empty() => {}
        Some(last) if last.end == interval.start => last.end = interval.end,
        _ => intervals.push(interval),
    }
}

/// The time in a stage that starts at `from` at which the number crosses `level`, between `from` and the target.
fn crossing(stage: RampStage<u64>, from: u64, level: u64) -> Duration {
    let part = u128::from(from.abs_diff(level));
    let whole = u128::from(from.abs_diff(stage.target)).max(1);
    from_nanos(stage.duration.as_nanos().saturating_mul(part) / whole)
}

fn from_nanos(nanoseconds: u128) -> Duration {
    Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests;

//! The signals for the VUs of a scenario on one worker, planned before it starts.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use super::control::Signal;

/// A signal and the time to send it, since the start of the scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TimedSignal {
    pub(super) at: Duration,
    pub(super) recipients: Recipients,
    pub(super) signal: Signal,
}

impl TimedSignal {
    fn new(at: Duration, recipients: Recipients, signal: Signal) -> Self {
        Self {
            at,
            recipients,
            signal,
        }
    }
}

/// The recipients of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recipients {
    /// All VUs of the scenario on this worker, including VUs that are created later.
    All,
    /// The VU with this index.
    One(usize),
}

/// Signals in the order of their times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SignalTimeline {
    changes: VecDeque<TimedSignal>,
}

impl SignalTimeline {
    /// All VUs run immediately, start no more iterations after `duration`, and are interrupted `graceful_stop` later.
    pub(super) fn steady(duration: Duration, graceful_stop: Duration) -> Self {
        let run = TimedSignal::new(Duration::ZERO, Recipients::All, Signal::Run);
        Self {
            changes: [run]
                .into_iter()
                .chain(ending(duration, graceful_stop))
                .collect(),
        }
    }

    /// Each VU runs in its intervals. An iteration that runs `ramp_down` after the end of an interval is dropped, unless the next
    /// interval has begun. At the end of the scenario, `graceful_stop` applies, as for every executor.
    pub(super) fn ramping(
        intervals: impl IntoIterator<Item = Vec<Range<Duration>>>,
        ramp_down: Duration,
        duration: Duration,
        graceful_stop: Duration,
    ) -> Self {
        let mut changes = Vec::new();
        for (index, intervals) in intervals.into_iter().enumerate() {
            let recipients = Recipients::One(index);
            let nexts = intervals
                .iter()
                .skip(1)
                .map(|next| Some(next.start))
                .chain([None]);
            for (interval, next) in intervals.iter().zip(nexts) {
                changes.push(TimedSignal::new(interval.start, recipients, Signal::Run));
                if interval.end >= duration {
                    continue;
                }
                changes.push(TimedSignal::new(interval.end, recipients, Signal::Pause));
                let drop_at = interval.end.saturating_add(ramp_down);
                if next.is_none_or(|next| drop_at < next) {
                    changes.push(TimedSignal::new(drop_at, recipients, Signal::PauseNow));
                }
            }
        }
        changes.extend(ending(duration, graceful_stop));
        // A stable sort: signals of the same time keep their order.
        changes.sort_by_key(|change| change.at);
        Self {
            changes: changes.into(),
        }
    }

    /// The time of the next signal.
    pub(super) fn next_at(&self) -> Option<Duration> {
        self.changes.front().map(|change| change.at)
    }

    /// Takes the next signal that is due at `now`.
    pub(super) fn take_due(&mut self, now: Duration) -> Option<TimedSignal> {
        if self.next_at()? > now {
            return None;
        }
        self.changes.pop_front()
    }

    /// Ends the scenario at `now`: no more iterations start, and running ones are dropped `graceful_stop` later, or at the time
    /// that was planned for them before that.
    pub(super) fn stop(&mut self, now: Duration, graceful_stop: Duration) {
        let [stop, stop_now] = ending(now, graceful_stop);
        self.changes
            .retain(|change| !change.signal.lets_finish() && change.at <= stop_now.at);
        self.changes.push_front(stop);
        self.changes.push_back(stop_now);
    }
}

fn ending(end: Duration, graceful_stop: Duration) -> [TimedSignal; 2] {
    [
        TimedSignal::new(end, Recipients::All, Signal::Stop),
        TimedSignal::new(
            end.saturating_add(graceful_stop),
            Recipients::All,
            Signal::StopNow,
        ),
    ]
}

#[cfg(test)]
mod tests;

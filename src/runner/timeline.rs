//! The signals for a scenario's VUs on one worker, planned before it starts.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use super::control::Signal;

/// A signal that is to be sent at some time since the start of the scenario.
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

/// Who gets a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recipients {
    /// Every VU of the scenario on this worker, those that come later included.
    All,
    /// The VU at this place among them.
    One(usize),
}

/// Changes in the order of their times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SignalTimeline {
    changes: VecDeque<TimedSignal>,
}

impl SignalTimeline {
    /// All VUs run immediately, start nothing more after `duration`, and are interrupted `graceful_stop` later.
    pub(super) fn steady(duration: Duration, graceful_stop: Duration) -> Self {
        let run = TimedSignal::new(Duration::ZERO, Recipients::All, Signal::Run);
        Self {
            changes: [run]
                .into_iter()
                .chain(ending(duration, graceful_stop))
                .collect(),
        }
    }

    /// Each VU goes in its own intervals. What it still runs `ramp_down` after the end of one is dropped, unless the next
    /// one has begun; at the end of the scenario `graceful_stop` applies, as for every executor.
    pub(super) fn ramping(
        intervals: impl IntoIterator<Item = Vec<Range<Duration>>>,
        ramp_down: Duration,
        duration: Duration,
        graceful_stop: Duration,
    ) -> Self {
        let mut changes = Vec::new();
        for (place, intervals) in intervals.into_iter().enumerate() {
            let recipients = Recipients::One(place);
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
        // Stable: signals of one moment stay as they were laid out.
        changes.sort_by_key(|change| change.at);
        Self {
            changes: changes.into(),
        }
    }

    /// When the next change is due.
    pub(super) fn next_at(&self) -> Option<Duration> {
        self.changes.front().map(|change| change.at)
    }

    /// Takes the next change that is due at `now`.
    pub(super) fn take_due(&mut self, now: Duration) -> Option<TimedSignal> {
        if self.next_at()? > now {
            return None;
        }
        self.changes.pop_front()
    }

    /// Ends the scenario at `now` instead: nothing starts any more, and what still runs `graceful_stop` later, or at a
    /// time of its own before that, is dropped.
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

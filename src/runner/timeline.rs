//! The orders of a scenario's VUs on one worker, laid out over time before it starts.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Duration;

use super::leash::Order;

/// An order that is to be given at some time since the start of the scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) at: Duration,
    pub(super) whom: Whom,
    pub(super) order: Order,
}

/// Who gets an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whom {
    /// Every VU of the share, those that come later included.
    All,
    /// The VU at this place in the share.
    One(usize),
}

/// Changes in the order of their times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Timeline {
    changes: VecDeque<Change>,
}

impl Timeline {
    /// All VUs go at once, start nothing more after `duration`, and are cut off `graceful_stop` later.
    pub(super) fn steady(duration: Duration, graceful_stop: Duration) -> Self {
        let go = Change {
            at: Duration::ZERO,
            whom: Whom::All,
            order: Order::Go,
        };
        Self {
            changes: [go]
                .into_iter()
                .chain(ending(duration, graceful_stop))
                .collect(),
        }
    }

    /// Each VU goes in its own intervals. What it still runs `ramp_down` after the end of one is dropped, unless the next
    /// one has begun; at the end of the scenario it is `graceful_stop` that counts, as for every executor.
    pub(super) fn ramping(
        intervals: impl IntoIterator<Item = Vec<Range<Duration>>>,
        ramp_down: Duration,
        duration: Duration,
        graceful_stop: Duration,
    ) -> Self {
        let mut changes = Vec::new();
        for (place, intervals) in intervals.into_iter().enumerate() {
            let whom = Whom::One(place);
            let nexts = intervals
                .iter()
                .skip(1)
                .map(|next| Some(next.start))
                .chain([None]);
            for (interval, next) in intervals.iter().zip(nexts) {
                changes.push(Change {
                    at: interval.start,
                    whom,
                    order: Order::Go,
                });
                if interval.end >= duration {
                    continue;
                }
                changes.push(Change {
                    at: interval.end,
                    whom,
                    order: Order::Rest,
                });
                let drop_at = interval.end.saturating_add(ramp_down);
                if next.is_none_or(|next| drop_at < next) {
                    changes.push(Change {
                        at: drop_at,
                        whom,
                        order: Order::Drop,
                    });
                }
            }
        }
        changes.extend(ending(duration, graceful_stop));
        // Stable: orders of one moment stay as they were laid out.
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
    pub(super) fn take_due(&mut self, now: Duration) -> Option<Change> {
        if self.next_at()? > now {
            return None;
        }
        self.changes.pop_front()
    }

    /// Ends the scenario at `now` instead: nothing starts any more, and what still runs `graceful_stop` later, or at a
    /// time of its own before that, is dropped.
    pub(super) fn stop(&mut self, now: Duration, graceful_stop: Duration) {
        let [leave, quit] = ending(now, graceful_stop);
        self.changes
            .retain(|change| !change.order.lets_finish() && change.at <= quit.at);
        self.changes.push_front(leave);
        self.changes.push_back(quit);
    }
}

fn ending(end: Duration, graceful_stop: Duration) -> [Change; 2] {
    [
        Change {
            at: end,
            whom: Whom::All,
            order: Order::Leave,
        },
        Change {
            at: end.saturating_add(graceful_stop),
            whom: Whom::All,
            order: Order::Quit,
        },
    ]
}

#[cfg(test)]
mod tests;

//! Planned starts, in order.

use std::sync::Arc;
use std::time::Duration;

use super::random::gamma;
use super::{Burstiness, RateCurve};
use crate::parts::Assignment;
use crate::units::SplitMix64;

/// How starts are spaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum Spacing {
    /// Evenly: iteration `n` starts exactly when the integral of the rate reaches `n`.
    #[default]
    Uniform,
    /// At random: a renewal process that follows the rate, with gamma distributed gaps. With [`Burstiness::POISSON`] it is a
    /// Poisson process, as with independent users.
    Random(Burstiness),
}

impl Spacing {
    /// A Poisson process, as with independent users.
    pub(crate) const POISSON: Self = Self::Random(Burstiness::POISSON);
    /// One of each kind.
    pub(crate) const ALL: [Self; 2] = [Self::Uniform, Self::POISSON];

    /// Its name in options.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::Random(_) => "poisson",
        }
    }

    /// The burstiness of random starts.
    pub(crate) fn burstiness(self) -> Option<Burstiness> {
        match self {
            Self::Uniform => None,
            Self::Random(burstiness) => Some(burstiness),
        }
    }

    /// The number of mean gaps in which this number of starts will have occurred, even if random gaps are long.
    pub(crate) fn ample(self, starts: u64) -> f64 {
        let gaps = starts as f64;
        match self {
            Self::Uniform => gaps,
            // The gaps are scaled to the rate, see `Arrivals::up_to`.
            Self::Random(_) if starts <= FITTED => gaps,
            // The mean plus ten standard deviations of the sum of gaps.
            Self::Random(shape) => gaps + 10.0 * (gaps / shape.get()).sqrt(),
        }
    }
}

/// The maximum number of starts whose gaps are scaled; the mean of more gaps is close to that of the rate.
const FITTED: u64 = 10_000_000;

/// The planned starts of a scenario, in order, as times since the start of the scenario. They end with the curve or the list,
/// or at a limit. Item `n` is the start of iteration `n`.
#[derive(Debug, Clone)]
pub(crate) struct Arrivals {
    course: Course,
    next: Option<Duration>,
    /// The maximum number of further starts, including those of other parts of the run.
    left: u64,
    /// The step from one start to the next; the starts between them belong to other parts of the run.
    step: u64,
}

/// The source of the times of starts.
#[derive(Debug, Clone)]
enum Course {
    /// Even gaps along a curve; `number` is that of the next start.
    Even { curve: RateCurve, number: u64 },
    /// Random gaps along a curve.
    Random {
        curve: RateCurve,
        /// Twice the integral of the curve at the next start.
        twice_area: u128,
        /// Twice the area of the mean gap.
        twice_area_per_gap: f64,
        shape: Burstiness,
        random: SplitMix64,
        /// The generator before its first number.
        from_first: SplitMix64,
    },
    /// A list of times; `number` is that of the next start.
    Listed {
        times: Arc<[Duration]>,
        number: usize,
    },
}

impl Arrivals {
    /// The starts along `curve`. With [`Spacing::Random`], the same seed gives the same starts.
    pub(crate) fn new(curve: RateCurve, arrival: Spacing, seed: u64) -> Self {
        Self::of(match arrival {
            Spacing::Uniform => Course::Even { curve, number: 0 },
            Spacing::Random(shape) => {
                let mut random = SplitMix64::new(seed);
                let twice_area_per_gap = curve.twice_area_per_start() as f64;
                Course::Random {
                    from_first: random.clone(),
                    twice_area: gap(&mut random, shape, twice_area_per_gap),
                    twice_area_per_gap,
                    curve,
                    shape,
                    random,
                }
            }
        })
    }

    /// The starts at `times`, which are in order.
    pub(crate) fn listed(times: Arc<[Duration]>) -> Self {
        let count = times.len() as u64;
        Self::of(Course::Listed { times, number: 0 }).up_to(Some(count))
    }

    fn of(course: Course) -> Self {
        let mut arrivals = Self {
            course,
            next: None,
            left: u64::MAX,
            step: 1,
        };
        arrivals.next = arrivals.locate();
        arrivals
    }

    /// Limits the starts to the first `starts`, if given. Call it before the first start is taken.
    ///
    /// Random gaps are scaled so that their sum is exactly the time that the rate implies, as in `vllm bench serve`: twenty
    /// unscaled gaps would result in a rate from 0.7 to 1.6 times the given one. One half of the last gap lies before the first
    /// start, the other after the last.
    #[must_use]
    pub(crate) fn up_to(mut self, starts: Option<u64>) -> Self {
        let Some(starts) = starts else { return self };
        self.left = self.left.min(starts);
        if let Course::Random {
            twice_area,
            twice_area_per_gap,
            shape,
            random,
            from_first,
            ..
        } = &mut self.course
            && (1..=FITTED).contains(&starts)
        {
            let mut ahead = from_first.clone();
            let between: f64 = (1..starts).map(|_| gamma(&mut ahead, *shape)).sum();
            let mut around = ahead.clone();
            let sum = between + gamma(&mut ahead, *shape);
            if sum > 0.0 {
                *twice_area_per_gap *= starts as f64 / sum;
                *twice_area = gap(&mut around, *shape, *twice_area_per_gap / 2.0);
                *random = from_first.clone();
            }
        }
        self.next = self.locate();
        self
    }

    /// Limits the starts to those assigned to a part of the run. Each start belongs to exactly one part and keeps its time.
    #[must_use]
    pub(crate) fn assigned(mut self, assignment: Assignment) -> Self {
        match assignment.starts() {
            None => {
                self.left = 0;
                self.next = None;
            }
            Some((first, step)) => {
                self.pass(first);
                self.step = step;
            }
        }
        self
    }

    /// Whether all starts up to the limit of [`Arrivals::up_to`], or of the list, were taken. False if the curve ends before.
    pub(crate) fn is_complete(&self) -> bool {
        self.left == 0
    }

    /// The next start, without taking it.
    pub(crate) fn peek(&self) -> Option<Duration> {
        self.next
    }

    /// Skips all starts before `t` and returns their number. Unless starts are random, this takes the same time for any number
    /// of them.
    pub(crate) fn skip_before(&mut self, t: Duration) -> u64 {
        if self.next.is_none_or(|next| next >= t) {
            return 0;
        }
        let (step, left) = (self.step, self.left);
        // The own share of a number of starts that includes those of other parts.
        let own = |before: u64| before.min(left).div_ceil(step);
        let skipped = match &self.course {
            Course::Even { curve, number } => own(first_from(curve, *number, t) - *number),
            Course::Listed { times, number } => {
                let rest = times.get(*number..).unwrap_or_default();
                own(rest.partition_point(|time| *time < t) as u64)
            }
            Course::Random { .. } => {
                let mut skipped = 0;
                while self.next.is_some_and(|next| next < t) {
                    self.next();
                    skipped += 1;
                }
                return skipped;
            }
        };
        self.pass(skipped.saturating_mul(step));
        skipped
    }

    /// Skips this number of starts, including those of other parts.
    fn pass(&mut self, starts: u64) {
        self.left = self.left.saturating_sub(starts);
        if self.left == 0 {
            self.next = None;
            return;
        }
        // Rounding could reverse the order of two starts within one nanosecond.
        let in_order = |next: Option<Duration>, before: Option<Duration>| {
            next.map(|next| next.max(before.unwrap_or_default()))
        };
        match &mut self.course {
            Course::Even { curve, number } => {
                *number += starts;
                self.next = in_order(curve.start_of(*number), self.next);
            }
            // A process of rate 1, whose time is the integral of the curve. It rejects no candidates and is exact for every
            // curve. Starts of other parts use up their random numbers too.
            Course::Random {
                curve,
                twice_area,
                twice_area_per_gap,
                shape,
                random,
                ..
            } => {
                for _ in 0..starts {
                    *twice_area += gap(random, *shape, *twice_area_per_gap);
                    self.next = in_order(curve.time_of(*twice_area), self.next);
                }
            }
            Course::Listed { times, number } => {
                *number = number.saturating_add(usize::try_from(starts).unwrap_or(usize::MAX));
                self.next = times.get(*number).copied();
            }
        }
    }

    fn locate(&self) -> Option<Duration> {
        if self.left == 0 {
            return None;
        }
        match &self.course {
            Course::Even { curve, number } => curve.start_of(*number),
            Course::Random {
                curve, twice_area, ..
            } => curve.time_of(*twice_area),
            Course::Listed { times, number } => times.get(*number).copied(),
        }
    }
}

impl Iterator for Arrivals {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let start = self.next?;
        self.pass(self.step);
        Some(start)
    }
}

impl std::iter::FusedIterator for Arrivals {}

/// A random gap with this mean.
fn gap(random: &mut SplitMix64, shape: Burstiness, twice_area_per_gap: f64) -> u128 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "finite and not negative, and some thousand starts at most"
    )]
    let gap = (gamma(random, shape) * twice_area_per_gap) as u128;
    gap
}

/// The number of the first start at or after `t`, beginning at start `from`.
fn first_from(curve: &RateCurve, from: u64, t: Duration) -> u64 {
    let (mut low, mut high) = (from, curve.planned().max(from));
    while low < high {
        let middle = low + (high - low) / 2;
        if curve.start_of(middle).is_some_and(|start| start < t) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests;

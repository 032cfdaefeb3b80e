//! Planned starts, in order.

use std::time::Duration;

use super::RateCurve;
use super::random::SplitMix64;

/// How starts are spread around the rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Arrival {
    /// Evenly: iteration `n` starts exactly when the integral of the rate reaches `n`.
    #[default]
    Uniform,
    /// As independent users come: a Poisson process that follows the rate, with random gaps.
    Poisson,
}

impl Arrival {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Uniform, Self::Poisson];

    /// The word for it in options.
    pub fn name(self) -> &'static str {
        match self {
            Self::Uniform => "uniform",
            Self::Poisson => "poisson",
        }
    }
}

/// The planned starts of a scenario: yields them in order, as time since the scenario's start, and ends with
/// the curve. The `n`-th item is the start of iteration `n`.
#[derive(Debug, Clone)]
pub struct Arrivals {
    curve: RateCurve,
    gaps: Gaps,
    next: Option<Duration>,
}

#[derive(Debug, Clone)]
enum Gaps {
    /// The number of the next start.
    Even { number: u64 },
    /// Twice the integral at the next start, in the curve's terms.
    Random {
        twice_area: u128,
        random: SplitMix64,
    },
}

impl Arrivals {
    /// The starts along `curve`. The seed matters to [`Arrival::Poisson`] only: same seed, same starts.
    pub fn new(curve: RateCurve, arrival: Arrival, seed: u64) -> Self {
        let gaps = match arrival {
            Arrival::Uniform => Gaps::Even { number: 0 },
            Arrival::Poisson => {
                let mut random = SplitMix64::new(seed);
                Gaps::Random {
                    twice_area: gap(&mut random, &curve),
                    random,
                }
            }
        };
        let mut arrivals = Self {
            curve,
            gaps,
            next: None,
        };
        arrivals.next = arrivals.locate();
        arrivals
    }

    /// The curve they follow.
    pub fn curve(&self) -> &RateCurve {
        &self.curve
    }

    /// The start that comes next, without taking it.
    pub fn peek(&self) -> Option<Duration> {
        self.next
    }

    /// Passes over all starts before `t` and returns how many those were. For even starts the time this takes
    /// does not grow with their number.
    pub fn skip_before(&mut self, t: Duration) -> u64 {
        if self.next.is_none_or(|next| next >= t) {
            return 0;
        }
        if let Gaps::Even { number } = &mut self.gaps {
            let first = first_from(&self.curve, *number, t);
            let skipped = first - *number;
            *number = first;
            self.next = self.locate();
            return skipped;
        }
        let mut skipped = 0;
        while self.next.is_some_and(|next| next < t) {
            self.next();
            skipped += 1;
        }
        skipped
    }

    fn locate(&self) -> Option<Duration> {
        match self.gaps {
            Gaps::Even { number } => self.curve.start_of(number),
            Gaps::Random { twice_area, .. } => self.curve.time_of(twice_area),
        }
    }
}

impl Iterator for Arrivals {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let start = self.next?;
        match &mut self.gaps {
            Gaps::Even { number } => *number += 1,
            // A Poisson process of rate 1, its time read as the integral of the curve: no rejected candidates, and
            // exact for every shape of the curve.
            Gaps::Random { twice_area, random } => *twice_area += gap(random, &self.curve),
        }
        // Two starts within one nanosecond may round the wrong way round.
        self.next = self.locate().map(|next| next.max(start));
        Some(start)
    }
}

impl std::iter::FusedIterator for Arrivals {}

/// A random gap with the mean of one start.
fn gap(random: &mut SplitMix64, curve: &RateCurve) -> u128 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "finite and not negative, and less than 40 starts"
    )]
    let gap = (random.exponential() * curve.twice_area_per_start() as f64) as u128;
    gap
}

/// The number of the first start at or after `t`, looked for from `from` on.
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

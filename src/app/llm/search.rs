//! The search algorithm of `--find-max-rate`: double until the goal is missed, bisect, and repeat at the boundary until
//! chance is excluded. Pure: it receives the outcome of each probe and returns the next rate.

use crate::statistics::isotonic;
use crate::statistics::sections::Estimate;

/// The result of a probe.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Probe {
    /// The goal could be judged.
    Measured {
        /// The natural logarithm of the worst figure relative to its limit: below 0, the goal was kept.
        margin: f64,
        /// Whether the confidence interval of the probe excludes the limit.
        is_sure: bool,
    },
    /// The goal was missed regardless of its figures, for example because requests failed.
    Failed,
    /// The goal was missed, and even the fastest request was too slow.
    OutOfReach,
    /// The client was too late to judge the goal; by how many seconds.
    Unclear(f64),
}

impl Probe {
    /// Whether the goal was kept.
    pub(super) fn is_kept(self) -> bool {
        matches!(self, Self::Measured { margin, .. } if margin < 0.0)
    }
}

/// A rate with the results of its probes.
#[derive(Debug, Clone, PartialEq)]
struct Tried {
    rate: f64,
    /// The margins of the judged probes.
    margins: Vec<f64>,
    /// Whether one of them was significant.
    is_sure: bool,
    /// The lateness of the client in the other probes.
    late: Vec<f64>,
}

/// The state of a search.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Search {
    start: f64,
    /// The lowest rate to try.
    least: f64,
    /// The rates tried, in ascending order.
    tried: Vec<Tried>,
    probes: u32,
    /// The number of probes in which even the fastest request was too slow.
    out_of_reach: u32,
    /// The requests per second that the server answers, known once a queue grew.
    capacity: Option<f64>,
}

/// The resolution of the search: probes cannot distinguish closer rates.
const RESOLUTION: f64 = 1.04;
/// How often the first rate is halved before the search gives up.
const HALVINGS: i32 = 6;
/// The highest rate to try.
const HIGHEST: f64 = 1e5;
/// The margin of a probe is clamped to twice the limit, and half of it.
const MOST_MARGIN: f64 = std::f64::consts::LN_2;
/// How often a rate at the boundary is tried.
const REPEATS: usize = 3;
/// How often a rate is tried if the client was late, as other load on the machine may pass.
const PATIENCE: usize = 3;

impl Search {
    /// The maximum number of probes.
    pub(super) const MOST_PROBES: u32 = 30;

    /// A search that starts at this rate.
    pub(super) fn new(start: f64) -> Self {
        Self {
            start,
            least: start / 2.0_f64.powi(HALVINGS) * 0.95,
            tried: Vec::new(),
            probes: 0,
            out_of_reach: 0,
            capacity: None,
        }
    }

    /// The same, but without rates below this, at which a probe would have no request.
    #[must_use]
    pub(super) fn no_lower_than(mut self, rate: f64) -> Self {
        self.least = self.least.max(rate);
        self
    }

    /// The number of probes.
    pub(super) fn probes(&self) -> u32 {
        self.probes
    }

    /// Takes the result of a probe at this rate, and the requests per second that the server answered if a queue grew.
    pub(super) fn take(&mut self, rate: f64, probe: Probe, capacity: Option<f64>) {
        self.probes += 1;
        self.out_of_reach += u32::from(probe == Probe::OutOfReach);
        self.capacity = capacity.or(self.capacity);
        let place = self.tried.partition_point(|tried| tried.rate < rate);
        if self.tried.get(place).is_none_or(|tried| tried.rate > rate) {
            let new = Tried {
                rate,
                margins: Vec::new(),
                is_sure: false,
                late: Vec::new(),
            };
            self.tried.insert(place, new);
        }
        let tried = &mut self.tried[place];
        match probe {
            Probe::Measured { margin, is_sure } => {
                tried.margins.push(margin.clamp(-MOST_MARGIN, MOST_MARGIN));
                tried.is_sure |= is_sure;
            }
            Probe::Failed | Probe::OutOfReach => {
                tried.margins.push(MOST_MARGIN);
                tried.is_sure = true;
            }
            Probe::Unclear(late) => tried.late.push(late),
        }
    }

    /// The judged rates, each with the margin of the curve fitted to all of them.
    fn curve(&self) -> Vec<(f64, f64)> {
        let judged = || self.tried.iter().filter(|tried| !tried.margins.is_empty());
        let margins: Vec<Vec<f64>> = judged().map(|tried| tried.margins.clone()).collect();
        let rates = judged().map(|tried| tried.rate);
        rates.zip(isotonic::fit(&margins)).collect()
    }

    /// The highest rate that kept the goal, according to all probes.
    pub(super) fn kept(&self) -> Option<f64> {
        let curve = self.curve();
        let kept = curve.iter().rev().find(|(_, margin)| *margin < 0.0);
        kept.map(|(rate, _)| *rate)
    }

    /// The lowest rate that missed the goal.
    pub(super) fn missed(&self) -> Option<f64> {
        let curve = self.curve();
        let missed = curve.iter().find(|(_, margin)| *margin >= 0.0);
        missed.map(|(rate, _)| *rate)
    }

    /// The lowest rate above the highest kept one that could not be judged in all its tries.
    pub(super) fn unclear(&self) -> Option<f64> {
        let kept = self.kept().unwrap_or_default();
        let is_unclear = |tried: &&Tried| tried.margins.is_empty() && tried.late.len() >= PATIENCE;
        let unclear = self.tried.iter().filter(is_unclear);
        unclear.map(|tried| tried.rate).find(|rate| *rate > kept)
    }

    /// The lateness of the client at a low rate, if it was as late at a higher one, so that a lower rate would not help.
    pub(super) fn hopelessly_late(&self) -> Option<f64> {
        if self.kept().is_some() {
            return None;
        }
        let mut unclear = self
            .tried
            .iter()
            .filter(|tried| tried.late.len() >= PATIENCE);
        let lowest = |tried: &Tried| tried.late.iter().copied().fold(f64::INFINITY, f64::min);
        let (low, high) = (lowest(unclear.next()?), lowest(unclear.next()?));
        (low > 0.5 * high).then_some(low)
    }

    /// The next rate to try; `None` at the end of the search.
    pub(super) fn next(&self) -> Option<f64> {
        let is_hopeless = || self.kept().is_none() && self.out_of_reach >= 2;
        if self.probes >= Self::MOST_PROBES || is_hopeless() || self.hopelessly_late().is_some() {
            return None;
        }
        if let Some(again) = self.once_more() {
            return Some(again);
        }
        let ceiling = self.missed().into_iter().chain(self.unclear());
        match (self.kept(), ceiling.reduce(f64::min)) {
            (None, None) => Some(self.start),
            (Some(kept), None) => Some(kept * 2.0).filter(|next| *next <= HIGHEST),
            (None, Some(ceiling)) => {
                let next = rounded(ceiling / 2.0);
                (next >= self.least && next > 0.0).then_some(next)
            }
            (Some(kept), Some(ceiling)) if ceiling / kept <= RESOLUTION => self.confirmed(),
            (Some(kept), Some(ceiling)) => Some(self.between(kept, ceiling)),
        }
    }

    /// A rate to repeat because the client was late.
    fn once_more(&self) -> Option<f64> {
        let (kept, missed) = (self.kept(), self.missed());
        let is_open = |tried: &&Tried| {
            tried.margins.is_empty()
                && tried.late.len() < PATIENCE
                && kept.is_none_or(|kept| tried.rate > kept)
                && missed.is_none_or(|missed| tried.rate < missed)
        };
        self.tried.iter().find(is_open).map(|tried| tried.rate)
    }

    /// A rate between these two: the middle, or near the capacity of the server, if known.
    fn between(&self, kept: f64, ceiling: f64) -> f64 {
        let middle = rounded((kept * ceiling).sqrt());
        let Some(capacity) = self.capacity.map(rounded) else {
            return middle;
        };
        if capacity > kept * RESOLUTION && capacity * RESOLUTION < ceiling {
            return capacity;
        }
        let next = rounded(kept * RESOLUTION.powf(0.9));
        if kept >= capacity / RESOLUTION && next > kept && next < ceiling {
            return next;
        }
        middle
    }

    /// The rate at the boundary whose result is not yet significant.
    fn confirmed(&self) -> Option<f64> {
        let is_at = |tried: &&Tried, rate: f64| tried.rate.total_cmp(&rate).is_eq();
        let at = |rate: f64| self.tried.iter().find(|tried| is_at(tried, rate));
        let boundary = self
            .kept()
            .and_then(at)
            .into_iter()
            .chain(self.missed().and_then(at));
        let open = boundary.filter(|tried| !tried.is_settled());
        let least = open.min_by_key(|tried| tried.margins.len());
        least.map(|tried| tried.rate)
    }
}

impl Tried {
    /// Whether the interval of its probes excludes the limit, or further probes would not help.
    fn is_settled(&self) -> bool {
        let count = self.margins.len();
        if count >= REPEATS || self.late.len() >= PATIENCE {
            return true;
        }
        if count == 1 {
            return self.is_sure;
        }
        let mean = self.margins.iter().sum::<f64>() / count as f64;
        // Each probe counts as a section of one long run.
        let interval = Estimate::new(mean, &self.margins).and_then(Estimate::interval);
        interval.is_some_and(|interval| interval.excludes(0.0))
    }
}

/// Rounds to three significant digits.
fn rounded(rate: f64) -> f64 {
    let scale = 10_f64.powf(2.0 - rate.log10().floor());
    (rate * scale).round() / scale
}

#[cfg(test)]
mod tests;

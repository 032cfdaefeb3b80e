//! The search for the highest rate that keeps a goal: doubling until it is missed, then halving the gap. Pure: it is told
//! what came of each probe and says what to try next.

/// What a probe came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// The goal was kept.
    Kept,
    /// It was missed by so little that chance may have done it. Such a rate is tried again before it counts as missed.
    Close,
    /// It was missed by far.
    Missed,
}

/// How far a search is.
#[derive(Debug, Clone, PartialEq)]
pub struct Search {
    next: f64,
    /// The highest rate that kept the goal.
    kept: Option<f64>,
    /// The lowest that missed it.
    missed: Option<f64>,
    /// How often the goal was closely missed and kept at the rate that is being tried.
    close: u32,
    kept_after_close: u32,
    halvings: u32,
}

/// Two rates closer than this are as good as one: a probe is no more exact.
const RESOLUTION: f64 = 1.1;
/// How often the first rate is halved before the goal is given up.
const HALVINGS: u32 = 6;
/// No server answers more, and no client asks more.
const HIGHEST: f64 = 1e5;

impl Search {
    /// A search that begins at this rate.
    pub fn new(start: f64) -> Self {
        Self {
            next: start,
            kept: None,
            missed: None,
            close: 0,
            kept_after_close: 0,
            halvings: 0,
        }
    }

    /// The rate to try next; `None` when the search is over.
    pub fn next(&self) -> Option<f64> {
        let is_between = self.missed.is_none_or(|missed| self.next < missed)
            && self.kept.is_none_or(|kept| self.next > kept);
        (is_between && self.halvings <= HALVINGS && self.next <= HIGHEST).then_some(self.next)
    }

    /// The highest rate that kept the goal so far.
    pub fn kept(&self) -> Option<f64> {
        self.kept
    }

    /// The lowest rate that missed it so far.
    pub fn missed(&self) -> Option<f64> {
        self.missed
    }

    /// Whether the last rate is tried again because it was missed by little.
    pub fn is_again(&self) -> bool {
        self.close > 0
    }

    /// Takes what came of the probe at [`Search::next`]. Of a rate that was closely missed, two of three probes decide.
    pub fn take(&mut self, probe: Probe) {
        let is_kept = match probe {
            Probe::Kept if self.close > 0 => {
                self.kept_after_close += 1;
                if self.kept_after_close < 2 {
                    return;
                }
                true
            }
            Probe::Kept => true,
            Probe::Close => {
                self.close += 1;
                if self.close < 2 {
                    return;
                }
                false
            }
            Probe::Missed => false,
        };
        (self.close, self.kept_after_close) = (0, 0);
        if is_kept {
            self.kept = Some(self.next);
        } else {
            self.missed = Some(self.next);
        }
        self.next = match (self.kept, self.missed) {
            (Some(kept), Some(missed)) if missed / kept <= RESOLUTION => kept,
            (Some(kept), Some(missed)) => rounded(f64::midpoint(kept, missed)),
            (Some(kept), None) => kept * 2.0,
            (None, _) => {
                self.halvings += 1;
                rounded(self.next / 2.0)
            }
        };
    }
}

/// Three digits, so that rates are easy to say.
fn rounded(rate: f64) -> f64 {
    let scale = 10_f64.powf(2.0 - rate.log10().floor());
    (rate * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Searches a server that keeps the goal up to `capacity`, and gives the rates tried.
    fn search(start: f64, capacity: f64) -> (Search, Vec<f64>) {
        let mut search = Search::new(start);
        let mut tried = Vec::new();
        while let Some(rate) = search.next() {
            tried.push(rate);
            assert!(tried.len() < 100, "{tried:?}");
            let probe = if rate <= capacity {
                Probe::Kept
            } else {
                Probe::Missed
            };
            search.take(probe);
        }
        (search, tried)
    }

    #[test]
    fn it_doubles_and_then_halves_the_gap() {
        let (found, tried) = search(1.0, 20.0);
        assert_eq!(tried, [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 24.0, 20.0, 22.0]);
        assert_eq!((found.kept(), found.missed()), (Some(20.0), Some(22.0)));
    }

    #[test]
    fn a_start_that_is_too_high_is_halved_and_given_up_in_the_end() {
        let (found, tried) = search(16.0, 3.0);
        assert_eq!(tried[..4], [16.0, 8.0, 4.0, 2.0]);
        assert_eq!((found.kept(), found.missed()), (Some(3.0), Some(3.25)));
        let (nothing, tried) = search(1.0, 0.0);
        assert_eq!(nothing.kept(), None);
        assert_eq!(tried.len(), 7);
    }

    #[test]
    fn what_never_misses_ends_at_the_highest_rate() {
        let (found, _) = search(1.0, f64::INFINITY);
        assert_eq!((found.kept(), found.missed()), (Some(65_536.0), None));
    }

    #[test]
    fn of_a_close_miss_two_of_three_probes_decide() {
        use Probe::{Close, Kept, Missed};
        let at = |probes: &[Probe]| {
            let mut search = Search::new(8.0);
            for probe in probes {
                assert_eq!(search.next(), Some(8.0), "{probes:?}");
                search.take(*probe);
            }
            (search.kept(), search.missed())
        };
        assert_eq!(at(&[Close]), (None, None));
        assert_eq!(at(&[Close, Close]), (None, Some(8.0)));
        assert_eq!(at(&[Close, Kept, Kept]), (Some(8.0), None));
        assert_eq!(at(&[Close, Kept, Close]), (None, Some(8.0)));
        assert_eq!(at(&[Close, Missed]), (None, Some(8.0)));
    }

    proptest! {
        #[test]
        fn what_is_found_is_close_below_the_capacity(start in 0.1..100.0, capacity in 0.5..5e4) {
            prop_assume!(capacity > start / 32.0);
            let (found, _) = search(start, capacity);
            let (kept, missed) = (found.kept().unwrap(), found.missed().unwrap());
            prop_assert!(kept <= capacity && capacity < missed);
            prop_assert!(missed / kept <= RESOLUTION * 1.01, "{kept} {missed}");
        }
    }
}

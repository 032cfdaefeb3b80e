//! Compares two groups of repeated runs: the Mann–Whitney test and the Hodges–Lehmann shift of logarithms.
//!
//! A restarted server settles at a different level, which a single run cannot show (Georges et al. 2007; Kalibera and
//! Jones 2013). Here the figure of each whole run is one sample, and no distribution is assumed.

use super::{CONFIDENCE, ConfidenceInterval};

/// The difference between two groups.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Difference {
    /// The figure of `new` as a multiple of that of `base`: the median of all ratios between a run of one group and a run
    /// of the other, with the interval that the test does not reject.
    ///
    /// `None` for an interval: the groups are too small to exclude anything.
    pub ratio: f64,
    /// The ends of the ratio at [`CONFIDENCE`].
    pub interval: Option<ConfidenceInterval>,
    /// The two-sided probability of ranks at least this far apart if there were no difference.
    pub p: f64,
}

/// Compares positive figures, one for each run. `None` for an empty group or a figure without a logarithm.
pub(crate) fn compare(base: &[f64], new: &[f64]) -> Option<Difference> {
    let is_positive = |figure: &f64| figure.is_finite() && *figure > 0.0;
    if base.is_empty() || new.is_empty() || !base.iter().chain(new).all(is_positive) {
        return None;
    }
    let mut shifts: Vec<f64> = new
        .iter()
        .flat_map(|n| base.iter().map(move |b| n.ln() - b.ln()))
        .collect();
    shifts.sort_unstable_by(f64::total_cmp);
    let pairs = shifts.len();
    let median = f64::midpoint(shifts[(pairs - 1) / 2], shifts[pairs / 2]);
    let chances = chances(base.len(), new.len());
    // The interval excludes as many shifts on each side as the test rejects.
    let mut tail = 0.0;
    let mut skipped = 0;
    for chance in &chances {
        tail += chance;
        if tail > (1.0 - CONFIDENCE) / 2.0 {
            break;
        }
        skipped += 1;
    }
    let interval = (skipped > 0).then(|| ConfidenceInterval {
        value: median.exp(),
        low: shifts[skipped - 1].exp(),
        high: shifts[pairs - skipped].exp(),
    });
    Some(Difference {
        ratio: median.exp(),
        interval,
        p: probability(&shifts, &chances),
    })
}

/// The two-sided p-value of U, the number of positive shifts. Ties count half.
fn probability(shifts: &[f64], chances: &[f64]) -> f64 {
    let u: f64 = shifts
        .iter()
        .map(|shift| match shift.total_cmp(&0.0) {
            std::cmp::Ordering::Greater => 1.0,
            _ if *shift == 0.0 => 0.5,
            _ => 0.0,
        })
        .sum();
    let smaller = u.min(shifts.len() as f64 - u);
    let tail: f64 = chances
        .iter()
        .enumerate()
        .take_while(|(value, _)| *value as f64 <= smaller)
        .map(|(_, chance)| chance)
        .sum();
    (2.0 * tail).min(1.0)
}

/// The probability of each value of U, from 0 to `n·m`, if both groups are alike. Mann and Whitney's recurrence, computed
/// row by row as the coefficients of the Gaussian binomial: for each further run of one group, multiply by
/// `(1 − x^(m+i)) / (1 − x^i)`.
fn chances(n: usize, m: usize) -> Vec<f64> {
    let size = n * m + 1;
    let mut ways = vec![0.0; size];
    ways[0] = 1.0;
    for i in 1..=n {
        for u in (m + i..size).rev() {
            ways[u] -= ways[u - m - i];
        }
        for u in i..size {
            ways[u] += ways[u - i];
        }
    }
    let all: f64 = ways.iter().sum();
    ways.iter().map(|ways| ways / all).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_are_those_of_enumeration() {
        // Of the 6 orders of 2 and 2 runs, U is 0, 1, 2, 2, 3, 4.
        let expected = [1.0, 1.0, 2.0, 1.0, 1.0].map(|ways| ways / 6.0);
        assert_eq!(chances(2, 2), expected);
        assert!((chances(7, 5).iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn groups_that_do_not_overlap_have_the_smallest_p() {
        // 2 / C(2n, n): the smallest two-sided p of n and n runs.
        for (runs, p) in [(3, 0.1), (4, 0.028_571), (5, 0.007_936)] {
            let base: Vec<f64> = (0..runs).map(|i| 1.0 + 0.01 * f64::from(i)).collect();
            let new: Vec<f64> = base.iter().map(|figure| figure * 2.0).collect();
            let found = compare(&base, &new).unwrap();
            assert!((found.p - p).abs() < 1e-5, "{runs}: {}", found.p);
            assert!((found.ratio - 2.0).abs() < 0.05);
        }
    }

    #[test]
    fn the_interval_excludes_one_exactly_when_p_is_small() {
        let three = compare(&[1.0, 1.01, 1.02], &[2.0, 2.1, 2.2]).unwrap();
        assert_eq!(three.interval, None, "three and three runs exclude nothing");
        let four = compare(&[1.0, 1.01, 1.02, 1.03], &[2.0, 2.1, 2.2, 2.3]).unwrap();
        assert!(four.p < 0.05 && four.interval.unwrap().excludes(1.0));
        let same = compare(&[1.0, 1.2, 1.1, 1.3], &[1.25, 1.05, 1.15, 1.22]).unwrap();
        assert!(same.p > 0.05 && !same.interval.unwrap().excludes(1.0));
    }

    #[test]
    fn equal_groups_do_not_differ() {
        let found = compare(&[1.0; 5], &[1.0; 5]).unwrap();
        assert!((found.ratio - 1.0).abs() < 1e-12);
        assert!(found.p > 0.5);
    }

    #[test]
    fn empty_groups_and_invalid_figures_have_no_difference() {
        assert_eq!(compare(&[], &[1.0]), None);
        assert_eq!(compare(&[1.0], &[0.0]), None);
    }
}

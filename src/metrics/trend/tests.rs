#![expect(
    clippy::float_cmp,
    reason = "sums of whole numbers and samples that are kept are exact"
)]

use proptest::prelude::*;

use super::*;

fn trend(unit: Unit, samples: &[f64]) -> Trend {
    let mut trend = Trend::new(unit);
    for &sample in samples {
        trend.add(sample, 1);
    }
    trend
}

/// The rule in its plainest form: sort, then interpolate at rank `p/100 · (n − 1)`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank is from 0 to the number of samples"
)]
fn oracle(samples: &[f64], percent: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = percent / 100.0 * (sorted.len() - 1) as f64;
    let (low, high) = (sorted[rank.floor() as usize], sorted[rank.ceil() as usize]);
    low + (high - low) * rank.fract()
}

#[test]
fn a_few_samples_give_the_figures_k6_gives() {
    let trend = trend(Unit::Plain, &[10.0, 4.0, 2.0, 8.0, 6.0]);
    let figure = |stat| trend.stat(stat).unwrap();
    assert_eq!(
        (figure(Stat::Count), figure(Stat::Sum), figure(Stat::Avg)),
        (5.0, 30.0, 6.0)
    );
    assert_eq!(
        (figure(Stat::Min), figure(Stat::Med), figure(Stat::Max)),
        (2.0, 6.0, 10.0)
    );
    assert_eq!(figure(Stat::Percentile(90.0)), 9.2);
    assert_eq!(figure(Stat::Percentile(0.0)), 2.0);
    assert_eq!(figure(Stat::Percentile(100.0)), 10.0);
    assert_eq!(trend.relative_error(), 0.0);
    assert_eq!(
        (trend.stat(Stat::Rate), trend.stat(Stat::Value)),
        (None, None)
    );
}

#[test]
fn without_samples_every_figure_is_zero() {
    let trend = Trend::new(Unit::Time);
    for stat in [
        Stat::Avg,
        Stat::Min,
        Stat::Med,
        Stat::Max,
        Stat::Sum,
        Stat::Percentile(99.0),
    ] {
        assert_eq!(trend.stat(stat), Some(0.0));
    }
}

#[test]
fn samples_are_kept_up_to_the_bound_and_counted_beyond_it() {
    let mut trend = Trend::new(Unit::Time);
    trend.add(0.25, Trend::EXACT);
    assert_eq!(trend.relative_error(), 0.0);
    trend.add(0.25, 1);
    assert!(trend.relative_error() > 0.0);
    assert_eq!(trend.count(), Trend::EXACT + 1);
    // Least and greatest are exact, so equal samples are too.
    assert_eq!(trend.percentile(50.0), 0.25);
}

#[test]
fn samples_beyond_the_range_of_the_histogram_count_in_the_exact_figures() {
    let mut trend = trend(Unit::Plain, &[-1e300, 1e300, 5.0]);
    trend.add(3.0, Trend::EXACT);
    assert_eq!((trend.min(), trend.max()), (-1e300, 1e300));
    assert_eq!(trend.count(), Trend::EXACT + 3);
    assert!((trend.percentile(50.0) - 3.0).abs() <= 3.0 * trend.relative_error());
    assert!(trend.percentile(99.999).is_finite());
}

#[test]
fn huge_sums_stay_finite() {
    let mut trend = trend(Unit::Plain, &[f64::MAX, f64::MAX]);
    assert_eq!(trend.sum(), f64::MAX);
    assert!(trend.percentile(50.0).is_finite());
    trend.merge(&trend.clone());
    assert!(trend.avg().is_finite());
}

#[test]
fn clearing_removes_all_samples() {
    for n in [10, Trend::EXACT + 1] {
        let mut trend = Trend::new(Unit::Time);
        trend.add(-1.0, n);
        trend.add(1.0, n);
        trend.clear();
        assert_eq!(
            (trend.count(), trend.min(), trend.max(), trend.sum()),
            (0, 0.0, 0.0, 0.0)
        );
        trend.add(2.0, 3);
        assert_eq!(trend.percentile(50.0), 2.0, "after {n} samples");
    }
}

/// The maximum error of a figure from the histogram.
fn tolerance(trend: &Trend, samples: &[f64], step: f64) -> f64 {
    let largest = samples
        .iter()
        .fold(0.0_f64, |most, sample| most.max(sample.abs()));
    // Half a step of rounding, and what floating point adds.
    trend.relative_error() * largest + step / 2.0 + largest * 1e-12
}

fn samples() -> impl Strategy<Value = Vec<f64>> {
    let sample = prop_oneof![
        6 => 1e-9..1e3_f64,
        2 => -1e3..1e3_f64,
        1 => Just(0.0),
        1 => 0.0..1e-6_f64,
    ];
    proptest::collection::vec(sample, 1..400)
}

proptest! {
    #[test]
    fn percentiles_agree_with_a_sorted_list(samples in samples(), percent in 0.0..=100.0_f64) {
        let exact = trend(Unit::Time, &samples);
        prop_assert_eq!(exact.percentile(percent), oracle(&samples, percent));

        let mut counted = exact.clone();
        counted.counts();
        let off = (counted.percentile(percent) - oracle(&samples, percent)).abs();
        prop_assert!(off <= tolerance(&counted, &samples, 1e-9), "off by {off}");
    }

    #[test]
    fn a_percentile_of_positive_samples_is_within_the_relative_error(
        samples in proptest::collection::vec(1e-5..1e5_f64, 1..400),
        percent in 0.0..=100.0_f64,
    ) {
        let mut trend = trend(Unit::Time, &samples);
        trend.counts();
        let exact = oracle(&samples, percent);
        let off = (trend.percentile(percent) - exact).abs();
        prop_assert!(off <= exact * trend.relative_error() + 1e-9, "off by {off} of {exact}");
    }

    #[test]
    fn the_order_of_merging_makes_no_difference(
        parts in proptest::collection::vec((samples(), 1..200_u64), 2..6),
        order in proptest::collection::vec(any::<proptest::sample::Index>(), 8),
    ) {
        let parts: Vec<Trend> = parts
            .into_iter()
            .map(|(samples, n)| {
                let mut trend = Trend::new(Unit::Plain);
                for sample in samples {
                    trend.add(sample, n);
                }
                trend
            })
            .collect();
        let merge = |parts: &[Trend]| {
            let mut all = Trend::new(Unit::Plain);
            for part in parts {
                all.merge(part);
            }
            all
        };
        let mut shuffled = parts.clone();
        for (at, with) in order.iter().enumerate() {
            let len = shuffled.len();
            shuffled.swap(at % len, with.index(len));
        }
        let (one, two) = (merge(&parts), merge(&shuffled));
        prop_assert_eq!((one.count(), one.min(), one.max()), (two.count(), two.min(), two.max()));
        prop_assert_eq!(one.relative_error(), two.relative_error());
        prop_assert!((one.sum() - two.sum()).abs() <= one.count() as f64 * 1e-9);
        for percent in [0.0, 10.0, 50.0, 90.0, 99.0, 99.9, 100.0] {
            prop_assert_eq!(one.percentile(percent), two.percentile(percent));
        }
        // Merging is as exact as recording in one place.
        prop_assert_eq!(one.relative_error() == 0.0, one.count() <= Trend::EXACT);
    }
}

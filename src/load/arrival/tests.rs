use proptest::prelude::*;

use super::super::{RampStage, StartRate};
use super::*;
use crate::parts::Part;

fn constant(rate: u32, seconds: u64) -> RateCurve {
    RateCurve::constant(
        StartRate::from(rate),
        Duration::from_secs(1),
        Duration::from_secs(seconds),
    )
}

fn up_and_down(peak: u32, seconds: u64) -> RateCurve {
    let duration = Duration::from_secs(seconds);
    let stages = [
        RampStage {
            duration,
            target: StartRate::from(peak),
        },
        RampStage {
            duration,
            target: StartRate::default(),
        },
    ];
    RateCurve::ramping(StartRate::default(), &stages, Duration::from_secs(1))
}

fn poisson(curve: RateCurve, seed: u64) -> Vec<Duration> {
    Arrivals::new(curve, Spacing::POISSON, seed).collect()
}

#[test]
fn uniform_starts_follow_the_curve() {
    let curve = up_and_down(20, 10);
    let starts: Vec<_> = Arrivals::new(curve.clone(), Spacing::Uniform, 0).collect();
    assert_eq!(starts.len() as u64, curve.planned());
    for (n, start) in (0..).zip(&starts) {
        assert_eq!(curve.start_of(n), Some(*start));
    }
}

#[test]
fn a_seed_repeats_a_poisson_schedule() {
    let starts = poisson(constant(100, 60), 1);
    assert_eq!(starts, poisson(constant(100, 60), 1));
    assert_ne!(starts, poisson(constant(100, 60), 2));
}

#[test]
fn poisson_gaps_are_exponential() {
    // Kolmogorov-Smirnov distance between the gaps and 1 - exp(-rate * gap), at the 0.1 % level.
    let mut gaps: Vec<f64> = poisson(constant(100, 1000), 3)
        .windows(2)
        .map(|pair| pair[1].as_secs_f64() - pair[0].as_secs_f64())
        .collect();
    gaps.sort_unstable_by(f64::total_cmp);
    let n = gaps.len() as f64;
    let distance = (0_u32..)
        .zip(&gaps)
        .map(|(index, gap)| ((1.0 - (-100.0 * gap).exp()) - (f64::from(index) + 0.5) / n).abs())
        .fold(0.0, f64::max);
    assert!(
        distance < 1.95 / n.sqrt(),
        "distance {distance} over {n} gaps"
    );
    // The number of starts has mean and variance 100 000.
    assert!((n - 100_000.0).abs() < 4.0 * 100_000_f64.sqrt(), "{n} gaps");
}

#[test]
fn poisson_starts_follow_the_ramp() {
    // Of a triangle, a quarter of the area lies in each of these four intervals.
    let starts = poisson(up_and_down(1000, 100), 5);
    let bounds = [
        0.0,
        50_f64.sqrt() * 10.0,
        100.0,
        200.0 - 50_f64.sqrt() * 10.0,
        200.0,
    ];
    for pair in bounds.windows(2) {
        let inside = |start: &&Duration| (pair[0]..pair[1]).contains(&start.as_secs_f64());
        let count = starts.iter().filter(inside).count() as f64;
        assert!(
            (count - 25_000.0).abs() < 4.0 * 25_000_f64.sqrt(),
            "{count} within {pair:?} s"
        );
    }
}

#[test]
fn the_mean_rate_does_not_depend_on_the_burstiness() {
    for shape in [0.1, 0.5, 1.0, 4.0, 50.0] {
        let arrival = Spacing::Random(Burstiness::new(shape).unwrap());
        let starts = Arrivals::new(up_and_down(1000, 100), arrival, 9);
        let (n, planned) = (starts.count() as f64, 100_000_f64);
        // The number of starts of a renewal process has the variance planned / shape.
        let error = 4.0 * (planned / shape).sqrt() + 1.0 / shape;
        assert!((n - planned).abs() < error, "{n} starts at {shape}");
    }
}

#[test]
fn a_number_of_starts_can_end_before_the_curve() {
    let five = Arrivals::new(constant(2, 10), Spacing::Uniform, 0).up_to(Some(5));
    assert_eq!(five.clone().last(), Some(Duration::from_secs(2)));
    let (mut taken, mut skipped) = (five.clone(), five);
    assert!(!taken.is_complete());
    assert_eq!(taken.by_ref().count(), 5);
    assert_eq!(skipped.skip_before(Duration::from_secs(9)), 5);
    assert!(taken.is_complete() && skipped.is_complete());

    let mut ended = Arrivals::new(constant(2, 2), Spacing::Uniform, 0).up_to(Some(5));
    assert_eq!(ended.by_ref().count(), 4);
    assert!(!ended.is_complete(), "the curve came first");
}

#[test]
fn a_number_of_random_starts_has_the_given_rate() {
    for (shape, seed) in [(0.2, 1), (1.0, 2), (1.0, 3), (50.0, 4)] {
        let arrival = Spacing::Random(Burstiness::new(shape).unwrap());
        let starts: Vec<f64> = Arrivals::new(constant(20, 60), arrival, seed)
            .up_to(Some(20))
            .map(|start| start.as_secs_f64())
            .collect();
        assert_eq!(starts.len(), 20, "{shape}");
        // Twenty at twenty a second take a second, with the same time before the first and after the last.
        assert!(
            (starts[0] - (1.0 - starts[19])).abs() < 1e-6,
            "{shape}: {starts:?}"
        );
        // Their gaps are proportional to those of the same seed without a limit.
        let free: Vec<f64> = Arrivals::new(constant(20, 60), arrival, seed)
            .take(20)
            .map(|start| start.as_secs_f64())
            .collect();
        let scale = 1.0 / free[19];
        for n in 1..20 {
            let moved = starts[n] - starts[0] - free[n - 1] * scale;
            assert!(moved.abs() < 1e-6, "{shape}: {n}");
        }
    }
}

#[test]
fn there_is_no_start_after_the_end() {
    let mut arrivals = Arrivals::new(constant(2, 1), Spacing::Uniform, 0);
    assert_eq!(arrivals.by_ref().count(), 2);
    assert_eq!((arrivals.next(), arrivals.peek()), (None, None));
    assert_eq!(arrivals.skip_before(Duration::MAX), 0);
}

#[test]
fn a_start_at_a_time_is_not_before_it() {
    let mut arrivals = Arrivals::new(constant(10, 1), Spacing::Uniform, 0);
    assert_eq!(arrivals.skip_before(Duration::from_millis(500)), 5);
    assert_eq!(arrivals.peek(), Some(Duration::from_millis(500)));
}

#[test]
fn starts_are_in_order_even_if_floats_cannot_distinguish_them() {
    // After a century, the floats next to each other are half a microsecond apart, and starts a nanosecond.
    let century = Duration::from_hours(876_000);
    let stages = [RampStage {
        duration: century,
        target: StartRate::MAX,
    }];
    let curve = RateCurve::ramping(StartRate::default(), &stages, Duration::from_secs(1));
    let mut arrivals = Arrivals::new(curve, Spacing::Uniform, 0);
    arrivals.skip_before(century.saturating_sub(Duration::from_hours(1)));
    assert!(arrivals.take(100_000).is_sorted());
}

fn any_arrivals() -> impl Strategy<Value = Arrivals> {
    any_end_and_arrivals().prop_map(|(_, arrivals)| arrivals)
}

/// Arrivals, and the end of their curve.
fn any_end_and_arrivals() -> impl Strategy<Value = (Duration, Arrivals)> {
    let stages = prop::collection::vec((0_u64..2_000, 0_u32..60), 1..5);
    let arrival = prop::option::of(0.02_f64..20.0);
    let limit = prop::option::of(0_u64..100);
    (0_u32..60, stages, arrival, any::<u64>(), limit).prop_map(
        |(start, stages, shape, seed, limit)| {
            let stages: Vec<_> = stages
                .into_iter()
                .map(|(millis, target)| RampStage {
                    duration: Duration::from_millis(millis),
                    target: StartRate::from(target),
                })
                .collect();
            let curve = RateCurve::ramping(StartRate::from(start), &stages, Duration::from_secs(1));
            let shape = shape.and_then(Burstiness::new);
            let arrival = shape.map_or(Spacing::Uniform, Spacing::Random);
            let end = curve.duration();
            (end, Arrivals::new(curve, arrival, seed).up_to(limit))
        },
    )
}

proptest! {
    #[test]
    fn starts_are_in_order_and_before_the_end((end, arrivals) in any_end_and_arrivals()) {
        let starts: Vec<_> = arrivals.collect();
        prop_assert!(starts.is_sorted());
        prop_assert!(starts.iter().all(|start| *start < end));
    }

    #[test]
    fn a_number_of_even_starts_is_a_prefix(rate in 0_u32..60, starts in 0_u64..50) {
        let arrivals = Arrivals::new(constant(rate, 2), Spacing::Uniform, 0);
        let limited: Vec<_> = arrivals.clone().up_to(Some(starts)).collect();
        let all: Vec<_> = arrivals.collect();
        prop_assert_eq!(limited.len() as u64, starts.min(all.len() as u64));
        prop_assert!(all.starts_with(&limited));
    }

    #[test]
    fn the_default_limit_is_long_enough(shape in 0.01_f64..50.0, starts in 1_u64..300, seed: u64) {
        for arrival in [Spacing::Uniform, Spacing::Random(Burstiness::new(shape).unwrap())] {
            // Half of a gap near 0 leaves the last start at the end of the curve, which is no longer part of it.
            let seconds = Duration::from_secs_f64(arrival.ample(starts)) + Duration::from_millis(1);
            let curve = RateCurve::constant(StartRate::from(1), Duration::from_secs(1), seconds);
            let planned = Arrivals::new(curve, arrival, seed).up_to(Some(starts)).count();
            prop_assert_eq!(planned as u64, starts);
        }
    }

    #[test]
    fn the_parts_together_have_all_starts(
        arrivals in any_arrivals(), parts in 1_u64..9, vus in 1_u64..9, limit in prop::option::of(0_u64..60),
        millis in 0_u64..10_000,
    ) {
        let whole: Vec<_> = arrivals.clone().up_to(limit).collect();
        let t = Duration::from_millis(millis);
        let mut all = Vec::new();
        for index in 0..parts {
            let assignment = Assignment::new(Part::new(index, parts).unwrap(), 0, vus);
            let own = arrivals.clone().up_to(limit).assigned(assignment);
            let mut skipping = own.clone();
            let starts: Vec<_> = own.collect();
            prop_assert_eq!(starts.len() as u64, assignment.start_count(whole.len() as u64));
            let numbered = (0..).zip(&starts).map(|(own, start)| (assignment.start_number(own), *start));
            all.extend(numbered);
            let before = starts.iter().filter(|start| **start < t).count();
            prop_assert_eq!(skipping.skip_before(t), before as u64);
            prop_assert!(skipping.eq(starts[before..].iter().copied()));
        }
        all.sort_unstable();
        prop_assert!(all.into_iter().eq((0..).zip(whole)));
    }

    #[test]
    fn skipping_equals_taking(arrivals in any_arrivals(), millis in 0_u64..10_000) {
        let t = Duration::from_millis(millis);
        let (mut skipping, mut taking) = (arrivals.clone(), arrivals);
        let skipped = skipping.skip_before(t);
        for _ in 0..skipped {
            prop_assert!(taking.next().unwrap() < t);
        }
        prop_assert!(taking.peek().is_none_or(|next| next >= t));
        prop_assert!(skipping.eq(taking));
    }
}

proptest! {
    #[test]
    fn a_list_is_replayed_unchanged(
        mut millis in prop::collection::vec(0_u64..5_000, 0..200),
        t in 0_u64..6_000,
        limit in prop::option::of(0_u64..250),
    ) {
        millis.sort_unstable();
        let times: Vec<Duration> = millis.iter().map(|ms| Duration::from_millis(*ms)).collect();
        let count = limit.map_or(times.len(), |limit| times.len().min(usize::try_from(limit).unwrap()));
        let mut arrivals = Arrivals::listed(times.clone().into()).up_to(limit);
        prop_assert_eq!(arrivals.clone().collect::<Vec<_>>(), &times[..count]);

        // Each start is either skipped or returned, once.
        let t = Duration::from_millis(t);
        let skipped = arrivals.skip_before(t);
        prop_assert_eq!(skipped, times[..count].iter().filter(|time| **time < t).count() as u64);
        let rest: Vec<_> = arrivals.by_ref().collect();
        prop_assert_eq!(&rest[..], &times[usize::try_from(skipped).unwrap()..count]);
        prop_assert!(arrivals.is_complete());
    }
}

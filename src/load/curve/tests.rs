#![expect(
    clippy::float_cmp,
    reason = "whole and half numbers are exact in a float"
)]

use proptest::prelude::*;

use super::*;

impl RateCurve {
    /// The end of the curve; every start lies before it.
    pub(crate) fn duration(&self) -> Duration {
        self.ramp.duration()
    }

    /// The planned rate at `t`, in starts per second.
    pub(crate) fn per_second_at(&self, t: Duration) -> f64 {
        self.ramp.value_at(t) * 2e9 / self.twice_area_per_start as f64
    }

    /// The integral up to `t`: the number of starts due by then, with a fraction.
    pub(crate) fn starts_by(&self, t: Duration) -> f64 {
        self.ramp.integral_to(t) * 2e9 / self.twice_area_per_start as f64
    }
}

const SECOND: Duration = Duration::from_secs(1);

fn constant(rate: f64, seconds: u64) -> RateCurve {
    RateCurve::constant(
        StartRate::new(rate).unwrap(),
        SECOND,
        Duration::from_secs(seconds),
    )
}

#[test]
fn a_constant_rate_has_equal_gaps_from_the_beginning() {
    let curve = constant(4.0, 2);
    let starts: Vec<_> = (0..curve.planned())
        .map(|n| curve.start_of(n).unwrap())
        .collect();
    let expected: Vec<_> = (0..8).map(|n| Duration::from_millis(n * 250)).collect();
    assert_eq!(starts, expected);
    assert_eq!(curve.start_of(8), None);
}

#[test]
fn the_time_unit_scales_the_rate() {
    let curve = RateCurve::constant(
        StartRate::from(30),
        Duration::from_mins(1),
        Duration::from_mins(1),
    );
    assert_eq!(curve.planned(), 30);
    assert_eq!(curve.start_of(1), Some(Duration::from_secs(2)));
    assert_eq!(curve.per_second_at(SECOND), 0.5);
    assert_eq!(curve.starts_by(Duration::from_secs(10)), 5.0);
}

#[test]
fn starts_do_not_drift_over_a_day() {
    // 1/7 s is not a whole number of nanoseconds: adding up gaps would be wrong by 0.1 s after a day.
    let curve = constant(7.0, 86_400);
    assert_eq!(curve.planned(), 604_800);
    for n in [0, 1, 7, 604_793, 604_799] {
        let exact = Duration::from_nanos(n * 1_000_000_000 / 7);
        assert_eq!(curve.start_of(n), Some(exact), "start {n}");
    }
    assert_eq!(constant(0.1, 3600).planned(), 360);
    assert_eq!(constant(333.3, 3600).planned(), 1_199_880);
}

#[test]
fn a_ramp_has_as_many_starts_as_its_area() {
    // From 0 to 10 a second in 10 s: start n at sqrt(2 n) seconds.
    let stages = [RampStage {
        duration: Duration::from_secs(10),
        target: StartRate::from(10),
    }];
    let curve = RateCurve::ramping(StartRate::default(), &stages, SECOND);
    assert_eq!(curve.planned(), 50);
    for n in [0_u32, 1, 2, 25, 49] {
        let start = curve.start_of(u64::from(n)).unwrap().as_secs_f64();
        assert!(
            (start - f64::from(2 * n).sqrt()).abs() < 2e-9,
            "start {n}: {start}"
        );
    }
}

#[test]
fn a_rate_of_zero_has_no_starts() {
    let curve = constant(0.0, 60);
    assert_eq!(curve.planned(), 0);
    assert_eq!(curve.start_of(0), None);
}

proptest! {
    /// The area is computed again here, stage by stage, in whole numbers.
    #[test]
    fn the_number_of_starts_is_the_integral_rounded_up(
        start in 0_u32..50,
        stages in prop::collection::vec((0_u32..3_000, 0_u32..50), 1..6),
        unit_ms in 1_u32..5_000,
    ) {
        let mut area = 0_u64;
        let mut from = start;
        for &(millis, target) in &stages {
            area += u64::from(from + target) * u64::from(millis);
            from = target;
        }
        let stages: Vec<_> = stages
            .iter()
            .map(|&(millis, target)| RampStage {
                duration: Duration::from_millis(millis.into()),
                target: StartRate::from(target),
            })
            .collect();
        let curve = RateCurve::ramping(StartRate::from(start), &stages, Duration::from_millis(unit_ms.into()));
        prop_assert_eq!(curve.planned(), area.div_ceil(2 * u64::from(unit_ms)));
        prop_assert_eq!(curve.start_of(curve.planned()), None);
        let mut previous = Duration::ZERO;
        for n in 0..curve.planned() {
            let start = curve.start_of(n).unwrap();
            prop_assert!(start < curve.duration());
            prop_assert!(start + Duration::from_nanos(1) >= previous, "in order to the nanosecond");
            let error = (curve.starts_by(start) - n as f64).abs();
            prop_assert!(error <= 1e-9 + 2e-9 * 50.0 * 1000.0 / f64::from(unit_ms), "start {n}: {error}");
            previous = start;
        }
    }
}

#![expect(
    clippy::float_cmp,
    reason = "whole and half numbers are exact in a float"
)]

use proptest::prelude::*;

use super::*;

impl Ramp {
    /// The end of the last stage.
    pub(crate) fn duration(&self) -> Duration {
        Duration::from_nanos(
            self.pieces
                .last()
                .map_or(0, |piece| piece.start + piece.length),
        )
    }

    /// The level at `t`, after a jump at that time; after the end, the last target.
    pub(crate) fn value_at(&self, t: Duration) -> f64 {
        let t = nanoseconds(t);
        match self.pieces.get(
            self.pieces
                .partition_point(|piece| piece.start + piece.length <= t),
        ) {
            Some(piece) => piece.value_at(t - piece.start),
            None => self.pieces.last().map_or(0, |piece| piece.to) as f64,
        }
    }

    /// The area under the ramp from 0 to `t`, in level × seconds; constant after the end.
    pub(crate) fn integral_to(&self, t: Duration) -> f64 {
        const TWICE_AREA_PER_LEVEL_SECOND: f64 = 2e9;
        let t = nanoseconds(t);
        let index = self
            .pieces
            .partition_point(|piece| piece.start + piece.length <= t);
        let before = index
            .checked_sub(1)
            .map_or(0, |last| self.pieces[last].twice_area_at_end);
        let inside = self.pieces.get(index).map_or(0.0, |piece| {
            let offset = t - piece.start;
            (piece.from as f64 + piece.value_at(offset)) * offset as f64
        });
        (before as f64 + inside) / TWICE_AREA_PER_LEVEL_SECOND
    }
}

impl RampPiece {
    fn value_at(&self, offset: u64) -> f64 {
        let (from, to) = (self.from as f64, self.to as f64);
        from + (to - from) * (offset as f64 / self.length as f64)
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn ramp(start: u64, stages: &[(u64, u64)]) -> Ramp {
    let stages = stages.iter().map(|&(secs, target)| RampStage {
        duration: seconds(secs),
        target,
    });
    Ramp::new(start, stages)
}

#[test]
fn the_level_changes_linearly() {
    let ramp = ramp(0, &[(10, 20), (5, 20), (10, 0)]);
    assert_eq!(ramp.duration(), seconds(25));
    for (t, value) in [
        (0, 0.0),
        (5, 10.0),
        (10, 20.0),
        (12, 20.0),
        (20, 10.0),
        (25, 0.0),
        (99, 0.0),
    ] {
        assert_eq!(ramp.value_at(seconds(t)), value, "value at {t} s");
    }
    for (t, area) in [
        (0, 0.0),
        (5, 25.0),
        (10, 100.0),
        (15, 200.0),
        (25, 300.0),
        (99, 300.0),
    ] {
        assert_eq!(ramp.integral_to(seconds(t)), area, "integral to {t} s");
    }
}

#[test]
fn a_stage_without_duration_jumps() {
    let ramp = ramp(4, &[(1, 4), (0, 10), (1, 10), (0, 0)]);
    assert_eq!(ramp.value_at(Duration::from_millis(999)), 4.0);
    assert_eq!(ramp.value_at(seconds(1)), 10.0);
    assert_eq!(ramp.value_at(seconds(2)), 0.0);
    assert_eq!(ramp.integral_to(seconds(2)), 14.0);
}

#[test]
fn without_stages_there_is_no_area() {
    let ramp = ramp(7, &[]);
    assert_eq!(ramp.duration(), Duration::ZERO);
    assert_eq!(ramp.integral_to(seconds(3)), 0.0);
    assert_eq!(ramp.time_of(0), None);
}

#[test]
fn the_inverse_skips_a_stage_at_zero() {
    let ramp = ramp(0, &[(5, 0), (0, 2), (5, 2), (0, 0), (5, 0), (5, 2)]);
    assert_eq!(ramp.time_of(0), Some(seconds(5)), "the level is 0 for 5 s");
    assert_eq!(
        ramp.time_of(twice(10.0)),
        Some(seconds(15)),
        "the level is 0 from 10 s to 15 s"
    );
    assert_eq!(ramp.time_of(twice(15.0)), None, "the whole area is 15");
}

#[test]
fn the_inverse_is_exact_near_the_end_of_a_fall() {
    // One level second before the end of a fall from 1000 to 0 over an hour, 2.68 s remain: sqrt(2 * 3600 / 1000).
    let ramp = ramp(1000, &[(3600, 0)]);
    let start = ramp.time_of(twice(1_800_000.0 - 1.0)).unwrap();
    let rest = ramp.duration().as_secs_f64() - start.as_secs_f64();
    assert!((rest - 7.2_f64.sqrt()).abs() < 1e-8, "{rest}");
}

#[test]
fn times_are_not_rounded_up_to_the_end() {
    let ramp = ramp(0, &[(3600, Ramp::MAX_LEVEL)]);
    assert!(ramp.time_of(ramp.twice_area() - 1).unwrap() < ramp.duration());
}

#[test]
fn huge_ramps_do_not_overflow() {
    let stage = RampStage {
        duration: Duration::MAX,
        target: u64::MAX,
    };
    let ramp = Ramp::new(u64::MAX, [stage, stage, stage]);
    assert_eq!(ramp.duration(), Duration::from_nanos(u64::MAX));
    assert_eq!(ramp.value_at(Duration::MAX), Ramp::MAX_LEVEL as f64);
    assert!(ramp.time_of(ramp.twice_area() - 1).unwrap() < ramp.duration());
}

proptest! {
    #[test]
    fn the_inverse_is_the_inverse_of_the_integral(
        start in 0_u64..1000,
        stages in prop::collection::vec((0_u64..100, 0_u64..1000), 1..6),
        share in 0.0_f64..1.0,
    ) {
        let ramp = ramp(start, &stages);
        prop_assume!(ramp.twice_area() > 0);
        let wanted = share * ramp.integral_to(ramp.duration());
        let t = ramp.time_of(twice(wanted)).unwrap();
        prop_assert!(t < ramp.duration());
        // One nanosecond at the highest level moves the area by a millionth.
        prop_assert!((ramp.integral_to(t) - wanted).abs() <= 2e-6, "{} {wanted}", ramp.integral_to(t));
    }

    #[test]
    fn the_integral_never_falls(
        start in 0_u64..100,
        stages in prop::collection::vec((0_u64..10, 0_u64..100), 0..6),
        a in 0_u64..60_000,
        b in 0_u64..60_000,
    ) {
        let ramp = ramp(start, &stages);
        let (early, late) = (Duration::from_millis(a.min(b)), Duration::from_millis(a.max(b)));
        prop_assert!(ramp.integral_to(early) <= ramp.integral_to(late) + 1e-9);
    }
}

/// Twice an area given in level seconds.
fn twice(area: f64) -> u128 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "small and positive"
    )]
    let twice = (area * 2e9) as u128;
    twice
}

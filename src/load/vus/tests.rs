use proptest::prelude::*;

use super::*;

impl VuRamp {
    /// The number of active VUs at `t`; 0 from the end on.
    fn active_at(&self, t: Duration) -> u64 {
        let mut start = Duration::ZERO;
        let mut level = self.start;
        for stage in &self.stages {
            let end = start.saturating_add(stage.duration);
            if t < end {
                return active_inside(*stage, level, t.saturating_sub(start));
            }
            start = end;
            level = stage.target;
        }
        0
    }
}

/// The inverse of [`crossing`]: the number of active VUs `offset` into the stage.
fn active_inside(stage: RampStage<u64>, from: u64, offset: Duration) -> u64 {
    let moved = |vu: u64| crossing(stage, from, vu) <= offset;
    // Crossings are in order, so a binary search finds the last one.
    let (mut passed, mut rest) = (0, from.abs_diff(stage.target));
    while rest > 0 {
        let step = rest.div_ceil(2);
        let at = if from < stage.target {
            from + passed + step
        } else {
            from - passed - step
        };
        if moved(at) {
            passed += step;
            rest -= step;
        } else {
            rest = step - 1;
        }
    }
    if from < stage.target {
        from + passed
    } else {
        from - passed
    }
}

fn ramp(start: u64, stages: &[(u64, u64)]) -> VuRamp {
    let stages = stages.iter().map(|&(millis, target)| RampStage {
        duration: at(millis),
        target,
    });
    VuRamp::new(start, stages.collect())
}

fn at(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn vus_start_one_after_another_and_stop_in_reverse_order() {
    let ramp = ramp(0, &[(4000, 4), (1000, 4), (2000, 0)]);
    assert_eq!(ramp.max_vus(), 4);
    assert_eq!(RampStage::total(&ramp.stages), at(7000));
    assert_eq!(ramp.intervals(0), [at(1000)..at(7000)]);
    assert_eq!(ramp.intervals(1), [at(2000)..at(6500)]);
    assert_eq!(ramp.intervals(3), [at(4000)..at(5500)]);
    assert_eq!(ramp.intervals(4), []);
    for (millis, active) in [
        (0, 0),
        (999, 0),
        (1000, 1),
        (4000, 4),
        (5499, 4),
        (5500, 3),
        (6999, 1),
        (7000, 0),
    ] {
        assert_eq!(ramp.active_at(at(millis)), active, "{millis} ms");
    }
}

#[test]
fn start_vus_are_active_from_the_beginning() {
    let ramp = ramp(2, &[(1000, 2), (0, 1), (1000, 1)]);
    assert_eq!(ramp.intervals(0), [at(0)..at(2000)]);
    assert_eq!(ramp.intervals(1), [at(0)..at(1000)]);
}

#[test]
fn a_vu_may_be_active_several_times() {
    let ramp = ramp(0, &[(1000, 2), (1000, 0), (1000, 0), (1000, 2)]);
    assert_eq!(ramp.intervals(0), [at(500)..at(2000), at(3500)..at(4000)]);
    assert_eq!(
        ramp.intervals(1),
        [at(1000)..at(1500)],
        "at 4000 ms the ramp is over"
    );
}

#[test]
fn jumps_away_and_back_do_not_interrupt_a_vu() {
    assert_eq!(
        ramp(1, &[(500, 1), (0, 0), (0, 1), (500, 1)]).intervals(0),
        [at(0)..at(1000)]
    );
}

#[test]
fn a_start_value_without_time_does_not_count() {
    assert_eq!(ramp(100, &[(0, 5), (1000, 3)]).max_vus(), 5);
    assert_eq!(ramp(100, &[(0, 5)]).max_vus(), 0);
}

proptest! {
    #[test]
    fn the_intervals_of_all_vus_add_up_to_the_number_of_vus(
        start in 0_u64..12,
        stages in prop::collection::vec((0_u64..50, 0_u64..12), 1..7),
        t in 0_u64..400,
    ) {
        let ramp = ramp(start, &stages);
        let t = at(t);
        let active = (0..12).filter(|vu| ramp.intervals(*vu).iter().any(|interval| interval.contains(&t)));
        prop_assert_eq!(active.count() as u64, ramp.active_at(t));
        prop_assert!(ramp.active_at(t) <= ramp.max_vus());
    }

    #[test]
    fn intervals_are_in_order_separate_and_within_the_ramp(
        start in 0_u64..6,
        stages in prop::collection::vec((0_u64..50, 0_u64..6), 1..9),
        vu in 0_u64..6,
    ) {
        let ramp = ramp(start, &stages);
        let intervals = ramp.intervals(vu);
        prop_assert!(intervals.iter().all(|interval| interval.start < interval.end));
        prop_assert!(intervals.windows(2).all(|pair| pair[0].end < pair[1].start));
        prop_assert!(intervals.last().is_none_or(|interval| interval.end <= RampStage::total(&ramp.stages)));
        prop_assert!(intervals.is_empty() || vu < ramp.max_vus());
    }

    #[test]
    fn nothing_overflows(start: u64, target: u64, vu: u64, t: u64) {
        let stages = vec![RampStage { duration: Duration::MAX, target }; 3];
        let ramp = VuRamp::new(start, stages);
        ramp.intervals(vu);
        ramp.active_at(Duration::from_nanos(t));
    }
}

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::{RampStage, RateCurve, Spacing, StartRate};
use super::*;

impl Schedule {
    fn new(arrivals: Arrivals) -> Self {
        Self::with_patience(arrivals, Duration::ZERO)
    }

    /// The number of taken starts that are not due at `now`: the idle VUs that sleep.
    fn outstanding(&self, now: Duration) -> usize {
        let mut state = self.state.lock();
        state.forget_due(now);
        state.ahead.len()
    }
}

fn at(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Ten a second for `seconds`: starts at 0, 100 ms, 200 ms, ...
fn ten_a_second(seconds: u64) -> Arrivals {
    let curve = RateCurve::constant(
        StartRate::from(10),
        Duration::from_secs(1),
        Duration::from_secs(seconds),
    );
    Arrivals::new(curve, Spacing::Uniform, 0)
}

fn next(number: u64, due: u64, dropped: u64) -> NextStart {
    NextStart {
        start: Some(PlannedStart {
            number,
            due: at(due),
        }),
        dropped,
    }
}

#[test]
fn idle_vus_take_starts_ahead() {
    let schedule = Schedule::new(ten_a_second(1));
    assert_eq!(schedule.take(at(0)), next(0, 0, 0));
    assert_eq!(schedule.take(at(0)), next(1, 100, 0));
    assert_eq!(schedule.take(at(0)), next(2, 200, 0));
    assert_eq!(schedule.outstanding(at(0)), 2, "the first VU has started");
    assert_eq!(schedule.outstanding(at(100)), 1);
    assert_eq!(
        schedule.outstanding(at(200)),
        0,
        "all busy: time for another VU"
    );
    assert_eq!(schedule.next_due(), Some(at(300)));
}

#[test]
fn a_start_that_no_vu_took_is_dropped() {
    let schedule = Schedule::new(ten_a_second(1));
    schedule.take(at(0));
    // The only VU was busy until 350 ms: the starts at 100, 200 and 300 ms are dropped.
    assert_eq!(schedule.take(at(350)), next(4, 400, 3));
    assert_eq!(
        schedule.counts(),
        StartCounts {
            taken: 2,
            dropped: 3
        }
    );
    // Busy until after the end: no start is left, and the drops are reported.
    assert_eq!(
        schedule.take(at(2000)),
        NextStart {
            start: None,
            dropped: 5
        }
    );
    assert_eq!(schedule.finish(at(2000)), 0);
}

#[test]
fn a_vu_that_is_idle_exactly_when_a_start_is_due_takes_it() {
    let schedule = Schedule::new(ten_a_second(1));
    schedule.take(at(0));
    assert_eq!(schedule.take(at(100)), next(1, 100, 0));
}

#[test]
fn a_start_within_the_patience_is_not_dropped() {
    let schedule = Schedule::with_patience(ten_a_second(1), at(5));
    schedule.take(at(0));
    assert_eq!(schedule.take(at(105)), next(1, 100, 0));
    assert_eq!(schedule.take(at(206)), next(3, 300, 1));
}

#[test]
fn the_end_drops_due_starts_that_were_not_taken() {
    let schedule = Schedule::new(ten_a_second(1));
    schedule.take(at(0));
    assert_eq!(
        schedule.finish(at(450)),
        4,
        "starts at 100, 200, 300 and 400 ms"
    );
    assert_eq!(schedule.finish(at(1000)), 0, "the end comes once");
    assert_eq!(
        schedule.take(at(450)),
        NextStart {
            start: None,
            dropped: 0
        }
    );
    assert_eq!(schedule.next_due(), None);
    assert_eq!(
        schedule.counts(),
        StartCounts {
            taken: 1,
            dropped: 4
        }
    );
}

#[test]
fn drops_are_counted_while_all_vus_are_busy() {
    let schedule = Schedule::with_patience(ten_a_second(1), at(5));
    schedule.take(at(0));
    assert_eq!(schedule.drop_overdue(at(105)), 0, "not yet");
    assert_eq!(schedule.drop_overdue(at(306)), 3);
    assert_eq!(schedule.take(at(350)), next(4, 400, 0), "told already");
    schedule.finish(at(1000));
    assert_eq!(schedule.drop_overdue(at(2000)), 0);
}

#[test]
fn starts_taken_for_a_time_after_the_end_do_not_count() {
    let schedule = Schedule::new(ten_a_second(1));
    for _ in 0..5 {
        schedule.take(at(0));
    }
    assert_eq!(schedule.finish(at(300)), 0);
    let counts = schedule.counts();
    assert_eq!((counts.taken, counts.dropped), (3, 0));
}

#[test]
fn a_number_of_starts_is_complete_when_none_is_left() {
    let schedule = Schedule::new(ten_a_second(1).up_to(Some(3)));
    schedule.take(at(0));
    schedule.take(at(0));
    assert!(!schedule.is_complete());
    assert_eq!(schedule.drop_overdue(at(201)), 1);
    assert!(schedule.is_complete());
    assert_eq!(
        (schedule.take(at(201)).start, schedule.next_due()),
        (None, None)
    );
    assert!(!Schedule::new(ten_a_second(0)).is_complete());
}

/// VUs on several threads, each with its own clock and busy times.
#[test]
fn threads_never_share_a_start() {
    let curve = RateCurve::constant(
        StartRate::from(1000),
        Duration::from_secs(1),
        Duration::from_secs(20),
    );
    let schedule = Schedule::new(Arrivals::new(curve.clone(), Spacing::Uniform, 0));
    let taken: Vec<u64> = std::thread::scope(|scope| {
        let vus: Vec<_> = (1..=4_u64)
            .map(|vu| {
                let schedule = &schedule;
                scope.spawn(move || {
                    let mut now = Duration::ZERO;
                    let mut mine = Vec::new();
                    while let Some(start) = schedule.take(now).start {
                        mine.push(start.number);
                        now = now.max(start.due) + Duration::from_micros(vu * 700);
                    }
                    mine
                })
            })
            .collect();
        vus.into_iter().flat_map(|vu| vu.join().unwrap()).collect()
    });
    schedule.finish(Duration::MAX);
    let counts = schedule.counts();
    assert_eq!(
        taken.iter().collect::<BTreeSet<_>>().len(),
        taken.len(),
        "no start twice"
    );
    assert_eq!(counts.taken, taken.len() as u64);
    assert_eq!(counts.taken + counts.dropped, curve.planned());
}

proptest! {
    /// A small simulation: VUs with given busy times take turns by their clocks.
    #[test]
    fn taken_and_dropped_starts_add_up_to_the_plan(
        stages in prop::collection::vec((0_u64..1_500, 0_u32..80), 1..4),
        even: bool,
        patience in 0_u64..20,
        vus in 1_usize..5,
        busy in prop::collection::vec(0_u64..400, 1..40),
    ) {
        let stages: Vec<_> = stages
            .into_iter()
            .map(|(millis, target)| RampStage { duration: at(millis), target: StartRate::from(target) })
            .collect();
        let curve = RateCurve::ramping(StartRate::default(), &stages, Duration::from_secs(1));
        let arrival = if even { Spacing::Uniform } else { Spacing::POISSON };
        let arrivals = Arrivals::new(curve.clone(), arrival, 11);
        let dues: Vec<_> = arrivals.clone().collect();
        let schedule = Schedule::with_patience(arrivals, at(patience));

        let mut busy = busy.into_iter().cycle();
        let mut clocks = vec![Duration::ZERO; vus];
        let (mut taken, mut dropped) = (BTreeSet::new(), 0);
        while let Some((vu, now)) = clocks.iter().copied().enumerate().min_by_key(|(_, now)| *now) {
            let next = schedule.take(now);
            dropped += next.dropped;
            match next.start {
                Some(start) => {
                    prop_assert!(taken.insert(start.number));
                    prop_assert_eq!(Some(&start.due), dues.get(usize::try_from(start.number).unwrap()));
                    prop_assert!(start.due + at(patience) >= now, "a start is no later than patience allows");
                    prop_assert!(schedule.outstanding(now) <= vus);
                    clocks[vu] = now.max(start.due) + at(busy.next().unwrap_or(0));
                }
                None => { clocks.swap_remove(vu); }
            }
        }
        dropped += schedule.finish(curve.duration());
        let counts = schedule.counts();
        prop_assert_eq!(counts, StartCounts { taken: taken.len() as u64, dropped });
        prop_assert_eq!(counts.taken + counts.dropped, dues.len() as u64);
    }
}

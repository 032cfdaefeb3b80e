use proptest::prelude::*;

use super::*;

/// A probe of a server whose figure grows with the rate and reaches its limit at `capacity`.
fn sure(rate: f64, capacity: f64) -> Probe {
    Probe::Measured {
        margin: 4.0 * (rate / capacity).ln(),
        is_sure: true,
    }
}

/// Searches with such a server and returns the rates that were tried.
fn search(start: f64, mut probe: impl FnMut(f64) -> (Probe, Option<f64>)) -> (Search, Vec<f64>) {
    let mut search = Search::new(start);
    let mut tried = Vec::new();
    while let Some(rate) = search.next() {
        tried.push(rate);
        let (probe, capacity) = probe(rate);
        search.take(rate, probe, capacity);
    }
    (search, tried)
}

#[test]
fn the_search_doubles_and_then_bisects() {
    let (found, tried) = search(1.0, |rate| (sure(rate, 20.0), None));
    assert_eq!(tried[..6], [1.0, 2.0, 4.0, 8.0, 16.0, 32.0]);
    let (kept, missed) = (found.kept().unwrap(), found.missed().unwrap());
    assert!(kept < 20.0 && missed >= 20.0 && missed / kept <= RESOLUTION);
    assert!(tried.len() <= 12, "{tried:?}");
}

#[test]
fn the_capacity_of_the_server_is_tried_first() {
    let (found, tried) = search(1.0, |rate| {
        let capacity = (rate > 20.0).then_some(20.0);
        (sure(rate, 20.1), capacity)
    });
    assert_eq!(tried[5..], [32.0, 20.0, 20.7]);
    assert_eq!((found.kept(), found.missed()), (Some(20.0), Some(20.7)));
}

#[test]
fn a_start_that_is_too_high_is_halved_a_few_times() {
    let (found, tried) = search(16.0, |rate| (sure(rate, 3.0), None));
    assert_eq!(tried[..4], [16.0, 8.0, 4.0, 2.0]);
    assert!(found.kept().unwrap() < 3.0);
    let (nothing, tried) = search(1.0, |_| (Probe::Failed, None));
    assert_eq!((nothing.kept(), tried.len()), (None, 7));
}

#[test]
fn no_rate_without_requests_is_tried() {
    let mut search = Search::new(1.0).no_lower_than(0.1);
    let mut tried = Vec::new();
    while let Some(rate) = search.next() {
        tried.push(rate);
        search.take(rate, Probe::Failed, None);
    }
    assert_eq!(tried, [1.0, 0.5, 0.25, 0.125]);
}

#[test]
fn a_goal_that_is_never_missed_ends_at_the_highest_rate() {
    let (found, _) = search(1.0, |rate| (sure(rate, f64::INFINITY), None));
    assert_eq!((found.kept(), found.missed()), (Some(65_536.0), None));
}

#[test]
fn only_rates_at_the_boundary_are_repeated_and_only_until_chance_is_excluded() {
    let (_, tried) = search(16.0, |rate| {
        let Probe::Measured { margin, .. } = sure(rate, 20.0) else {
            unreachable!()
        };
        (
            Probe::Measured {
                margin,
                is_sure: false,
            },
            None,
        )
    });
    let times = |rate: f64| {
        tried
            .iter()
            .filter(|tried| tried.total_cmp(&rate).is_eq())
            .count()
    };
    assert_eq!((times(16.0), times(32.0)), (1, 1));
    let most = tried.iter().map(|rate| times(*rate)).max();
    // Two equal probes have an interval without width.
    assert_eq!(most, Some(2), "{tried:?}");
}

#[test]
fn one_outlier_among_three_probes_does_not_decide() {
    let mut search = Search::new(20.0);
    let unsure = |margin| Probe::Measured {
        margin,
        is_sure: false,
    };
    search.take(20.0, unsure(0.1), None);
    search.take(19.5, unsure(-0.2), None);
    assert_eq!((search.kept(), search.missed()), (Some(19.5), Some(20.0)));
    assert_eq!(search.next(), Some(19.5), "it is not sure");
    search.take(19.5, unsure(0.9), None);
    search.take(19.5, unsure(-0.25), None);
    assert_eq!(search.kept(), Some(19.5));
}

#[test]
fn a_rate_at_which_the_client_was_late_is_retried_a_few_times() {
    let late = |rate: f64| match rate {
        rate if rate > 10.0 => (Probe::Unclear(0.1), None),
        rate => (sure(rate, 100.0), None),
    };
    let (found, tried) = search(4.0, late);
    assert_eq!(tried[..5], [4.0, 8.0, 16.0, 16.0, 16.0]);
    assert_eq!(found.missed(), None);
    assert!(found.unclear().unwrap() / found.kept().unwrap() <= RESOLUTION);
    assert_eq!(found.hopelessly_late(), None);
}

#[test]
fn lag_that_does_not_depend_on_the_rate_ends_the_search() {
    let (found, tried) = search(1.0, |_| (Probe::Unclear(0.3), None));
    assert_eq!(tried, [1.0, 1.0, 1.0, 0.5, 0.5, 0.5]);
    assert_eq!(found.hopelessly_late(), Some(0.3));
    // Lateness that grows with the rate does not end the search.
    let (found, _) = search(64.0, |rate| {
        if rate > 5.0 {
            (Probe::Unclear(rate / 100.0), None)
        } else {
            (sure(rate, 100.0), None)
        }
    });
    assert!(found.kept().is_some_and(|kept| kept > 4.5), "{found:?}");
}

#[test]
fn a_goal_that_the_fastest_request_misses_ends_the_search() {
    let (found, tried) = search(64.0, |_| (Probe::OutOfReach, None));
    assert_eq!(tried, [64.0, 32.0]);
    assert_eq!((found.kept(), found.missed()), (None, Some(32.0)));
}

proptest! {
    #[test]
    fn the_result_is_slightly_below_the_capacity(
        start in 0.1..100.0,
        capacity in 0.5..5e4,
        is_known: bool,
    ) {
        prop_assume!(capacity > start / 32.0);
        let (found, tried) = search(start, |rate| {
            let answered = (is_known && rate > capacity).then_some(capacity);
            (sure(rate, capacity), answered)
        });
        let (kept, missed) = (found.kept().unwrap(), found.missed().unwrap());
        prop_assert!(kept <= capacity && capacity <= missed);
        prop_assert!(missed / kept <= RESOLUTION, "{kept} {missed}");
        prop_assert!(tried.len() <= Search::MOST_PROBES as usize);
    }

    /// The search ends with a consistent result, however noisy the probes are.
    #[test]
    fn the_search_ends_despite_noise(seed: u64) {
        let mut state = seed;
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as f64 / f64::from(1_u32 << 31) - 0.5
        };
        let (found, tried) = search(1.0, |rate| {
            let Probe::Measured { margin, .. } = sure(rate, 20.0) else { unreachable!() };
            (Probe::Measured { margin: margin + 0.6 * noise(), is_sure: false }, None)
        });
        prop_assert!(tried.len() <= Search::MOST_PROBES as usize);
        let (kept, missed) = (found.kept().unwrap(), found.missed().unwrap());
        prop_assert!(kept < missed);
        // ±0.3 of the logarithm of the figure corresponds to ±7.5 % of the rate; the median of three usually halves it.
        prop_assert!((17.0..23.5).contains(&kept), "{kept}: {tried:?}");
    }
}

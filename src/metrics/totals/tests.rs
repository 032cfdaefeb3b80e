#![expect(
    clippy::float_cmp,
    reason = "sums of whole numbers and samples that are kept are exact"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use proptest::prelude::*;

use super::*;
use crate::metrics::{Tags, Trend};

#[test]
fn nothing_is_lost_while_workers_record_and_the_collector_collects() {
    const WORKERS: u64 = 4;
    const SAMPLES: u64 = 60_000;
    let registry = Registry::new(Vec::new());
    let (events, gap) = (
        registry.builtin().sse_event,
        registry.builtin().sse_event_gap,
    );
    let done = Arc::new(AtomicBool::new(false));
    let collector = std::thread::spawn({
        let (registry, done) = (Arc::clone(&registry), Arc::clone(&done));
        move || {
            let mut totals = Totals::new();
            while !done.load(Ordering::Acquire) {
                totals.collect(&registry);
            }
            totals.collect(&registry);
            totals
        }
    });
    let workers: Vec<_> = (0..WORKERS)
        .map(|_| {
            let recorder = registry.recorder();
            std::thread::spawn(move || {
                let one = recorder.series(events, &Tags::new());
                let other = recorder.series(gap, &Tags::new());
                for n in 0..SAMPLES {
                    recorder.add(&one, 1.0);
                    recorder.add(&other, n as f64);
                }
            })
        })
        .collect();
    for worker in workers {
        worker.join().unwrap();
    }
    done.store(true, Ordering::Release);
    let totals = collector.join().unwrap();
    assert_eq!(totals.count(events), (WORKERS * SAMPLES) as f64);
    let Some(Sink::Trend(gaps)) = totals.sink(gap.sink()) else {
        panic!("no trend")
    };
    assert_eq!(gaps.count(), WORKERS * SAMPLES);
    assert_eq!((gaps.min(), gaps.max()), (0.0, (SAMPLES - 1) as f64));
}

#[test]
fn the_shard_of_a_dropped_recorder_is_collected_once_more() {
    let registry = Registry::new(Vec::new());
    let recorder = registry.recorder();
    let events = registry.builtin().sse_event;
    recorder.add(&recorder.series(events, &Tags::new()), 2.0);
    drop(recorder);
    let mut totals = Totals::new();
    totals.collect(&registry);
    assert_eq!(totals.count(events), 2.0);
    assert!(registry.shards.all().is_empty());
    totals.collect(&registry);
    assert_eq!(totals.count(events), 2.0);
}

#[test]
fn a_gauge_has_its_last_value_whatever_the_order_of_merging() {
    let registry = Registry::new(Vec::new());
    let (first, second) = (registry.recorder(), registry.recorder());
    let vus = first.series(registry.builtin().vus, &Tags::new());
    second.add(&vus, 1.0);
    first.add(&vus, 7.0);
    second.add(&vus, 3.0);
    first.add(&vus, 5.0);
    let mut totals = Totals::new();
    totals.collect(&registry);
    let Some(Sink::Gauge(gauge)) = totals.sink(vus.metric().sink()) else {
        panic!("no gauge")
    };
    assert_eq!((gauge.value, gauge.min, gauge.max), (5.0, 1.0, 7.0));
}

#[test]
fn memory_does_not_grow_with_the_run() {
    let registry = Registry::new(Vec::new());
    let recorder = registry.recorder();
    let series = recorder.series(registry.builtin().sse_event_gap, &Tags::new());
    let mut totals = Totals::new();
    let mut sizes = Vec::new();
    for _ in 0..10 {
        for n in 0..Trend::EXACT {
            recorder.add(&series, n as f64);
        }
        totals.collect(&registry);
        sizes.push((
            totals.table.sinks.len(),
            totals.spare.sinks.len(),
            registry.sink_count(),
        ));
    }
    assert!(
        sizes[2..].windows(2).all(|two| two[0] == two[1]),
        "{sizes:?}"
    );
    let Some(Sink::Trend(trend)) = totals.sink(series.metric().sink()) else {
        panic!("no trend")
    };
    assert!(
        trend.relative_error() > 0.0,
        "the samples are counted, not kept"
    );
}

#[test]
fn an_interval_can_be_collected_separately_and_added_to_the_run() {
    let registry = Registry::new(Vec::new());
    let recorder = registry.recorder();
    let events = registry.builtin().sse_event;
    let series = recorder.series(events, &Tags::new());
    let (mut interval, mut run) = (Totals::new(), Totals::new());
    for n in 1..=3 {
        recorder.add(&series, f64::from(n));
        recorder.add(&series, f64::NAN);
        interval.clear();
        interval.collect(&registry);
        assert_eq!(
            (interval.count(events), interval.rejected()),
            (f64::from(n), 1)
        );
        run.merge(&interval);
    }
    assert_eq!((run.count(events), run.rejected()), (6.0, 3));
}

proptest! {
    #[test]
    fn the_distribution_of_samples_over_workers_makes_no_difference(
        samples in proptest::collection::vec((0..5_usize, 0..4_usize, -100..100_i32), 1..300),
    ) {
        // All on one worker, against spread over four and collected now and then.
        let (one, many) = (Registry::new(Vec::new()), Registry::new(Vec::new()));
        let spread: Vec<_> = (0..4).map(|_| many.recorder()).collect();
        let alone = one.recorder();
        let (mut expected, mut got) = (Totals::new(), Totals::new());
        let builtin = *one.builtin();
        let ids = [builtin.http_reqs, builtin.vus, builtin.checks, builtin.sse_event_gap, builtin.data_sent];
        for (n, &(id, worker, value)) in samples.iter().enumerate() {
            let series = alone.series(ids[id], &Tags::new());
            alone.add(&series, f64::from(value));
            spread[worker].add(&series, f64::from(value));
            if n % 50 == 0 {
                got.collect(&many);
            }
        }
        expected.collect(&one);
        got.collect(&many);
        prop_assert_eq!(expected.rejected(), got.rejected());
        for id in ids {
            let (expected, got) = (expected.sink(id.sink()), got.sink(id.sink()));
            match (expected, got) {
                (None, None) => {}
                (Some(Sink::Counter(a)), Some(Sink::Counter(b))) => prop_assert_eq!(a, b),
                (Some(Sink::Gauge(a)), Some(Sink::Gauge(b))) => prop_assert_eq!(a, b),
                (Some(Sink::Rate(a)), Some(Sink::Rate(b))) => prop_assert_eq!(a, b),
                (Some(Sink::Trend(a)), Some(Sink::Trend(b))) => {
                    prop_assert_eq!((a.count(), a.sum(), a.min()), (b.count(), b.sum(), b.min()));
                    prop_assert_eq!(a.percentile(90.0), b.percentile(90.0));
                }
                other => prop_assert!(false, "{other:?}"),
            }
        }
    }
}

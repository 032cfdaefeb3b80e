use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::metrics::{Catalog, MetricKind, Registry, RunFacts, Stat, Summary, Tags, Totals, Unit};

/// The samples of a series in the frames that begin between two times.
fn span(record: &Record, series: usize, from: Duration, until: Duration) -> Option<Point> {
    let within = |frame: &Frame| from <= frame.start && frame.start < until;
    let points = record.points(series).filter(|(frame, _)| within(frame));
    Point::joined(points.map(|(_, point)| point))
}

/// One sample: when it was recorded, in seconds, of which metric, and its value.
type Recorded = (u8, u8, f64);

/// The record of a process that recorded these samples. It began `started` seconds after the epoch.
fn process(samples: &[Recorded], started: u64) -> Record {
    let registry = Registry::new(Vec::new());
    let recorder = registry.recorder();
    let trend = registry
        .register("trend", MetricKind::Trend, Unit::Time)
        .unwrap();
    let counter = registry
        .register("counter", MetricKind::Counter, Unit::Plain)
        .unwrap();
    let rate = registry
        .register("rate", MetricKind::Rate, Unit::Plain)
        .unwrap();
    let (mut catalog, mut totals, mut interval) =
        (Catalog::default(), Totals::new(), Totals::new());
    let mut frames = Vec::new();
    for second in 0..=u8::MAX {
        for &(_, metric, value) in samples.iter().filter(|sample| sample.0 == second) {
            let own = Tags::new().with("color", if value < 1.0 { "red" } else { "blue" });
            let metric = [trend, counter, rate][usize::from(metric % 3)];
            recorder.add_tagged(
                metric,
                &Tags::new(),
                &own,
                value.floor().max(0.0) + value.fract(),
            );
        }
        interval.clear();
        interval.collect(&registry);
        totals.merge(&interval);
        catalog.update(&registry);
        let time = (Duration::from_secs(second.into()), Duration::from_secs(1));
        frames.push(Frame::of(&catalog, &interval, time, ClientUse::default()));
    }
    let run = RunMetadata {
        started: Duration::from_secs(started),
        ..RunMetadata::default()
    };
    Record {
        runs: vec![run],
        series: catalog.series().to_vec(),
        totals: catalog
            .iter()
            .map(|(_, sink)| totals.sink(sink).cloned())
            .collect(),
        frames,
        facts: RunFacts {
            duration: Duration::from_mins(5),
            ..RunFacts::default()
        },
        ..Record::default()
    }
}

const PERCENTS: [f64; 7] = [0.0, 10.0, 50.0, 90.0, 99.0, 99.9, 100.0];

fn figures(record: &Record) -> Vec<(String, Vec<Option<f64>>)> {
    let figures = |summary: &Summary| -> Vec<_> {
        let metrics = summary.metrics.iter().filter(|metric| !metric.is_empty());
        let mut all = Vec::new();
        for metric in metrics {
            let stats = || {
                let percents = PERCENTS.map(Stat::Percentile);
                percents
                    .into_iter()
                    .chain([Stat::Count, Stat::Rate, Stat::Min])
            };
            all.push((
                metric.name.clone(),
                stats().map(|stat| metric.stat(stat)).collect(),
            ));
            for part in &metric.sub_metrics {
                all.push((
                    part.selector(),
                    stats().map(|stat| part.stat(stat)).collect(),
                ));
            }
        }
        all
    };
    figures(&record.summary())
}

fn samples() -> impl Strategy<Value = Vec<Recorded>> {
    let value = prop_oneof![0.0..10.0_f64, Just(0.0), 1e-6..1e-3_f64];
    prop::collection::vec((0..8_u8, 0..3_u8, value), 1..300)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_split_of_the_samples_merges_to_the_figures_of_one_process(
        samples in samples(), owners in prop::collection::vec(0..4_usize, 300),
    ) {
        let whole = process(&samples, 100);
        let part = |n| {
            let own = samples.iter().zip(&owners).filter(|(_, owner)| **owner == n);
            process(&own.map(|(sample, _)| *sample).collect::<Vec<_>>(), 100)
        };
        let merged = Record::merge((0..4).map(part).collect()).unwrap();
        // The sums of counters are added in another order, which floats notice in the last digit.
        let near = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(1.0),
            (a, b) => a == b,
        };
        let (mut whole_figures, mut merged_figures) = (figures(&whole), figures(&merged));
        whole_figures.sort_by(|a, b| a.0.cmp(&b.0));
        merged_figures.sort_by(|a, b| a.0.cmp(&b.0));
        prop_assert_eq!(whole_figures.len(), merged_figures.len());
        for ((name, own), (other_name, other)) in whole_figures.iter().zip(&merged_figures) {
            prop_assert_eq!(name, other_name);
            for (a, b) in own.iter().zip(other) {
                prop_assert!(near(*a, *b), "{name}: {a:?} {b:?}");
            }
        }
        // The same of each second: the histograms are equal cell by cell.
        for (series, info) in whole.series.iter().enumerate() {
            let place = merged.find(&info.metric, &info.tags).unwrap();
            for second in 0..8 {
                let (from, until) = (Duration::from_secs(second), Duration::from_secs(second + 1));
                let (a, b) = (span(&whole, series, from, until), span(&merged, place, from, until));
                if let (Some(Point::Trend(a)), Some(Point::Trend(b))) = (&a, &b) {
                    prop_assert!(a.buckets().eq(b.buckets()));
                    prop_assert_eq!((a.count(), a.min(), a.max()), (b.count(), b.min(), b.max()));
                } else {
                    prop_assert_eq!(a.map(|a| a.count()), b.map(|b| b.count()));
                }
            }
        }
    }

    #[test]
    fn the_percentiles_of_a_time_span_are_those_of_its_samples(samples in samples()) {
        let record = process(&samples, 0);
        let all = span(&record, record.find("trend", &Tags::new()).unwrap(), Duration::ZERO, Duration::from_mins(5));
        let total = record.total("trend", &Tags::new());
        let (Some(Point::Trend(span)), Some(Sink::Trend(total))) = (all, total) else {
            return Ok(());
        };
        prop_assert_eq!(span.count(), total.count());
        for percent in PERCENTS {
            let (near, exact) = (span.percentile(percent), total.percentile(percent));
            prop_assert!((near - exact).abs() <= exact.abs() / 2048.0 + 1e-9);
        }
    }
}

#[test]
fn frames_are_merged_by_the_wall_clock() {
    let early = process(&[(0, 1, 1.0), (1, 1, 2.0)], 100);
    let late = process(&[(0, 1, 40.0)], 101);
    let merged = Record::merge(vec![late, early]).unwrap();
    let counter = merged.find("counter", &Tags::new()).unwrap();
    let counts: Vec<_> = merged
        .points(counter)
        .map(|(frame, point)| (frame.start.as_secs(), point.stat(Stat::Count, 1.0)))
        .collect();
    assert_eq!(counts, [(0, Some(1.0)), (1, Some(42.0))]);
    assert_eq!(merged.facts.duration, Duration::from_secs(301));
}

#[test]
fn merging_different_runs_reports_the_difference() {
    let with = |options: serde_json::Value, hash: &str| {
        let run = RunMetadata {
            options,
            script_hash: hash.to_owned(),
            name: format!("{hash}.lua"),
            ..RunMetadata::default()
        };
        Record {
            runs: vec![run],
            ..Record::default()
        }
    };
    let json = serde_json::json!({"vus": 1, "seed": 1});
    let base = with(json.clone(), "a");
    assert_eq!(
        base.belongs_with(&with(serde_json::json!({"vus": 1, "seed": 2}), "a")),
        Ok(())
    );
    let differs = |other| base.belongs_with(&other).unwrap_err().to_string();
    assert_eq!(
        differs(with(json, "b")),
        "they ran different scripts: a.lua and b.lua"
    );
    assert_eq!(
        differs(with(serde_json::json!({"vus": 2}), "a")),
        "their options differ in `vus`"
    );
}

#[test]
fn a_long_run_keeps_its_whole_length_in_bounded_memory() {
    let mut timeline = FrameHistory::default();
    let hours = 10 * 3600;
    for second in 0..hours {
        let second = Duration::from_secs(second);
        timeline.push(Frame::new(second, Duration::from_secs(1)));
        assert!(timeline.frames.len() <= FrameHistory::MOST);
    }
    let frames = timeline.into_frames();
    assert_eq!(frames[0].start, Duration::ZERO);
    assert!(frames.windows(2).all(|pair| pair[0].end() == pair[1].start));
    assert_eq!(
        frames.last().map(Frame::end),
        Some(Duration::from_secs(hours))
    );
    let longest = frames.iter().map(|frame| frame.length).max();
    assert!(longest < Some(Duration::from_mins(30)), "{longest:?}");
}

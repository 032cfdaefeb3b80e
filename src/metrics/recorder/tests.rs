#![expect(
    clippy::float_cmp,
    reason = "sums of whole numbers and samples that are kept are exact"
)]

use super::*;
use crate::metrics::{Selector, Sink, SinkId, Totals, Unit};

fn tags(text: &str) -> Tags {
    text.split_whitespace()
        .filter_map(|tag| tag.split_once(':'))
        .collect()
}

fn collected(registry: &Registry) -> Totals {
    let mut totals = Totals::new();
    totals.collect(registry);
    totals
}

fn count(totals: &Totals, sink: SinkId) -> f64 {
    match totals.sink(sink) {
        Some(Sink::Counter(counter)) => counter.count,
        None => 0.0,
        other => panic!("{other:?} is not a counter"),
    }
}

fn part(registry: &Registry, text: &str) -> SinkId {
    registry
        .target(&Selector::parse(text).unwrap())
        .unwrap()
        .sink
}

#[test]
fn a_declared_sub_metric_has_the_samples_with_all_its_tags() {
    let selectors = ["http_reqs{status:200}", "http_reqs{status:200,method:GET}"];
    let registry = Registry::new(
        selectors
            .iter()
            .map(|text| Selector::parse(text).unwrap())
            .collect(),
    );
    let recorder = registry.recorder();
    let reqs = registry.builtin().http_reqs;
    for sample in [
        "status:200 method:GET",
        "status:200 method:POST",
        "status:404 method:GET",
        "",
    ] {
        recorder.add(&recorder.series(reqs, &tags(sample)), 1.0);
    }
    let totals = collected(&registry);
    assert_eq!(totals.count(reqs), 4.0);
    assert_eq!(count(&totals, part(&registry, selectors[0])), 2.0);
    assert_eq!(count(&totals, part(&registry, selectors[1])), 1.0);
}

#[test]
fn repeated_tags_lead_to_the_current_sub_metrics() {
    let registry = Registry::new(vec![Selector::Labels {
        prefix: String::new(),
        tags: vec!["status".to_owned()],
    }]);
    let recorder = registry.recorder();
    let reqs = registry.builtin().http_reqs;
    // More than are remembered.
    let sets: Vec<Tags> = (0..20).map(|n| tags(&format!("status:{n}"))).collect();
    let record = || {
        for (n, set) in (1..).zip(&sets) {
            recorder.add(&recorder.series(reqs, set), f64::from(n));
            recorder.add(&recorder.series(reqs, set), f64::from(n));
        }
    };
    record();
    registry.declare(&[Selector::parse("http_reqs{status:3}").unwrap()]);
    record();
    let totals = collected(&registry);
    let metrics = registry.metrics();
    let metric = metrics.iter().find(|metric| metric.id == reqs).unwrap();
    let parts = metric.splits[0].sub_metrics();
    let counts: Vec<f64> = parts
        .iter()
        .map(|(_, sink)| count(&totals, *sink))
        .collect();
    let expected: Vec<f64> = (1..=20).map(|n| 4.0 * f64::from(n)).collect();
    assert_eq!(counts, expected);
    // What was declared later has what came later.
    assert_eq!(count(&totals, part(&registry, "http_reqs{status:3}")), 8.0);
}

#[test]
fn each_set_of_own_tags_is_a_sub_metric() {
    let registry = Registry::new(Vec::new());
    let recorder = registry.recorder();
    let mine = registry
        .register("mine", MetricKind::Counter, Unit::Plain)
        .unwrap();
    let base = tags("scenario:default");
    for own in ["model:a", "model:b", "model:a", "model:a size:1", ""] {
        recorder.add_tagged(mine, &base, &tags(own), 1.0);
    }
    let totals = collected(&registry);
    assert_eq!(totals.count(mine), 5.0);
    let metrics = registry.metrics();
    let metric = metrics.iter().find(|metric| metric.id == mine).unwrap();
    let parts: Vec<_> = metric
        .own
        .sub_metrics()
        .into_iter()
        .map(|(tags, sink)| (tags.to_string(), count(&totals, sink)))
        .collect();
    let expected = [("model:a", 2.0), ("model:b", 1.0), ("model:a,size:1", 1.0)];
    assert_eq!(parts, expected.map(|(tags, n)| (tags.to_owned(), n)));
}

#[test]
fn own_tags_also_count_for_declared_sub_metrics() {
    let registry = Registry::new(vec![Selector::parse("mine{a:1,scenario:s}").unwrap()]);
    let recorder = registry.recorder();
    let mine = registry
        .register("mine", MetricKind::Counter, Unit::Plain)
        .unwrap();
    recorder.add_tagged(mine, &tags("scenario:s"), &tags("a:1"), 1.0);
    assert_eq!(
        count(
            &collected(&registry),
            part(&registry, "mine{a:1,scenario:s}")
        ),
        1.0
    );
}

#[test]
fn the_number_of_sub_metrics_is_bounded_with_one_warning() {
    let registry = Registry::new(vec![Selector::Split {
        metric: "http_reqs".to_owned(),
        tag: "name".to_owned(),
    }]);
    let recorder = registry.recorder();
    let mine = registry
        .register("mine", MetricKind::Counter, Unit::Plain)
        .unwrap();
    let before = registry.sink_count();
    let reqs = registry.builtin().http_reqs;
    for n in 0..5000 {
        recorder.add(
            &recorder.series(reqs, &tags(&format!("name:{n} status:{n}"))),
            1.0,
        );
        recorder.add_tagged(
            mine,
            &Tags::new(),
            &tags(&format!("kind:{} id:{n}", n % 3)),
            1.0,
        );
    }
    assert_eq!(registry.sink_count(), before + 200);
    let warnings: Vec<_> = registry
        .take_warnings()
        .into_iter()
        .map(|w| (w.metric, w.tag, w.bound))
        .collect();
    let expected = [("http_reqs", "name", 100), ("mine", "id", 100)];
    assert_eq!(
        warnings,
        expected.map(|(m, t, n)| (m.to_owned(), t.to_owned(), n))
    );
    assert!(registry.take_warnings().is_empty());
    // The totals have all, and known values still count in their parts.
    recorder.add_tagged(mine, &Tags::new(), &tags("kind:0 id:0"), 1.0);
    let totals = collected(&registry);
    assert_eq!((totals.count(reqs), totals.count(mine)), (5000.0, 5001.0));
    let metrics = registry.metrics();
    let metric = metrics.iter().find(|metric| metric.id == mine).unwrap();
    assert_eq!(count(&totals, metric.own.sub_metrics()[0].1), 2.0);
}

#[test]
fn checks_are_separate_up_to_a_bound() {
    let registry = Registry::new(Vec::new());
    let recorder = registry.recorder();
    let checks = registry.builtin().checks;
    let before = registry.sink_count();
    for n in 0..10_100 {
        recorder.series(checks, &tags(&format!("check:{n}")));
    }
    assert_eq!(registry.sink_count(), before + 10_000);
    let warnings = registry.take_warnings();
    assert_eq!((warnings.len(), &*warnings[0].tag), (1, "check"));
}

#[test]
fn a_warning_names_the_remedy() {
    let warning = crate::metrics::Warning {
        metric: "mine".to_owned(),
        tag: "id".to_owned(),
        bound: 100,
    };
    insta::assert_snapshot!(warning, @"metric `mine` has more than 100 sub-metrics by the tag `id`: samples with further values count in the metric's total only; use fewer values, such as a name in place of an id, or drop the tag");
}

#[test]
fn failures_are_counted_by_kind() {
    let registry = Registry::new(Vec::new());
    let recorder = registry.recorder();
    let errors = registry.builtin().sse_errors;
    let before = registry.sink_count();
    for kind in ["kind:timeout", "kind:reset", "kind:timeout", ""] {
        recorder.add(&recorder.series(errors, &tags(kind)), 1.0);
    }
    assert_eq!(registry.sink_count(), before + 2);
    assert_eq!(collected(&registry).count(errors), 4.0);
}

#[test]
fn invalid_samples_are_rejected_and_counted() {
    let registry = Registry::new(Vec::new());
    let recorder = registry.recorder();
    let builtin = registry.builtin();
    for id in [
        builtin.http_reqs,
        builtin.vus,
        builtin.checks,
        builtin.http_req_duration,
    ] {
        let series = recorder.series(id, &Tags::new());
        for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(!recorder.add(&series, value));
        }
        assert_eq!(
            recorder.add(&series, -1.0),
            id.kind() != MetricKind::Counter
        );
    }
    let totals = collected(&registry);
    assert_eq!(totals.rejected(), 13);
    assert!(totals.sink(builtin.http_reqs.sink()).is_none());
}

#[test]
fn a_sample_can_be_recorded_many_times_in_one_call() {
    let registry = Registry::new(Vec::new());
    let recorder = registry.recorder();
    let builtin = registry.builtin();
    let mut batch = recorder.batch();
    for id in [
        builtin.sse_event,
        builtin.checks,
        builtin.sse_event_gap,
        builtin.vus,
    ] {
        let series = recorder.series(id, &Tags::new());
        assert!(batch.add_n(&series, 2.0, 3));
        assert!(batch.add_n(&series, 5.0, 0));
    }
    drop(batch);
    let totals = collected(&registry);
    assert_eq!(totals.count(builtin.sse_event), 6.0);
    assert!(matches!(totals.sink(builtin.checks.sink()), Some(Sink::Rate(r)) if r.total == 3));
    assert!(
        matches!(totals.sink(builtin.sse_event_gap.sink()), Some(Sink::Trend(t)) if t.count() == 3)
    );
    assert!(matches!(totals.sink(builtin.vus.sink()), Some(Sink::Gauge(g)) if g.max == 2.0));
}

#[test]
fn resolving_a_metric_without_sub_metrics_creates_none() {
    let registry = Registry::new(Vec::new());
    let recorder = registry.recorder();
    let before = registry.sink_count();
    for n in 0..1000 {
        let series = recorder.series(registry.builtin().http_reqs, &tags(&format!("id:{n}")));
        assert!(series.sub_metrics.is_none());
    }
    assert_eq!(registry.sink_count(), before);
}

/// The parts by labels of a metric, each with its count.
fn by_labels(registry: &Registry, totals: &Totals, metric: &str) -> Vec<(String, f64)> {
    let catalog = crate::metrics::Catalog::of(registry);
    let own = catalog.iter().filter(|(info, _)| {
        info.metric == metric && info.role == crate::metrics::SeriesRole::Labels
    });
    let mut parts: Vec<(String, f64)> = own
        .map(|(info, sink)| (info.tags.to_string(), count(totals, sink)))
        .collect();
    parts.sort_by(|a, b| a.0.cmp(&b.0));
    parts
}

#[test]
fn each_sample_belongs_to_one_series_by_labels() {
    let labels = ["method", "scenario"].map(str::to_owned).into();
    let registry = Registry::new(vec![Selector::Labels {
        prefix: String::new(),
        tags: labels,
    }]);
    let recorder = registry.recorder();
    let reqs = registry.builtin().http_reqs;
    for sample in [
        "scenario:a method:GET status:200",
        "scenario:a method:GET status:404",
        "scenario:a",
        "method:GET",
        "status:200",
        "",
    ] {
        recorder.add(&recorder.series(reqs, &tags(sample)), 1.0);
    }
    let totals = collected(&registry);
    let parts = by_labels(&registry, &totals, "http_reqs");
    let counts: Vec<f64> = parts.iter().map(|(_, count)| *count).collect();
    assert_eq!(counts, [2.0, 1.0, 1.0, 2.0], "{parts:?}");
    assert_eq!(totals.count(reqs), counts.iter().sum::<f64>());
    // The summary shows none of them.
    let summary =
        crate::metrics::Summary::new(&registry, &totals, crate::metrics::RunFacts::default(), &[]);
    assert!(!format!("{summary:?}").contains("scenario"));
}

#[test]
fn samples_beyond_the_bound_of_labels_belong_to_the_series_without_labels() {
    let registry = Registry::new(vec![Selector::Labels {
        prefix: String::new(),
        tags: vec!["user".to_owned()],
    }]);
    let recorder = registry.recorder();
    let reqs = registry.builtin().http_reqs;
    for user in 0..1_050 {
        recorder.add(&recorder.series(reqs, &tags(&format!("user:{user}"))), 1.0);
    }
    let totals = collected(&registry);
    let parts = by_labels(&registry, &totals, "http_reqs");
    assert_eq!(parts.len(), 1_001);
    assert_eq!(parts.iter().map(|(_, count)| count).sum::<f64>(), 1_050.0);
    assert_eq!(
        parts.iter().map(|(_, count)| *count).fold(0.0, f64::max),
        50.0
    );
    assert_eq!(registry.take_warnings().len(), 1);
}

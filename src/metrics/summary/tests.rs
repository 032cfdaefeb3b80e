use super::*;
use crate::metrics::Selector;

fn tags(text: &str) -> Tags {
    text.split_whitespace()
        .filter_map(|tag| tag.split_once(':'))
        .collect()
}

/// A run of eight seconds.
fn run() -> Summary {
    let selectors = [
        "http_reqs{status:200}",
        "http_reqs{status:500}",
        "mine{a:1}",
    ];
    let selectors = selectors.map(|text| Selector::parse(text).unwrap());
    let registry = Registry::new(selectors.into());
    let recorder = registry.recorder();
    let builtin = registry.builtin();
    for (check, group, ok) in [
        ("b", "", 1.0),
        ("a", "::g", 0.0),
        ("b", "::g", 1.0),
        ("b", "", 0.0),
        ("a", "::g", 1.0),
    ] {
        let tags = tags("scenario:s").with("check", check).with("group", group);
        recorder.add(&recorder.series(builtin.checks, &tags), ok);
    }
    recorder.add(
        &recorder.series(builtin.http_reqs, &tags("status:200")),
        4.0,
    );
    recorder.add(
        &recorder.series(builtin.http_req_duration, &Tags::new()),
        0.5,
    );
    let mine = registry
        .register("mine", MetricKind::Rate, Unit::Plain)
        .unwrap();
    for (own, value) in [("b:1", 0.0), ("a:1", 1.0), ("b:1", f64::NAN)] {
        recorder.add_tagged(mine, &Tags::new(), &tags(own), value);
    }
    let mut totals = Totals::new();
    totals.collect(&registry);
    let thresholds = [
        ("http_reqs{status:500}", "count < 1"),
        ("http_req_duration", "max<400ms"),
        ("vus", "value>1"),
    ];
    let thresholds = thresholds.map(|(selector, expression)| {
        let selector = Selector::parse(selector).unwrap();
        Threshold::bind(&registry, selector, expression.parse().unwrap()).unwrap()
    });
    let facts = RunFacts {
        duration: Duration::from_secs(8),
        iterations_complete: 5,
        iterations_interrupted: 1,
        vus: 2,
        vus_max: 3,
    };
    Summary::new(&registry, &totals, facts, &thresholds)
}

#[test]
fn a_summary_has_the_figures_of_its_run() {
    let summary = run();
    assert_eq!(
        (summary.iterations_complete, summary.iterations_interrupted),
        (5, 1)
    );
    assert_eq!((summary.vus, summary.vus_max, summary.rejected), (2, 3, 1));
    assert!(summary.metric("sse_event").unwrap().is_empty());
    assert!(summary.metrics.is_sorted_by(|a, b| a.name < b.name));
    let reqs = summary.metric("http_reqs").unwrap();
    assert_eq!(reqs.rate(), Some(0.5));
}

#[test]
fn checks_are_in_order_of_first_appearance() {
    let summary = run();
    let checks: Vec<_> = summary
        .checks
        .iter()
        .map(|c| (&*c.name, &*c.group, c.passes, c.fails))
        .collect();
    assert_eq!(
        checks,
        [("b", "", 1, 1), ("a", "::g", 1, 1), ("b", "::g", 1, 0)]
    );
    assert!(summary.metric("checks").unwrap().sub_metrics.is_empty());
}

#[test]
fn sub_metrics_are_sorted_and_unique() {
    let summary = run();
    let parts = |name: &str| -> Vec<_> {
        let parts = &summary.metric(name).unwrap().sub_metrics;
        parts
            .iter()
            .map(|p| (p.tags.to_string(), p.rate(), p.is_empty()))
            .collect()
    };
    let part = |tags: &str, rate, empty| (tags.to_owned(), rate, empty);
    let reqs = [
        part("status:200", Some(0.5), false),
        part("status:500", None, true),
    ];
    assert_eq!(parts("http_reqs"), reqs);
    assert_eq!(
        parts("mine"),
        [part("a:1", Some(1.0), false), part("b:1", Some(0.0), false)]
    );
}

#[test]
fn thresholds_have_their_verdicts() {
    let verdicts: Vec<_> = run().thresholds.iter().map(|t| (t.value, t.ok)).collect();
    assert_eq!(
        verdicts,
        [
            (Some(0.0), Some(true)),
            (Some(0.5), Some(false)),
            (None, None)
        ]
    );
}

#[test]
fn a_run_without_duration_has_no_rates() {
    let registry = Registry::new(Vec::new());
    let recorder = registry.recorder();
    recorder.add(
        &recorder.series(registry.builtin().http_reqs, &Tags::new()),
        4.0,
    );
    let mut totals = Totals::new();
    totals.collect(&registry);
    let summary = Summary::new(&registry, &totals, RunFacts::default(), &[]);
    assert_eq!(summary.metric("http_reqs").unwrap().rate(), None);
    let json = serde_json::to_value(&summary).unwrap();
    assert_eq!(json["metrics"]["http_reqs"]["values"]["rate"], 0.0);
}

#[test]
fn serialises_to_plain_json() {
    let registry = Registry::new(vec![Selector::parse("http_reqs{status:200}").unwrap()]);
    let recorder = registry.recorder();
    recorder.add(
        &recorder.series(registry.builtin().http_reqs, &tags("status:200")),
        4.0,
    );
    let mut totals = Totals::new();
    totals.collect(&registry);
    let facts = RunFacts {
        duration: Duration::from_millis(2500),
        ..RunFacts::default()
    };
    let threshold = Threshold::bind(
        &registry,
        Selector::parse("http_reqs").unwrap(),
        "rate>1".parse().unwrap(),
    );
    let summary = Summary::new(&registry, &totals, facts, &[threshold.unwrap()]);
    let json = serde_json::to_value(&summary).unwrap();
    assert_eq!(json["duration"], 2.5);
    insta::assert_snapshot!(json["thresholds"], @r#"[{"metric":"http_reqs","tags":{},"kind":"counter","unit":"plain","source":"rate>1","stat":"rate","value":1.6,"ok":true}]"#);
    insta::assert_snapshot!(json["metrics"]["http_reqs"], @r#"{"type":"counter","contains":"default","empty":false,"values":{"count":4.0,"rate":1.6},"thresholds":{"rate>1":{"ok":true,"value":1.6}}}"#);
    insta::assert_snapshot!(json["metrics"]["http_reqs{status:200}"], @r#"{"type":"counter","contains":"default","tags":{"status":"200"},"empty":false,"values":{"count":4.0,"rate":1.6}}"#);
}

#[test]
fn a_trend_as_json_has_the_usual_and_the_selected_figures() {
    let registry = Registry::new(Vec::new());
    let recorder = registry.recorder();
    let trend = registry
        .register("t", MetricKind::Trend, Unit::Plain)
        .unwrap();
    for value in [1.0, 2.0, 3.0] {
        recorder.add(&recorder.series(trend, &Tags::new()), value);
    }
    let mut totals = Totals::new();
    totals.collect(&registry);
    let mut summary = Summary::new(&registry, &totals, RunFacts::default(), &[]);
    summary.trend_stats = ["avg", "p(99.9)", "p(50)"]
        .map(|stat| stat.parse().unwrap())
        .to_vec();
    let json = serde_json::to_value(&summary).unwrap();
    insta::assert_snapshot!(json["metrics"]["t"]["values"], @r#"{"count":3,"sum":6.0,"avg":2.0,"min":1.0,"med":2.0,"max":3.0,"p(50)":2.0,"p(90)":2.8,"p(95)":2.9,"p(99)":2.98,"p(99.9)":2.998,"relative_error":0.0}"#);
}

#[test]
fn a_split_by_a_tag_applies_to_all_metrics() {
    let registry = Registry::new(vec![Selector::SplitAll {
        tag: "scenario".to_owned(),
    }]);
    let recorder = registry.recorder();
    let builtin = registry.builtin();
    for id in [builtin.http_reqs, builtin.iterations] {
        recorder.add(&recorder.series(id, &tags("scenario:one")), 1.0);
        recorder.add(&recorder.series(id, &tags("scenario:two")), 1.0);
    }
    let mut totals = Totals::new();
    totals.collect(&registry);
    let summary = Summary::new(&registry, &totals, RunFacts::default(), &[]);
    for name in ["http_reqs", "iterations"] {
        assert_eq!(summary.metric(name).unwrap().sub_metrics.len(), 2);
    }
}

use super::*;
use crate::metrics::Selector;

fn tags(text: &str) -> Tags {
    text.split_whitespace()
        .filter_map(|tag| tag.split_once(':'))
        .collect()
}

#[test]
fn a_run_is_summed_up() {
    let selectors = [
        "http_reqs{status:200}",
        "http_reqs{status:500}",
        "mine{a:1}",
    ];
    let registry = Registry::new(
        selectors
            .iter()
            .map(|text| Selector::parse(text).unwrap())
            .collect(),
    );
    let recorder = registry.recorder();
    let builtin = registry.builtin();
    let mine = registry.register("mine", Kind::Rate, Unit::Plain).unwrap();
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
    recorder.add_tagged(mine, &Tags::new(), &tags("a:1"), 1.0);
    recorder.add_tagged(mine, &Tags::new(), &tags("b:1"), 0.0);
    recorder.add_tagged(mine, &Tags::new(), &tags("b:1"), f64::NAN);
    let mut totals = Totals::new();
    totals.collect(&registry);
    let threshold = |selector, expression: &str| {
        let selector = Selector::parse(selector).unwrap();
        Threshold::bind(&registry, selector, expression.parse().unwrap()).unwrap()
    };
    let thresholds = [
        threshold("http_reqs{status:500}", "count < 1"),
        threshold("http_req_duration", "max<400ms"),
        threshold("vus", "value>1"),
    ];
    let facts = RunFacts {
        duration: Duration::from_secs(8),
        iterations_complete: 5,
        iterations_interrupted: 1,
        vus: 2,
        vus_max: 3,
    };
    let summary = Summary::new(&registry, &totals, facts, &thresholds);

    let checks: Vec<_> = summary
        .checks
        .iter()
        .map(|c| (&*c.name, &*c.group, c.passes, c.fails))
        .collect();
    assert_eq!(
        checks,
        [("b", "", 1, 1), ("a", "::g", 1, 1), ("b", "::g", 1, 0)]
    );

    let reqs = summary.metric("http_reqs").unwrap();
    assert_eq!(reqs.values.stat(Stat::Rate), Some(0.5));
    let parts: Vec<_> = reqs
        .sub_metrics
        .iter()
        .map(|part| (part.tags.to_string(), part.empty))
        .collect();
    assert_eq!(
        parts,
        [
            ("status:200".to_owned(), false),
            ("status:500".to_owned(), true)
        ]
    );

    // The part that is both declared and made from own tags is there once.
    let mine = summary.metric("mine").unwrap();
    let parts: Vec<_> = mine
        .sub_metrics
        .iter()
        .map(|part| (part.tags.to_string(), part.values.stat(Stat::Rate)))
        .collect();
    assert_eq!(
        parts,
        [("a:1".to_owned(), Some(1.0)), ("b:1".to_owned(), Some(0.0))]
    );

    let verdicts: Vec<_> = summary.thresholds.iter().map(|t| (t.value, t.ok)).collect();
    assert_eq!(
        verdicts,
        [
            (Some(0.0), Some(true)),
            (Some(0.5), Some(false)),
            (None, None)
        ]
    );

    assert!(summary.metric("checks").unwrap().sub_metrics.is_empty());
    assert!(summary.metric("sse_event").unwrap().empty);
    assert!(summary.metrics.is_sorted_by(|a, b| a.name < b.name));
    assert_eq!(
        (summary.iterations_complete, summary.iterations_interrupted),
        (5, 1)
    );
    assert_eq!((summary.vus, summary.vus_max, summary.rejected), (2, 3, 1));
}

#[test]
fn a_run_of_no_length_has_no_rates() {
    let registry = Registry::new(Vec::new());
    let recorder = registry.recorder();
    recorder.add(
        &recorder.series(registry.builtin().http_reqs, &Tags::new()),
        4.0,
    );
    let mut totals = Totals::new();
    totals.collect(&registry);
    let summary = Summary::new(&registry, &totals, RunFacts::default(), &[]);
    assert_eq!(
        summary.metric("http_reqs").unwrap().values.stat(Stat::Rate),
        Some(0.0)
    );
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
    let reqs = summary.metric("http_reqs").unwrap();
    insta::assert_snapshot!(serde_json::to_string(reqs).unwrap(), @r#"{"name":"http_reqs","kind":"counter","unit":"plain","empty":false,"values":{"count":4.0,"rate":1.6},"sub_metrics":[{"tags":{"status":"200"},"empty":false,"values":{"count":4.0,"rate":1.6}}]}"#);
}

#[test]
fn parts_by_any_tag_are_made_of_all_metrics() {
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

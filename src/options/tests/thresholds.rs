//! Thresholds: all forms, and mistakes in them.

use serde_json::json;

use super::*;
use crate::metrics::Registry;

#[test]
fn a_threshold_may_be_text_list_or_table() {
    let options = resolved(json!({"thresholds": {
        "http_req_failed": "rate < 0.01",
        "sse_first_event": ["p(95)<200ms", {"threshold": "max<2s", "abort_on_fail": true, "delay_abort_eval": "1m"}],
        "checks{scenario:a}": {"threshold": "rate > 0.9"},
    }}));
    let thresholds: Vec<_> = options
        .thresholds
        .iter()
        .map(|t| {
            (
                &*t.name,
                &*t.expression.source,
                t.abort_on_fail,
                t.delay_abort_eval,
            )
        })
        .collect();
    assert_eq!(
        thresholds,
        [
            (
                "thresholds[\"checks{scenario:a}\"]",
                "rate > 0.9",
                false,
                Duration::ZERO
            ),
            (
                "thresholds.http_req_failed",
                "rate < 0.01",
                false,
                Duration::ZERO
            ),
            (
                "thresholds.sse_first_event[1]",
                "p(95)<200ms",
                false,
                Duration::ZERO
            ),
            ("thresholds.sse_first_event[2]", "max<2s", true, seconds(60)),
        ]
    );
    let selectors: Vec<_> = options
        .selectors()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        selectors,
        ["checks{scenario:a}", "http_req_failed", "sse_first_event"]
    );
    let registry = Registry::new(options.selectors());
    assert_eq!(options.bind_thresholds(&registry).unwrap().len(), 4);
    let options = Options {
        no_thresholds: true,
        ..options
    };
    assert_eq!(options.bind_thresholds(&registry).unwrap().len(), 0);
}

#[test]
fn bad_thresholds_are_reported_before_the_run() {
    insta::assert_snapshot!(complaints(json!({"thresholds": {
        "checks": "rate",
        "http_reqs": [],
        "iterations": 5,
        "vus": {"threshold": "value<5", "abortOnFail": true},
        "data_sent": {"abort_on_fail": true},
        "9": "count > 1",
    }})), @r#"
    `thresholds.9` (script a.lua): `9` is not a valid metric name: use up to 128 letters, digits and `_`, not beginning with a digit
    `thresholds.checks` (script a.lua): `rate` has no operator: write a figure, one of < <= > >= == !=, and a number, as in `p(95) < 200ms` or `rate < 0.01`
    `thresholds.data_sent.threshold` is missing (script a.lua): use a threshold such as "p(95) < 200ms", or a list of them
    `thresholds.http_reqs` cannot be an empty table (script a.lua): use a threshold such as "p(95) < 200ms", or a list of them
    `thresholds.iterations` cannot be 5 (script a.lua): use a threshold such as "p(95) < 200ms", or a list of them
    `thresholds.vus.abortOnFail` is not an option (script a.lua): did you mean `abort_on_fail`?
    "#);
}

#[test]
fn a_threshold_on_a_missing_metric_names_its_origin() {
    let options = resolved(json!({"thresholds": {
        "http_req_durations": "avg<1s",
        "http_req_duration": ["p(95)<200", "rate<1"],
    }}));
    let registry = Registry::new(options.selectors());
    insta::assert_snapshot!(options.bind_thresholds(&registry).unwrap_err(), @"
    `thresholds.http_req_duration[1]` (script a.lua): `p(95)<200`: `http_req_duration` is measured in time and the number has no unit; write `p(95)<200ms` for milliseconds or `p(95)<200s` for seconds
    `thresholds.http_req_duration[2]` (script a.lua): `rate<1`: `http_req_duration` is a trend and has no rate; use avg, min, med, max, p(N), count or sum
    `thresholds.http_req_durations` (script a.lua): no metric is named `http_req_durations`; did you mean `http_req_duration`?
    ");
}

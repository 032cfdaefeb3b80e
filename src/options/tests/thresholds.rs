//! Thresholds: every way to write them, and what is wrong with them.

use serde_json::json;

use super::*;
use crate::metrics::Registry;

#[test]
fn text_list_and_tables_say_the_same() {
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
}

#[test]
fn bad_thresholds_are_found_before_the_run() {
    insta::assert_snapshot!(complaints(json!({"thresholds": {
        "checks": "rate",
        "http_reqs": [],
        "iterations": 5,
        "vus": {"threshold": "value<5", "abortOnFail": true},
        "data_sent": {"abort_on_fail": true},
        "9": "count > 1",
    }})), @"");
}

#[test]
fn a_threshold_on_what_does_not_exist_names_its_place() {
    let options = resolved(json!({"thresholds": {
        "http_req_durations": "avg<1s",
        "http_req_duration": ["p(95)<200", "rate<1"],
    }}));
    let registry = Registry::new(options.selectors());
    insta::assert_snapshot!(options.bind_thresholds(&registry).unwrap_err(), @"");
}

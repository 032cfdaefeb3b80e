use std::time::Duration;

use super::super::judge::tests::{failures, measured};
use super::super::script::tests::bench;
use super::*;
use crate::app::llm::goal::GoalReading;

/// A search with these probes: the rate, and the figure in seconds for a goal of 500 ms; `None` for an unclear probe.
fn found<'a>(goal: &'a Goal, probes: &[(f64, Option<f64>)]) -> Found<'a> {
    let mut found = Found {
        goal,
        search: Search::new(1.0),
        probes: Vec::new(),
    };
    for (rate, value) in probes {
        let reading = value.map(|value| GoalReading {
            name: "p99(ttft)".to_owned(),
            value: Some(value),
            limit: 0.5,
            times: value / 0.5,
            least: value / 0.5,
            most: value / 0.5,
            is_out_of_reach: false,
            interval: None,
        });
        let judgement = ProbeJudgement {
            probe: value.map_or(Probe::Unclear(0.3), |value| Probe::Measured {
                margin: (value / 0.5).ln(),
                is_sure: true,
            }),
            words: reading.as_ref().map_or("so it was".to_owned(), figure),
            reading,
            queue: None,
        };
        found.search.take(*rate, judgement.probe, None);
        found.probes.push((*rate, 100, judgement));
    }
    found
}

#[test]
fn the_result_names_the_rate_and_its_limit() {
    let goal = "p99(ttft)<500ms".parse().unwrap();
    let words = |probes: &[(f64, Option<f64>)]| found(&goal, probes).words("");
    assert_eq!(words(&[]), "max rate: none found\n");
    assert_eq!(
        words(&[(1.0, Some(0.2))]),
        "max rate: at least 1 requests/s keep p99(ttft)<500ms\n"
    );
    assert_eq!(
        words(&[(20.0, Some(0.4)), (20.5, Some(0.6))]),
        "max rate: 20 requests/s keep p99(ttft)<500ms; 20.5/s do not: p99(ttft) 600ms\n  \
         knee: p99(ttft) 400ms at 20/s, p99(ttft) 600ms at 20.5/s; the limit is 500ms\n  \
         why: the probes are too short to show whether a queue grows\n"
    );
    let cliff = words(&[(20.0, Some(0.1)), (20.5, Some(2.0))]);
    assert!(
        cliff.contains("\n  cliff: p99(ttft) 100ms at 20/s, p99(ttft) 2s at 20.5/s"),
        "{cliff}"
    );
    assert_eq!(
        words(&[(1.0, Some(0.2)), (2.0, None), (2.0, None), (2.0, None)]),
        "max rate: at least 1 requests/s keep p99(ttft)<500ms; at 2/s so it was\n"
    );
    assert_eq!(
        words(&[(1.0, Some(0.6))]),
        "max rate: none found: not even 1 requests/s keep p99(ttft)<500ms: p99(ttft) 600ms\n"
    );
}

#[test]
fn lag_that_does_not_depend_on_the_rate_is_reported() {
    let goal = "p99(ttft)<500ms".parse().unwrap();
    let late = [1.0, 1.0, 1.0, 0.5, 0.5, 0.5].map(|rate| (rate, None));
    let words = found(&goal, &late).words("");
    assert!(
        words.starts_with("max rate: none found: at 0.5 requests/s so it was\n  this machine is too busy: ssel was 300ms late"),
        "{words}"
    );
}

#[test]
fn failures_that_do_not_depend_on_the_rate_end_the_search() {
    let hopeless = |keys: &[(&'static str, Option<u16>)]| {
        let mut measured = measured(0.4);
        measured.result.completed = 0;
        let all = keys.iter().map(|key| failures(*key, 1, ""));
        measured.failures = all.collect();
        measured.is_hopeless()
    };
    assert!(hopeless(&[("status", Some(401)), ("connect", None)]));
    for answer_to_a_load in [
        ("status", Some(429)),
        ("status", Some(503)),
        ("timeout", None),
    ] {
        assert!(!hopeless(&[("status", Some(401)), answer_to_a_load]));
    }
    assert!(!hopeless(&[]));
    let mut one_answered = measured(0.4);
    one_answered.failures = vec![failures(("status", Some(404)), 9, "")];
    assert!(!one_answered.is_hopeless());
}

#[test]
fn a_probe_lasts_at_most_its_duration_and_shows_its_rate() {
    let of = |requests, seconds, rate| {
        let mut bench = bench();
        bench.amount = LoadLimits {
            requests,
            duration: Some(Duration::from_secs(seconds)),
        };
        bench.load = bench.load.at(LoadLevel::Rate(rate));
        let amount = amount(&bench, rate);
        (amount.requests.unwrap(), amount.duration.unwrap().as_secs())
    };
    assert_eq!(of(None, 10, 0.5), (5, 10));
    assert_eq!(of(None, 10, 12.34), (124, 11));
    assert_eq!(of(Some(7), 10, 2.0), (7, 4));
    assert_eq!(of(Some(700), 10, 2.0), (20, 10));
    assert_eq!(of(Some(7), 10, 100.0), (100, 1));
}

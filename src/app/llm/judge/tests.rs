use std::time::Duration;

use super::super::bench::LoadLevel;
use super::super::script::tests::bench;
use super::*;
use crate::app::Verdict;
use crate::llm::{Aggregate, AggregateOptions};
use crate::metrics::{
    ClientAudit, ClientLimit, ClientVerdict, FailureCount, FailureKey, Trend, Unit,
};

type Change = fn(&mut Measured);

/// A hundred requests with this p99.
pub(in crate::app::llm) fn measured(seconds: f64) -> Measured {
    let mut result = Aggregate::new(AggregateOptions::default()).finish(Duration::from_secs(1));
    result.completed = 100;
    result.ttft.count = 100;
    result.ttft.percentiles = vec![(99.0, seconds)];
    Measured {
        server: None,
        started: Duration::ZERO,
        part: crate::parts::Part::WHOLE,
        is_elsewhere: false,
        parts: Vec::new(),
        start_skew: None,
        thresholds: Vec::new(),
        result,
        failures: Vec::new(),
        resent: 0,
        dropped: 0,
        interrupted: 0,
        offered: None,
        client: ClientAudit::default(),
        probe: None,
        has_too_many_errors: false,
        lateness: Vec::new(),
        verdict: Verdict::Passed,
        record: None,
    }
}

/// Failures of this kind and status.
pub(in crate::app::llm) fn failures(
    key: (&'static str, Option<u16>),
    count: u64,
    message: &str,
) -> FailureCount {
    FailureCount {
        key: FailureKey {
            source: "llm".into(),
            kind: key.0.into(),
            status: key.1,
        },
        count,
        message: message.to_owned(),
    }
}

fn limited(measured: &mut Measured, cause: LimitCause) {
    measured.client.verdict = ClientVerdict::Limited;
    let limit = ClientLimit {
        cause,
        value: 1.0,
        at_most: 0.0,
        distrust: Vec::new(),
        bias: std::collections::BTreeMap::new(),
    };
    measured.client.limits = vec![limit];
}

/// The judgement of these requests by a goal of 500 ms.
fn judged(seconds: f64, change: impl FnOnce(&mut Measured)) -> ProbeJudgement {
    let mut measured = measured(seconds);
    change(&mut measured);
    let mut bench = bench();
    bench.load = bench.load.at(LoadLevel::Rate(100.0));
    judge(&"p99(ttft)<500ms".parse().unwrap(), &bench, &measured)
}

#[test]
fn a_rate_is_too_high_for_several_reasons() {
    let kept = judged(0.4, |_| {});
    assert_eq!(kept.to_string(), "kept: p99(ttft) 400ms");
    assert!(matches!(judged(0.6, |_| {}).probe, Probe::Measured { margin, .. } if margin > 0.0));
    let one_failed = judged(0.4, |measured| measured.result.failed = 1);
    assert!(one_failed.to_string().starts_with("kept"));
    let table: [(Change, &str); 4] = [
        (
            |measured| {
                measured.result.failed = 5;
                measured.failures = vec![
                    failures(("status", Some(429)), 2, "status 429"),
                    failures(("status", Some(503)), 3, "status 503: full"),
                ];
            },
            "5 requests failed: status 503: full",
        ),
        (
            |measured| measured.interrupted = 3,
            "3 requests had no answer in time",
        ),
        (
            |measured| {
                measured.dropped = 7;
                measured.result.max_concurrent_requests = 1000;
            },
            "7 requests could not be sent: --max-concurrency was reached",
        ),
        (
            |measured| measured.result.completed = 0,
            "no request was sent",
        ),
    ];
    for (change, words) in table {
        let judgement = judged(0.4, change);
        assert_eq!(judgement.probe, Probe::Failed, "{judgement}");
        assert!(judgement.words.starts_with(words), "{judgement}");
    }
}

#[test]
fn a_goal_that_is_kept_despite_a_late_client_is_kept() {
    let late = |seconds: f64| {
        move |measured: &mut Measured| {
            limited(measured, LimitCause::Lag);
            let mut lag = Trend::new(Unit::Time);
            lag.add(seconds, 100);
            lag.sort();
            measured.lateness = vec![lag];
        }
    };
    assert!(judged(0.4, late(9.0)).to_string().starts_with("kept"));
    // 60 ms of lateness do not explain 1 s instead of 500 ms, but 200 ms may explain 600 ms.
    assert!(judged(1.0, late(0.06)).to_string().starts_with("missed"));
    let unclear = judged(0.6, late(0.2));
    assert_eq!(unclear.probe, Probe::Unclear(0.2));
    assert_eq!(
        unclear.words,
        "ssel is the limit here, not the server: it was 200ms late (p99), and p99(ttft) 600ms is no further than that from its limit"
    );
}

#[test]
fn a_goal_that_even_the_fastest_request_misses_is_missed_however_late_the_client_was() {
    let judgement = judged(0.9, |measured| {
        measured.result.ttft.min = 0.7;
        measured.offered = Some(80.0);
        let mut lag = Trend::new(Unit::Time);
        lag.add(0.01, 99);
        lag.add(2.0, 1);
        lag.sort();
        measured.lateness = vec![lag];
    });
    assert_eq!(judgement.probe, Probe::OutOfReach);
    assert_eq!(
        judgement.to_string(),
        "missed: p99(ttft) 900ms, and even the fastest request is too slow"
    );
}

#[test]
fn a_rate_that_ssel_could_not_send_is_unclear() {
    let slow = judged(0.4, |measured| measured.offered = Some(80.0));
    assert_eq!(
        slow.words,
        "ssel is the limit here, not the server: it sent 80.00 requests/s of 100/s"
    );
    let no_ports = judged(0.4, |measured| limited(measured, LimitCause::ClientErrors));
    assert!(
        no_ports.words.ends_with("limited by client_errors"),
        "{no_ports}"
    );
}

use super::*;
use crate::metrics::{Registry, RunFacts, Summary, Tags, Totals};

/// A load of half a minute on two workers, with these samples besides a few latencies.
fn audit(samples: &[(&str, f64, u64)], change: impl FnOnce(&mut ClientFacts)) -> ClientAudit {
    let registry = Registry::new(Vec::new());
    let recorder = registry.recorder();
    let usual = [
        ("sse_first_event", 0.2, 50),
        ("http_reqs", 1.0, 50),
        ("iterations", 1.0, 50),
    ];
    for (name, value, n) in usual.iter().chain(samples) {
        let metric = registry.metric(name).unwrap();
        recorder.add_n(&recorder.series(metric, &Tags::new()), *value, *n);
    }
    let mut totals = Totals::new();
    totals.collect(&registry);
    let mut facts = ClientFacts {
        load: Duration::from_secs(30),
        cpu: vec![Duration::from_secs(3), Duration::from_secs(6)],
        planned_starts: 1_000,
        ..ClientFacts::default()
    };
    change(&mut facts);
    let mut summary = Summary::new(&registry, &totals, RunFacts::default(), &[]);
    summary.audit(&facts);
    summary.client
}

/// What limited it.
fn causes(client: &ClientAudit) -> Vec<(&'static str, f64)> {
    let limited = client.verdict == ClientVerdict::Limited;
    assert_eq!(limited, !client.limits.is_empty());
    let limits = client.limits.iter();
    limits
        .map(|limit| (limit.cause.name(), limit.value))
        .collect()
}

#[test]
fn a_client_below_all_limits_is_ok() {
    let client = audit(
        &[
            ("client_lag", 0.001, 2_970),
            ("client_lag", 0.5, 29),
            ("schedule_delay", 0.005, 995),
            ("schedule_delay", 0.5, 5),
        ],
        |facts| facts.dropped_starts = 10,
    );
    assert_eq!(causes(&client), []);
    assert_eq!(client.cpu, [0.1, 0.2]);
}

#[test]
fn each_limit_is_named_with_its_figure() {
    let late = &[("client_lag", 0.001, 900), ("client_lag", 0.04, 100)];
    assert_eq!(causes(&audit(late, |_| ())), [("lag", 0.04)]);
    let late = &[
        ("schedule_delay", 0.001, 900),
        ("schedule_delay", 0.04, 100),
    ];
    assert_eq!(causes(&audit(late, |_| ())), [("late_starts", 0.04)]);
    let refused = &[("client_errors", 1.0, 3)];
    assert_eq!(causes(&audit(refused, |_| ())), [("client_errors", 3.0)]);
    let busy = audit(&[], |facts| facts.cpu[1] = Duration::from_secs(28));
    assert_eq!(causes(&busy), [("cpu", 28.0 / 30.0)]);
    let dropped = audit(&[], |facts| facts.dropped_starts = 11);
    assert_eq!(causes(&dropped), [("dropped_starts", 0.011)]);
    let stuck = audit(&[], |facts| facts.stuck_vus = 1);
    assert_eq!(causes(&stuck), [("stuck_vus", 1.0)]);
}

#[test]
fn a_short_load_is_not_judged_by_lag_or_cpu() {
    let moments = &[
        ("client_lag", 0.3, 10),
        ("schedule_delay", 0.3, 200),
        ("client_errors", 1.0, 1),
    ];
    let client = audit(moments, |facts| {
        facts.load = Duration::from_millis(1_900);
        facts.cpu = vec![Duration::from_millis(1_900)];
    });
    assert_eq!(causes(&client), [("client_errors", 1.0)]);
    let few = audit(&[("schedule_delay", 0.3, 99)], |_| ());
    assert_eq!(causes(&few), []);
    assert_eq!(causes(&audit(&[], |facts| facts.load = Duration::ZERO)), []);
}

#[test]
fn the_distrusted_metrics_depend_on_the_cause() {
    let distrusted = |samples, change: fn(&mut ClientFacts)| -> Vec<String> {
        audit(samples, change).limits.remove(0).distrust
    };
    let lag = distrusted(&[("client_lag", 0.04, 100)], |_| ());
    assert_eq!(lag, ["sse_first_event"]);
    let errors = distrusted(
        &[("client_errors", 1.0, 1), ("http_req_failed", 1.0, 1)],
        |_| (),
    );
    assert_eq!(errors, ["http_req_failed"]);
    let dropped = distrusted(&[], |facts| facts.dropped_starts = 500);
    assert_eq!(dropped, ["http_reqs", "iterations"]);
    let busy = distrusted(&[], |facts| facts.cpu[0] = facts.load);
    assert_eq!(busy, ["http_reqs", "iterations", "sse_first_event"]);
}

#[test]
fn late_reading_lengthens_times_from_the_request_and_distorts_those_between_arrivals() {
    let registry = Registry::new(Vec::new());
    let llm = registry.register_llm().unwrap();
    let recorder = registry.recorder();
    for metric in [llm.llm_ttft, llm.llm_e2e, llm.llm_tpot, llm.llm_itl] {
        recorder.add(&recorder.series(metric, &Tags::new()), 0.1);
    }
    let lag = registry.builtin().client_lag;
    recorder.add_n(&recorder.series(lag, &Tags::new()), 0.04, 100);
    let mut totals = Totals::new();
    totals.collect(&registry);
    let mut summary = Summary::new(&registry, &totals, RunFacts::default(), &[]);
    summary.audit(&ClientFacts {
        load: Duration::from_secs(10),
        ..ClientFacts::default()
    });
    let bias = &summary.client.limits[0].bias;
    for (metric, way) in [
        ("llm_ttft", Bias::TooHigh),
        ("llm_e2e", Bias::TooHigh),
        ("llm_tpot", Bias::Either),
        ("llm_itl", Bias::Either),
    ] {
        assert_eq!(bias[metric], way, "{metric}");
    }
}

#[test]
fn serialises_to_plain_json() {
    let client = audit(&[], |facts| facts.stuck_vus = 2);
    insta::assert_snapshot!(serde_json::to_string(&client).unwrap(), @r#"{"verdict":"limited","limits":[{"cause":"stuck_vus","value":2.0,"at_most":0.0,"distrust":["http_reqs","iterations","sse_first_event"],"bias":{"http_reqs":"either","iterations":"either","sse_first_event":"either"}}],"cpu":[0.1,0.2]}"#);
}

//! Totals in the store match the summary.

use serde_json::Value;

use super::{Receiver, attribute, metrics, number, points};
use crate::support::ssel::{Exported, Ssel, run};

const SCRIPT: &str = r#"
    options = { scenarios = {
      a = { executor = "shared-iterations", iterations = 30, vus = 3, exec = "ask" },
      b = { executor = "shared-iterations", iterations = 10, vus = 2, exec = "stream" },
    } }
    local size = metrics.trend("size")
    local level = metrics.gauge("level")
    function ask()
      local r = http.get(target.url("/delay/5ms"))
      check(r, { fine = r.status == 200 and math.random() < 0.5 })
      size:add(1000 * math.random())
      level:add(7)
    end
    function stream()
      sse.open(target.url("/.sse?n=20&interval=10ms"), function() end)
    end
"#;

fn pushed(more: &str) -> Option<(Vec<Value>, Exported)> {
    let receiver = Receiver::start(0, &["ok"])?;
    let output = receiver.output(more);
    let summary = run(SCRIPT).args(["-o", &output]).exported(0);
    Some((receiver.received(), summary))
}

/// The points of the last push of each series.
fn last<'a>(requests: &'a [Value], name: &str, kind: &str) -> Vec<&'a Value> {
    let all = points(requests, name, kind);
    let mut last: Vec<&Value> = Vec::new();
    for point in all {
        last.retain(|known| known["attributes"] != point["attributes"]);
        last.push(point);
    }
    last
}

fn sum(points: &[&Value], of: &str) -> f64 {
    points.iter().map(|point| number(&point[of])).sum()
}

/// The values in all buckets of a histogram.
fn in_buckets(point: &Value) -> f64 {
    let counts = |sign: &str| {
        let counts = point[sign]["bucketCounts"].as_array();
        counts.into_iter().flatten().map(number).sum::<f64>()
    };
    number(&point["zeroCount"]) + counts("positive") + counts("negative")
}

#[test]
fn totals_match_the_summary() {
    let Some((requests, summary)) = pushed("") else {
        return;
    };
    for name in ["http_reqs", "sse_event", "iterations"] {
        let last = last(&requests, name, "sum");
        assert_eq!(sum(&last, "asDouble"), summary.count(name), "{name}");
    }
    for (name, unit) in [
        ("http_req_duration", "s"),
        ("size", "1"),
        ("sse_event_gap", "s"),
    ] {
        let last = last(&requests, name, "exponentialHistogram");
        let count: f64 = last.iter().map(|point| in_buckets(point)).sum();
        assert_eq!(count, sum(&last, "count"), "{name}");
        for point in &last {
            check_bounds(point);
        }
        let mean = sum(&last, "sum") / count;
        let ours = summary.value(name, "avg");
        assert!((mean - ours).abs() <= 1e-9 * ours, "{name}: {mean}");
        let metrics = metrics(&requests);
        let metric = metrics
            .iter()
            .find(|metric| metric["name"] == name)
            .unwrap();
        assert_eq!(metric["unit"], unit);
        let temporality = &metric["exponentialHistogram"]["aggregationTemporality"];
        assert_eq!(temporality, "AGGREGATION_TEMPORALITY_CUMULATIVE");
    }
    let requests_in = sum(
        &last(&requests, "http_req_duration", "exponentialHistogram"),
        "count",
    );
    assert_eq!(requests_in, summary.count("http_reqs"));
    let level = last(&requests, "level", "gauge");
    assert_eq!(number(&level[0]["asDouble"]), 7.0);
}

/// The least and the greatest value lie within the first and the last bucket, as the specification has their bounds. (A value
/// was rounded to a thousandth before.)
fn check_bounds(point: &Value) {
    let base = 2_f64.powf(2_f64.powf(-number(&point["scale"])));
    let positive = &point["positive"];
    let offset = number(&positive["offset"]);
    let buckets = positive["bucketCounts"].as_array().map_or(0, Vec::len);
    if buckets == 0 {
        return;
    }
    let (min, max) = (number(&point["min"]), number(&point["max"]));
    let lowest = base.powf(offset);
    let highest = base.powf(offset + buckets as f64);
    assert!(
        max <= highest * 1.001 && max >= highest / base / 1.001,
        "{point}"
    );
    if number(&point["zeroCount"]) == 0.0 {
        assert!(
            min >= lowest / 1.001 && min <= lowest * base * 1.001,
            "{point}"
        );
    }
}

#[test]
fn rates_are_counted_by_condition_and_scenarios_are_attributes() {
    let Some((requests, summary)) = pushed("") else {
        return;
    };
    let checks = last(&requests, "checks", "sum");
    let of = |condition: &str| {
        let own = checks
            .iter()
            .filter(|point| attribute(point, "condition").unwrap() == condition);
        own.map(|point| number(&point["asInt"])).sum::<f64>()
    };
    assert_eq!(of("nonzero") + of("zero"), 30.0);
    assert_eq!(of("nonzero") / 30.0, summary.value("checks", "rate"));
    let iterations = last(&requests, "iterations", "sum");
    let mut by: Vec<(String, f64)> = iterations
        .iter()
        .map(|point| {
            (
                attribute(point, "scenario").unwrap().to_string(),
                number(&point["asDouble"]),
            )
        })
        .collect();
    by.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(by, [("\"a\"".to_owned(), 30.0), ("\"b\"".to_owned(), 10.0)]);
}

#[test]
fn deltas_add_up_to_the_totals() {
    let Some((requests, summary)) = pushed(",temporality=delta,interval=1s,prefix=load.") else {
        return;
    };
    for name in ["http_reqs", "sse_event"] {
        let all = points(&requests, &format!("load.{name}"), "sum");
        assert_eq!(sum(&all, "asDouble"), summary.count(name), "{name}");
        // Each point begins where the previous one of its series ended.
        let mut until = std::collections::HashMap::new();
        for point in all {
            let start = number(&point["startTimeUnixNano"]);
            let series = point["attributes"].to_string();
            if let Some(before) = until.insert(series, number(&point["timeUnixNano"])) {
                assert!(start >= before, "{point}");
            }
        }
    }
    let all = points(&requests, "load.http_req_duration", "exponentialHistogram");
    assert_eq!(sum(&all, "count"), summary.count("http_reqs"));
    let metrics = metrics(&requests);
    let metric = metrics
        .iter()
        .find(|metric| metric["name"] == "load.http_reqs")
        .unwrap();
    assert_eq!(
        metric["sum"]["aggregationTemporality"],
        "AGGREGATION_TEMPORALITY_DELTA"
    );
    assert_eq!(metric["sum"]["isMonotonic"], true);
}

#[test]
fn the_resource_describes_the_sender() {
    let Some(receiver) = Receiver::start(0, &["ok"]) else {
        return;
    };
    let ssel = run("function default() end")
        .env(
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            &format!("http://127.0.0.1:{}", receiver.port),
        )
        .env("OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=ci")
        .env("OTEL_EXPORTER_OTLP_HEADERS", "x-tenant=blue")
        .args([
            "-o",
            "otlp,run=r1,resource.team=a",
            "--label",
            "branch=main",
        ]);
    ssel.said().exits(0);
    let requests = receiver.received();
    assert_eq!(requests[0]["headers"]["x-tenant"], "blue");
    let resource = &requests[0]["message"]["resourceMetrics"][0]["resource"];
    for (name, value) in [
        ("service.name", "ssel"),
        ("service.instance.id", "r1"),
        ("ssel.run.id", "r1"),
        ("branch", "main"),
        ("deployment.environment.name", "ci"),
        ("team", "a"),
    ] {
        assert_eq!(attribute(resource, name).unwrap(), value, "{name}");
    }
    let version = attribute(resource, "service.version").unwrap();
    assert_eq!(version, env!("CARGO_PKG_VERSION"));
}

#[test]
fn metrics_of_language_models_have_the_names_of_the_conventions() {
    let Some(receiver) = Receiver::start(0, &["ok"]) else {
        return;
    };
    let script = r#"
        options = { iterations = 5 }
        function default()
          llm.chat { url = target.url("/v1/messages?tokens=8&itl=1ms"), model = "tiny", prompt = "Hi", max_tokens = 8 }
        end
    "#;
    let summary = run(script).args(["-o", &receiver.output("")]).exported(0);
    let requests = receiver.received();
    for (ours, name) in [
        ("llm_ttft", "gen_ai.client.inference.time_to_first_chunk"),
        ("llm_e2e", "gen_ai.client.inference.duration"),
        (
            "llm_completion_tokens",
            "gen_ai.client.inference.operation.output_tokens",
        ),
    ] {
        let last = last(&requests, name, "exponentialHistogram");
        assert_eq!(sum(&last, "count"), 5.0, "{name}");
        let sum = sum(&last, "sum") / 5.0;
        assert!(
            (sum - summary.value(ours, "avg")).abs() < 1e-6 * sum,
            "{name}"
        );
        for (key, value) in [
            ("gen_ai.operation.name", "chat"),
            ("gen_ai.provider.name", "anthropic"),
            ("gen_ai.request.model", "tiny"),
            ("server.address", "127.0.0.1"),
            ("scenario", "default"),
        ] {
            assert_eq!(attribute(last[0], key).unwrap(), value, "{name}");
        }
    }
    let tokens = last(
        &requests,
        "gen_ai.client.inference.usage.output_tokens",
        "sum",
    );
    assert_eq!(sum(&tokens, "asDouble"), summary.count("llm_output_tokens"));
    // Metrics without a name in the conventions keep the name of ssel.
    assert_eq!(
        sum(&last(&requests, "llm_requests", "sum"), "asDouble"),
        5.0
    );
}

#[test]
fn mistakes_are_reported_before_the_load() {
    let told = |output: &str| {
        let said = Ssel::new()
            .file("script.lua", "function default() end")
            .args(["run", "-o", output, "script.lua"])
            .said()
            .exits(104);
        said.stderr
    };
    for (output, words) in [
        (
            "otlp=http://a,temporality=both",
            "temporality is cumulative or delta",
        ),
        (
            "otlp=http://a,genai=9",
            "genai is a version of the conventions",
        ),
        ("otlp=http://a,traces=2", "from 0 to 1"),
        ("otlp=http://a,tempo=1", "unknown key \"tempo\""),
        ("otlp=http://a,resource.=1", "resource.NAME=VALUE"),
    ] {
        let said = told(output);
        assert!(said.contains(words), "{output}: {said}");
    }
}

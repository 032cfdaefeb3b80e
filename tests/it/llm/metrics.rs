use crate::support::ssel::{Said, run};

fn iterations(body: &str, flags: &[&str]) -> Said {
    run(&format!("function default() {body} end"))
        .args(flags.iter().copied())
        .said()
        .exits(0)
}

#[test]
fn a_reply_is_recorded_as_a_request_too() {
    let said = iterations(
        "llm.chat{ url = target.url('/v1?itl=100ms&tokens=5'), prompt = 'a b c', model = 'm', goodput = { ttft = '1m' } }",
        &["-i", "4"],
    );
    for (metric, count) in [
        ("llm_requests", 4),
        ("llm_output_tokens", 20),
        ("llm_goodput", 4),
        ("llm_errors", 0),
        ("http_reqs", 4),
    ] {
        assert_eq!(said.count(metric), count, "{metric}");
    }
    for (metric, figures) in [
        ("llm_prompt_tokens", "avg=3"),
        ("llm_completion_tokens", "avg=5"),
    ] {
        assert!(
            said.metric(metric).unwrap().starts_with(figures),
            "{}",
            said.stdout
        );
    }
    for metric in [
        "llm_ttft",
        "llm_itl",
        "llm_tpot",
        "llm_e2e",
        "http_req_duration",
        "data_received",
        "data_sent",
    ] {
        assert!(said.metric(metric).is_some(), "{metric}: {}", said.stdout);
    }
    assert!(said.metric("llm_ttft_scheduled").is_none() && said.metric("sse_event").is_none());
    assert!(
        said.stdout.contains("{ tokens_from:usage }"),
        "{}",
        said.stdout
    );
    assert_eq!(said.metric("http_req_failed").unwrap(), "0.00% 0 out of 4");
}

#[test]
fn a_failure_is_counted_by_kind_and_has_no_latency() {
    let said = iterations(
        "for _, f in ipairs { 'error-then-done', '429', 'truncate' } do \
         llm.chat{ url = target.url('/v1?fail=' .. f), prompt = 'x', goodput = { ttft = '1m' } } end",
        &[],
    );
    assert_eq!(
        (
            said.count("llm_requests"),
            said.count("llm_errors"),
            said.count("http_reqs")
        ),
        (3, 3, 3)
    );
    for kind in ["error_event", "status", "truncated"] {
        assert!(
            said.stdout.contains(&format!("{{ kind:{kind} }}")),
            "{}",
            said.stdout
        );
    }
    // HTTP knows nothing of an error inside a stream.
    assert_eq!(said.metric("http_req_failed").unwrap(), "66.66% 2 out of 3");
    assert_eq!(said.metric("llm_goodput").unwrap(), "0 0/s");
    for metric in [
        "llm_ttft",
        "llm_e2e",
        "llm_itl",
        "llm_output_tokens",
        "llm_completion_tokens",
    ] {
        assert!(said.metric(metric).is_none(), "{metric}: {}", said.stdout);
    }
}

#[test]
fn unmeasured_requests_are_not_recorded() {
    let said = iterations(
        "llm.chat{ url = target.url('/v1'), prompt = 'x', measure = false }",
        &[],
    );
    for metric in ["llm_requests", "http_reqs", "data_received"] {
        assert_eq!(said.metric(metric), None, "{}", said.stdout);
    }
}

#[test]
fn counted_chunks_are_named_as_the_source() {
    let said = iterations(
        "llm.chat{ url = target.url('/v1?usage=never&tokens=3'), prompt = 'x' } \
         llm.chat{ url = target.url('/v1?usage=always&tokens=4'), prompt = 'x' }",
        &[],
    );
    for part in [
        "{ tokens_from:counted_chunks }...: 3",
        "{ tokens_from:usage }............: 4",
    ] {
        let found = said
            .stdout
            .lines()
            .any(|line| line.trim_start().starts_with(part));
        assert!(found, "{part}: {}", said.stdout);
    }
}

#[test]
fn at_an_arrival_rate_latencies_from_schedule_are_recorded() {
    let said = run(r#"
        options = { scenarios = { s = {
            executor = "constant-arrival-rate", rate = 20, duration = "1s", pre_allocated_vus = 5,
        } } }
        function default() llm.chat{ url = target.url("/v1?tokens=2"), prompt = "x" } end
        function handle_summary(summary)
            local sums = {}
            for name, metric in pairs(summary.metrics) do sums[name] = metric.values.sum end
            local function later(name) return tostring(sums[name .. "_scheduled"] >= sums[name]) end
            return { stdout = later("llm_ttft") .. later("llm_e2e") }
        end
        "#)
    .said()
    .exits(0);
    assert_eq!(said.stdout, "truetrue");
}

#[test]
fn a_threshold_can_name_metrics_and_model_before_llm_is_loaded() {
    let script = "options = { thresholds = { llm_ttft = 'p(95)<1m', ['llm_e2e{model:m}'] = 'max<1ns' } } \
                  function default() llm.chat{ url = target.url('/v1'), prompt = 'x', model = 'm' } end";
    let said = run(script).said().exits(99);
    assert!(
        said.stdout.contains("✓ 'p(95)<1m'") && said.stdout.contains("✗ 'max<1ns'"),
        "{}",
        said.stdout
    );
}

#[test]
fn tags_of_a_chat_are_those_of_its_samples() {
    let script = "options = { thresholds = { ['llm_requests{size:big}'] = 'count==1', ['http_reqs{size:big}'] = 'count==1' } } \
                  function default() llm.chat{ url = target.url('/v1'), prompt = 'x', tags = { size = 'big' } } \
                  llm.chat{ url = target.url('/v1'), prompt = 'x' } end";
    run(script).said().exits(0);
}

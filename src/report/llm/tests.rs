use std::sync::LazyLock;
use std::time::Duration;

use super::*;
use crate::llm::{BenchResult, Statistics, TokenSource};
use crate::metrics::ClientAudit;
use crate::report::Palette;
use crate::report::failures::FailureLine;
use crate::scrape::Findings;

fn statistics(median: f64) -> Statistics {
    with_percentiles(median, &[(50.0, 1.0), (90.0, 2.0), (99.0, 2.5)])
}

/// Percentiles as multiples of the median.
fn with_percentiles(median: f64, percentiles: &[(f64, f64)]) -> Statistics {
    Statistics {
        count: 9,
        mean: median * 1.1,
        std: 0.0,
        min: median / 2.0,
        median,
        max: median * 3.0,
        percentiles: percentiles
            .iter()
            .map(|(p, times)| (*p, median * times))
            .collect(),
    }
}

fn result() -> BenchResult {
    let empty = crate::llm::Aggregate::new(crate::llm::AggregateOptions::default());
    BenchResult {
        duration: 20.314,
        completed: 96,
        failed: 4,
        input_tokens: 12_288,
        output_tokens: 6_144,
        request_throughput: 4.725,
        output_throughput: 302.4,
        total_token_throughput: 907.2,
        max_output_tokens_per_second: 412.3,
        max_concurrent_requests: 8,
        ttft: statistics(0.120),
        ttfo: statistics(0.120),
        tpot: statistics(0.020),
        itl: statistics(0.021),
        e2e: statistics(1.5),
        token_sources: [(TokenSource::Usage, 96)].into(),
        ..empty.finish(Duration::ZERO)
    }
}

static CLIENT: LazyLock<ClientAudit> = LazyLock::new(ClientAudit::default);

fn report(result: &BenchResult) -> LlmResult<'_> {
    LlmResult {
        is_trace: false,
        result,
        offered: None,
        steady: None,
        hardware: None,
        probe: None,
        objectives: None,
        failures: Vec::new(),
        repeats: None,
        resent: 0,
        interrupted: 0,
        dropped: 0,
        is_full: false,
        server: None,
        client: &CLIENT,
    }
}

#[test]
fn a_result_is_read_from_top_to_bottom() {
    let result = result();
    let mut report = report(&result);
    report.offered = Some((4.923, 5.0));
    report.failures = vec![
        FailureLine {
            kind: "status",
            count: 3,
            first: "status 500: The engine is dead\nmore",
        },
        FailureLine {
            kind: "reset",
            count: 1,
            first: "the connection was reset",
        },
    ];
    insta::assert_snapshot!(llm_result(&report, &Palette::PLAIN), @r"

    requests............: 96 succeeded, 4 failed
      ✗ 3 status 500: The engine is dead
      ✗ 1 reset: the connection was reset
    duration............: 20.31s
    offered rate........: 4.92 requests/s, 5/s requested
    request throughput..: 4.72/s
    output throughput...: 302.40 tokens/s, at most 412 in a second
    total throughput....: 907.20 tokens/s with prompts
    prompt tokens.......: 12288
    output tokens.......: 6144 (from the server's usage)
    concurrency.........: at most 8

    latency, ms                   mean    median       p90       p99       max
    TTFT                        132.00    120.00    240.00    300.00    360.00
    TPOT                         22.00     20.00     40.00     50.00     60.00
    ITL                          23.10     21.00     42.00     52.50     63.00
    E2E                        1650.00   1500.00   3000.00   3750.00   4500.00

    client: ok
    ");
}

#[test]
fn optional_figures_and_failures_are_added() {
    let mut result = result();
    result.request_goodput = Some(2.3625);
    let many = [50.0, 75.0, 90.0, 95.0, 99.0, 99.9].map(|p| (p, p / 50.0));
    let all = |median| with_percentiles(median, &many);
    (result.ttft, result.ttfo) = (all(0.12), all(0.5));
    (result.tpot, result.itl, result.e2e) = (all(0.02), all(0.021), all(1.5));
    result.ttft_with_queue = Some(all(0.121));
    result.e2e_with_queue = Some(all(1.501));
    result.empty = 2;
    result.cached_tokens = 12_000;
    result.token_sources = [(TokenSource::CountedChunks, 96)].into();
    let mut report = report(&result);
    report.objectives = Some("ttft:500ms tpot:50ms".to_owned());
    report.resent = 5;
    report.interrupted = 8;
    report.dropped = 3;
    report.is_full = true;
    insta::assert_snapshot!(llm_result(&report, &Palette::PLAIN), @r"

    requests............: 96 succeeded, 4 failed
      - 2 succeeded without any output
      - 5 were sent twice: the server had closed the connection they took
      - 8 were cut off at the end and are not counted
      - 3 were not sent: as many as --max-concurrency allows were in flight
    duration............: 20.31s
    request throughput..: 4.72/s
    goodput.............: 2.36/s, 50.00% of requests (ttft:500ms tpot:50ms)
    output throughput...: 302.40 tokens/s, at most 412 in a second
    total throughput....: 907.20 tokens/s with prompts
    prompt tokens.......: 12288, 12000 (98%) from the server's cache
    output tokens.......: 6144 (counted chunks; the server reports no usage)
    concurrency.........: at most 8

    latency, ms                   mean    median       p75       p90       p95
    TTFT                        132.00    120.00    180.00    216.00    228.00
    TTFO                        550.00    500.00    750.00    900.00    950.00
    TPOT                         22.00     20.00     30.00     36.00     38.00
    ITL                          23.10     21.00     31.50     37.80     39.90
    E2E                        1650.00   1500.00   2250.00   2700.00   2850.00
    TTFT from schedule          133.10    121.00    181.50    217.80    229.90
    E2E from schedule          1651.10   1501.00   2251.50   2701.80   2851.90

    latency, ms                    p99     p99.9       max
    TTFT                        237.60    239.76    360.00
    TTFO                        990.00    999.00   1500.00
    TPOT                         39.60     39.96     60.00
    ITL                          41.58     41.96     63.00
    E2E                        2970.00   2997.00   4500.00
    TTFT from schedule          239.58    241.76    363.00
    E2E from schedule          2971.98   2999.00   4503.00

    client: ok
    ");
}

#[test]
fn nothing_fits_into_more_than_80_columns() {
    let mut result = result();
    result.ttft = statistics(123.0);
    result.e2e_with_queue = Some(statistics(1234.0));
    let text = llm_result(&report(&result), &Palette::PLAIN);
    let row = CurveRow {
        level: "1000000".to_owned(),
        result: &result,
        is_client_limited: true,
    };
    let curve = llm_curve("concurrency", &[row], &Palette::PLAIN);
    let lines = text.lines().chain(curve.lines());
    assert!(
        lines.clone().all(|line| line.chars().count() <= 80),
        "{text}{curve}"
    );
}

#[test]
fn without_an_answer_there_are_no_latencies() {
    let empty = crate::llm::Aggregate::new(crate::llm::AggregateOptions::default());
    let mut result = empty.finish(Duration::ZERO);
    result.failed = 5;
    let text = llm_result(&report(&result), &Palette::PLAIN);
    assert!(text.contains("0 succeeded, 5 failed"), "{text}");
    assert!(
        !text.contains("latency") && !text.contains("throughput"),
        "{text}"
    );
}

#[test]
fn a_curve_has_a_line_for_each_level() {
    let (low, mut high) = (result(), result());
    high.failed = 0;
    high.ttft = Statistics::default();
    let row = |level: &str, result, is_client_limited| CurveRow {
        level: level.to_owned(),
        result,
        is_client_limited,
    };
    let rows = [row("1", &low, false), row("64", &high, true)];
    insta::assert_snapshot!(llm_curve("concurrency", &rows, &Palette::PLAIN), @r"

    concurrency    req/s    tok/s  TTFT med  TTFT p99 TPOT med   E2E p99  failed
              1     4.72      302    120.00    300.00    20.00   3750.00       4
             64     4.72      302         -         -    20.00   3750.00       0*

    latencies in ms
    * limited by ssel itself: these are not the server's figures
    ");
    let mut good = result();
    good.request_goodput = Some(4.0);
    insta::assert_snapshot!(llm_curve("rate", &[row("2.5", &good, false)], &Palette::PLAIN), @r"

           rate    req/s   good/s    tok/s  TTFT med  TTFT p99   E2E p99  failed
            2.5     4.72     4.00      302    120.00    300.00   3750.00       4

    latencies in ms
    ");
}

#[test]
fn the_live_line_omits_figures_that_do_not_fit() {
    let mut live = LlmLive::default();
    assert_eq!(llm_live(&live, 80, &Palette::PLAIN), "warming up");
    live.elapsed = Some(Duration::from_millis(12_340));
    live.in_flight = 8;
    assert_eq!(
        llm_live(&live, 80, &Palette::PLAIN),
        "12.3s  0 requests  8 in flight"
    );
    live.duration = Some(Duration::from_secs(20));
    live.requests = Some(100);
    live.done = 42;
    live.failed = 1;
    live.ttft = Some(0.1204);
    live.tokens = 5_376;
    assert_eq!(
        llm_live(&live, 90, &Palette::PLAIN),
        "12.3s/20s  42/100 requests  1 failed  8 in flight  3.4 req/s  TTFT 120ms  436 tokens/s"
    );
    assert_eq!(
        llm_live(&live, 62, &Palette::PLAIN),
        "12.3s/20s  42/100 requests  1 failed  8 in flight  3.4 req/s"
    );
    live.is_stopping = true;
    assert_eq!(
        llm_live(&live, 62, &Palette::PLAIN),
        "12.3s/20s  42/100 requests  1 failed  waiting for 8 in flight"
    );
}

#[test]
fn estimated_and_cached_prompt_tokens_are_marked() {
    let lines = |result: &BenchResult, repeats: Option<&'static str>| {
        let mut report = report(result);
        report.repeats = repeats;
        let text = llm_result(&report, &Palette::PLAIN);
        let from = text.find("    total").unwrap_or_default();
        let to = text.find("    output tokens").unwrap_or_default();
        text[from..to].trim_end().to_owned()
    };
    let mut result = result();
    // The prompts were new, so a missing report of the cache does not matter.
    assert!(!lines(&result, None).contains("cache"));
    insta::assert_snapshot!(lines(&result, Some("some came again")), @r"
    total throughput....: 907.20 tokens/s with prompts
    prompt tokens.......: 12288
      - some came again: they may have been cached, which the
        server does not say (vLLM does with --enable-prompt-tokens-details)
    ");
    // The server reports that nothing was cached.
    result.cache_reports = 96;
    assert!(!lines(&result, Some("some came again")).contains("cache"));
    result.cached_tokens = 6_144;
    insta::assert_snapshot!(lines(&result, Some("some came again")), @r"
    total throughput....: 907.20 tokens/s with prompts
    prompt tokens.......: 12288, 6144 (50%) from the server's cache
      - some came again: TTFT is not that of new prompts
    ");
    result.estimated_input_tokens = 288;
    result.bunched = 1;
    insta::assert_snapshot!(lines(&result, None), @r"
    total throughput....: about 907.20 tokens/s with prompts (estimated)
    prompt tokens.......: about 12288, 288 of them estimated, 6144 (50%) from the server's cache
    ");
    result.estimated_input_tokens = 12_288;
    result.cached_tokens = 0;
    insta::assert_snapshot!(lines(&result, None), @r"
    total throughput....: about 907.20 tokens/s with prompts (estimated)
    prompt tokens.......: about 12288, estimated: the server does not say
    ");
    let text = llm_result(&report(&result), &Palette::PLAIN);
    assert!(
        text.contains("- 1 came in bunches and has no TPOT or ITL"),
        "{text}"
    );
}

#[test]
fn cancelled_requests_are_explained_by_the_metrics_of_the_server() {
    let mut result = result();
    result.failed = 0;
    result.cancelled = 5;
    result.cancelled_chunks = 40;
    let words = |server: Option<&Findings>| {
        let mut report = report(&result);
        report.server = server;
        let text = llm_result(&report, &Palette::PLAIN);
        let from = text
            .find("- 5 were cancelled on purpose and not counted as failed")
            .unwrap();
        let to = text.find("    duration").unwrap();
        text[from..to].trim_end().to_owned()
    };
    assert!(!words(None).contains("server"));
    let aborted = |aborted| Findings {
        aborted: Some(aborted),
        ..Findings::default()
    };
    assert!(words(Some(&aborted(5.0))).ends_with("the server stopped all of them"));
    assert!(words(Some(&aborted(2.0))).ends_with("the server stopped 2 of them"));
    let generated = Findings {
        generated_tokens: Some(6_144.0 + 640.0),
        ..Findings::default()
    };
    assert!(words(Some(&generated)).ends_with("the server generated 640 tokens for them, 40 came"));
}

//! Runs made of a few replies.

use super::super::{Api, Reader, ReaderOptions, StreamEnd};
use super::*;

const MS: Duration = Duration::from_millis(1);

/// A reply with chunks at these milliseconds, this number of tokens, and a proper end at `end`.
pub(super) fn reply(chunks: &[u32], tokens: u64, end: u32) -> Reply {
    let options = ReaderOptions {
        keep_text: true,
        ..ReaderOptions::default()
    };
    let mut reader = Reader::new(Api::ChatCompletions, options);
    reader.event(
        5 * MS,
        b"",
        br#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#,
    );
    for at in chunks {
        reader.event(*at * MS, b"", br#"{"choices":[{"delta":{"content":"a"}}]}"#);
    }
    let at = (end - 10) * MS;
    reader.event(
        at,
        b"",
        br#"{"choices":[{"delta":{},"finish_reason":"stop"}]}"#,
    );
    let usage = format!(
        r#"{{"choices":[],"usage":{{"prompt_tokens":7,"completion_tokens":{tokens},"prompt_tokens_details":{{"cached_tokens":2}}}}}}"#
    );
    reader.event(at, b"", usage.as_bytes());
    reader.event(end * MS, b"", b"[DONE]");
    reader.finish(end * MS, StreamEnd::Eof)
}

fn failed(kind: &'static str) -> Reply {
    let mut reader = Reader::new(Api::ChatCompletions, ReaderOptions::default());
    reader.event(20 * MS, b"", br#"{"choices":[{"delta":{"content":"a"}}]}"#);
    reader.finish(
        30 * MS,
        StreamEnd::Failed {
            kind,
            message: "why",
        },
    )
}

pub(super) fn at(start: u32) -> RequestInfo {
    RequestInfo {
        start: start * MS,
        queued: None,
        prompt_tokens: 100,
        server: None,
        turn: None,
        items: None,
    }
}

/// Two good requests, an empty one and a failed one.
pub(in crate::llm) fn small_run() -> BenchResult {
    let mut aggregate = Aggregate::new(AggregateOptions {
        goodput: "ttft:150ms".parse().ok(),
        percentiles: vec![90.0, 99.9],
        keep_requests: true,
    });
    aggregate.add(
        &RequestInfo {
            queued: Some(2 * MS),
            ..at(0)
        },
        &reply(&[100, 150, 250], 3, 300),
    );
    aggregate.add(
        &RequestInfo {
            queued: Some(4 * MS),
            ..at(100)
        },
        &reply(&[200, 300], 5, 400),
    );
    aggregate.add(&at(200), &reply(&[], 1, 50));
    aggregate.add(&at(500), &failed("reset"));
    aggregate.finish(2000 * MS)
}

#[track_caller]
fn assert_close(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-9, "{a} is not {b}");
}

#[test]
fn totals_and_rates_cover_successful_requests() {
    let run = small_run();
    assert_eq!((run.completed, run.failed, run.empty), (3, 1, 1));
    assert_eq!(run.failures, BTreeMap::from([("reset".to_owned(), 1)]));
    assert_eq!(run.token_sources, BTreeMap::from([(TokenSource::Usage, 3)]));
    assert_eq!((run.input_tokens, run.output_tokens), (21, 9));
    assert_eq!((run.cached_tokens, run.cache_reports), (6, 3));
    assert_eq!(run.estimated_input_tokens, 0);
    assert_close(run.request_throughput, 1.5);
    assert_eq!(run.request_goodput, Some(0.5));
    assert_close(run.output_throughput, 4.5);
    assert_close(run.total_token_throughput, 15.0);
    assert_eq!(run.requests.len(), 4);
}

#[test]
fn latencies_end_with_content() {
    let run = small_run();
    assert_eq!(
        (run.ttft.count, run.tpot.count, run.itl.count, run.e2e.count),
        (2, 2, 3, 2)
    );
    assert_close(run.ttft.mean, 0.15);
    assert_close(run.e2e.mean, 0.275);
    // (250 − 100) / 2 and (300 − 200) / 4 milliseconds.
    assert_close(run.tpot.mean, 0.05);
    assert_close(run.itl.max, 0.1);
    let queued = run.queued.unwrap();
    assert_eq!(queued.count, 2);
    assert_close(queued.mean, 0.003);
    assert_close(run.e2e_with_queue.unwrap().mean, 0.278);
}

#[test]
fn concurrency_and_token_rate_have_peaks() {
    let run = small_run();
    // From 200 to 250 ms the first three are in flight.
    assert_eq!(run.max_concurrent_requests, 3);
    assert_close(run.max_output_tokens_per_second, 8.0);

    let mut aggregate = Aggregate::new(AggregateOptions::default());
    aggregate.add(&at(0), &reply(&[100, 1100], 4, 1500));
    aggregate.add(&at(1500), &reply(&[100], 1, 500));
    let run = aggregate.finish(3000 * MS);
    assert_eq!(
        run.max_concurrent_requests, 1,
        "one ends when the other starts"
    );
    assert_close(run.max_output_tokens_per_second, 3.0);
}

#[test]
fn tokens_of_several_choices_lie_within_the_reply() {
    let mut reader = Reader::new(Api::ChatCompletions, ReaderOptions::default());
    for at in [100, 500, 900] {
        for index in [0, 1] {
            let chunk = format!(
                r#"{{"choices":[{{"index":{index},"delta":{{"content":"a"}},"finish_reason":"stop"}}]}}"#
            );
            reader.event(at * MS, b"", chunk.as_bytes());
        }
    }
    reader.event(900 * MS, b"", b"[DONE]");
    let reply = reader.finish(900 * MS, StreamEnd::Eof);
    let mut aggregate = Aggregate::new(AggregateOptions::default());
    aggregate.add(&at(0), &reply);
    assert_close(
        aggregate.finish(1000 * MS).max_output_tokens_per_second,
        6.0,
    );
}

#[test]
fn a_bunched_reply_counts_in_all_figures_except_times_between_tokens() {
    let settings = AggregateOptions {
        keep_requests: true,
        ..AggregateOptions::default()
    };
    let mut aggregate = Aggregate::new(settings);
    aggregate.add(&at(0), &reply(&[100, 150, 250], 3, 300));
    aggregate.add(&at(0), &reply(&[400, 400, 400], 40, 500));
    let run = aggregate.finish(1000 * MS);
    assert_eq!((run.completed, run.bunched, run.output_tokens), (2, 1, 43));
    assert_eq!((run.ttft.count, run.e2e.count), (2, 2));
    assert_eq!((run.tpot.count, run.itl.count), (1, 2));
    assert_close(run.tpot.mean, 0.075);
    let marked: Vec<bool> = run.requests.iter().map(|r| r.is_bunched).collect();
    assert_eq!(marked, [false, true]);
}

#[test]
fn each_server_has_its_own_figures() {
    let of = |name: &str| RequestInfo {
        server: Some(name.into()),
        ..at(0)
    };
    let mut aggregate = Aggregate::new(AggregateOptions::default());
    aggregate.add(&of("http://b"), &reply(&[100, 150], 2, 300));
    aggregate.add(&of("http://a"), &failed("reset"));
    let mut other = Aggregate::new(AggregateOptions::default());
    other.add(&of("http://b"), &reply(&[300, 350], 2, 400));
    other.add(&of("http://a"), &failed("cancelled"));
    aggregate.merge_sums(other.sums);
    let run = aggregate.finish(1000 * MS);
    let counts = run.servers.iter().map(|server| {
        let ServerResult {
            completed,
            failed,
            cancelled,
            ..
        } = *server;
        (server.server.as_str(), completed, failed, cancelled)
    });
    let counts: Vec<_> = counts.collect();
    assert_eq!(counts, [("http://a", 0, 1, 1), ("http://b", 2, 0, 0)]);
    assert_close(run.servers[1].ttft.mean, 0.2);
    // Cancelled requests are not failures.
    assert_eq!((run.failed, run.cancelled, run.cancelled_chunks), (1, 1, 1));
}

#[test]
fn prompt_tokens_are_estimated_if_the_server_does_not_report_them() {
    let mut aggregate = Aggregate::new(AggregateOptions::default());
    let mut silent = reply(&[100], 1, 200);
    for prompt in [None, Some(0), Some(9)] {
        silent.tokens.prompt = prompt;
        aggregate.add(&at(0), &silent);
    }
    let run = aggregate.finish(1000 * MS);
    assert_eq!((run.input_tokens, run.estimated_input_tokens), (209, 200));
}

#[test]
fn parts_of_a_run_merge_into_the_whole() {
    let settings = AggregateOptions {
        keep_requests: true,
        ..AggregateOptions::default()
    };
    let replies = [
        reply(&[100, 150], 2, 300),
        failed("timeout"),
        reply(&[], 1, 60),
        failed("reset"),
    ];
    let mut whole = Aggregate::new(settings.clone());
    let mut parts = [Aggregate::new(settings.clone()), Aggregate::new(settings)];
    for (reply, i) in replies.iter().zip(0..) {
        whole.add(&at(i * 50), reply);
        parts[i as usize % 2].add(&at(i * 50), reply);
    }
    let [mut first, second] = parts;
    first.merge_sums(second.sums);
    first.requests.extend(second.requests);
    assert_eq!(first.finish(2000 * MS), whole.finish(2000 * MS));
}

#[test]
fn a_run_without_requests_has_a_result() {
    let run = Aggregate::new(AggregateOptions::default()).finish(Duration::ZERO);
    assert_eq!(
        (run.completed, run.failed, run.max_concurrent_requests),
        (0, 0, 0)
    );
    assert_eq!((run.request_throughput, run.ttft.mean), (0.0, 0.0));
}

#[test]
fn sums_of_several_processes_add_up_to_the_whole() {
    let settings = AggregateOptions::default();
    let of = |numbers: std::ops::Range<u32>| {
        let mut aggregate = Aggregate::new(settings.clone());
        for n in numbers {
            let first = 20 + n;
            let chunks = [first, first + 30, first + 90 + n];
            aggregate.add(&at(n * 17), &reply(&chunks, 3 + u64::from(n), first + 300));
        }
        aggregate
    };
    let seconds = Duration::from_secs(10);
    let whole = of(0..40).finish(seconds);
    let mut own = of(0..15);
    for other in [of(15..30), of(30..40)] {
        let bytes = serde_json::to_vec(other.sums()).unwrap();
        own.merge_sums(serde_json::from_slice(&bytes).unwrap());
    }
    let all = own.finish(seconds);
    assert_eq!(
        (all.completed, all.output_tokens),
        (whole.completed, whole.output_tokens)
    );
    assert_eq!(all.token_sources, whole.token_sources);
    assert_eq!(all.max_concurrent_requests, whole.max_concurrent_requests);
    assert!((all.max_output_tokens_per_second - whole.max_output_tokens_per_second).abs() < 1e-6);
    for (all, whole) in [
        (&all.ttft, &whole.ttft),
        (&all.itl, &whole.itl),
        (&all.e2e, &whole.e2e),
    ] {
        assert_eq!(
            (all.count, all.min, all.max),
            (whole.count, whole.min, whole.max)
        );
        assert!((all.mean - whole.mean).abs() <= 1e-9 * whole.mean);
        assert!((all.std - whole.std).abs() <= 1e-6 * whole.max);
        for ((_, a), (_, b)) in all.percentiles.iter().zip(&whole.percentiles) {
            assert!((a - b).abs() <= b / 1000.0, "{a} is not nearly {b}");
        }
    }
}

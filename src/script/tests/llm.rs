//! `llm`: the samples and reports of a reply, even if it is interrupted.

use std::time::Duration;

use super::kit::Bench;

const MOMENT: Duration = Duration::from_millis(200);

#[test]
fn an_interrupted_reply_counts_with_its_bytes_but_without_a_verdict() {
    for on_token in ["", "on_token = function() end"] {
        let mut bench = Bench::new(&format!(
            "function default() llm.chat{{ url = target.url('/v1?itl=1h&tokens=9'), prompt = 'x', {on_token} }} end"
        ));
        assert!(bench.iterate_for(MOMENT).is_none(), "it should not end");
        for metric in [
            "llm_requests",
            "llm_errors",
            "llm_ttft",
            "llm_output_tokens",
            "http_req_duration",
        ] {
            assert_eq!(bench.samples(metric).0, 0, "{metric} with {on_token:?}");
        }
        assert_eq!(bench.samples("http_reqs").0, 1, "the server has seen it");
        assert_eq!(bench.samples("http_req_failed"), (1, 0.0));
        assert!(bench.samples("data_received").1 > 100.0 && bench.samples("data_sent").1 > 100.0);
        assert!(bench.replies().is_empty());
    }
}

#[test]
fn a_request_without_a_reply_has_failed() {
    for on_token in ["", "on_token = function() end"] {
        let mut bench = Bench::new(&format!(
            "function default() llm.chat{{ url = target.url('/v1?headers_delay=1h'), prompt = 'x', {on_token} }} end"
        ));
        assert!(bench.iterate_for(MOMENT).is_none(), "it should not end");
        for metric in ["http_reqs", "http_req_failed", "llm_requests", "llm_errors"] {
            assert_eq!(
                bench.samples(metric),
                (1, 1.0),
                "{metric} with {on_token:?}"
            );
        }
    }
}

#[test]
fn each_measured_reply_is_reported_once_including_failures() {
    let mut bench = Bench::new(
        "local function ask(query, more)
           local q = { url = target.url('/v1?' .. query), prompt = 'x' }
           for name, value in pairs(more or {}) do q[name] = value end
           llm.chat(q)
         end
         function default()
           ask('tokens=3&usage=never', { prompt_tokens = 7 })
           ask('tokens=3', { measure = false })
           ask('fail=429')
           ask('tokens=2', { on_token = function() end })
         end",
    );
    bench.run.start(std::time::Instant::now());
    bench.iterate().unwrap();
    let replies = bench.replies();
    let told: Vec<_> = replies
        .iter()
        .map(|(request, reply)| (request.prompt_tokens, reply.chunks, reply.outcome.is_ok()))
        .collect();
    assert_eq!(told, [(7, 3, true), (0, 0, false), (0, 2, true)]);
    let starts: Vec<_> = replies.iter().map(|(request, _)| request.start).collect();
    assert!(starts.is_sorted() && starts[0] < starts[2], "{starts:?}");
    assert!(replies.iter().all(|(request, _)| request.queued.is_none()));
}

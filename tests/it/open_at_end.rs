//! However a run ends, all work in progress is counted in every metric it belongs to.

#![allow(
    clippy::float_cmp,
    reason = "counts are whole numbers, and have to be equal"
)]

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::support::counting::{Counting, Peer, STREAM};
use crate::support::ssel::{Exported, run};

/// How a run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Duration,
    Abort,
    Threshold,
}

/// Waits for acknowledgement n: then all open streams and requests are in the intended state.
fn wait_for_acks(peer: &Peer, n: u64) {
    let begun = Instant::now();
    while peer.seen.acks.load(Ordering::SeqCst) < n && begun.elapsed() < Duration::from_secs(50) {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A server of streams. Each has one event, and the first of them another, which asks for the end once `n` are
/// acknowledged.
fn streams(n: u64, end: End, event: fn(&str) -> String) -> Counting {
    Counting::start(move |peer, path, number| {
        if path == "/ack" {
            peer.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")?;
            return Ok(true);
        }
        peer.send(STREAM)?;
        peer.event(&event("one"))?;
        if number == 1 && end == End::Abort {
            wait_for_acks(peer, n);
            peer.event(&event("abort"))?;
        }
        peer.hold()
    })
}

/// Runs `n` VUs that each keep something open until the run ends.
fn outcome(server: &Counting, n: u64, workers: u32, end: End, open: &str) -> Exported {
    let (duration, threshold) = match end {
        End::Duration => ("3s", String::new()),
        End::Abort => ("1m", String::new()),
        // The threshold fails as soon as all VUs have sent both requests.
        End::Threshold => (
            "1m",
            format!("http_reqs = {{ {{ threshold = 'count<{n}', abort_on_fail = true }} }}"),
        ),
    };
    let script = format!(
        r#"
        options = {{
            scenarios = {{ s = {{ executor = "constant-vus", vus = {n}, duration = "{duration}", graceful_stop = 0 }} }},
            thresholds = {{ {threshold} }},
        }}
        local url = "{}"
        local function ack() http.get(url .. "/ack") end
        function default() {open} end
        "#,
        server.url()
    );
    let workers = workers.to_string();
    let ssel = run(&script).args(["--no-summary", "--workers", &workers]);
    let code = match end {
        End::Duration => 0,
        End::Abort => 108,
        End::Threshold => 99,
    };
    ssel.exported(code)
}

const HANDLER: &str = r#"
    sse.open(url, function(client)
        client:on("event", function(event)
            if event.data == "abort" then exec.test.abort("all are open") end
            ack()
        end)
    end)
"#;

#[test]
fn every_stream_that_is_open_at_the_end_is_counted() {
    let ends = [End::Abort, End::Threshold, End::Duration];
    let cases = [1, 40, 61, 100, 128, 129].into_iter().enumerate();
    let mut cases: Vec<_> = cases.map(|(i, n)| (n, ends[i % 3])).collect();
    cases.push((1000, End::Abort));
    for (n, end) in cases {
        for workers in [1, 2] {
            let server = streams(n, end, str::to_owned);
            let said = outcome(&server, n, workers, end, HANDLER);
            let case = format!("{n} streams on {workers} workers, ended by {end:?}");
            let requests = server.requests();
            assert!(requests <= 2 * n, "{case}");
            if end == End::Abort {
                assert_eq!(requests, 2 * n, "{case}");
            }
            assert_eq!(said.value("http_reqs", "count"), requests as f64, "{case}");
            assert_eq!(
                said.value("http_req_failed", "total"),
                requests as f64,
                "{case}"
            );
            // The end may interrupt acknowledgements that the server has counted but not answered.
            let cut_off = said.value("http_req_failed", "passes");
            assert!(cut_off <= (requests.saturating_sub(n)) as f64, "{case}");
            assert_eq!(
                said.value("sse_event", "count"),
                server.events() as f64,
                "{case}"
            );
            assert_eq!(said.value("sse_streams", "value"), 0.0, "{case}");
            assert_eq!(said.value("sse_streams", "max"), n as f64, "{case}");
            assert_eq!(said.count("sse_errors"), 0.0, "{case}");
            let (stream, ack) = (STREAM.len() + "data: one\n\n".len(), 40);
            let received = stream as f64 * n as f64 + f64::from(ack) * (n as f64 - cut_off);
            assert!(said.value("data_received", "count") >= received, "{case}");
        }
    }
}

#[test]
fn every_request_without_an_answer_is_counted_as_failed() {
    for (open, metric) in [
        ("http.get(url .. '/quiet')", None),
        (
            "spawn(function() http.get(url .. '/quiet') end):wait()",
            None,
        ),
        (
            "sse.open(url .. '/quiet', function() end)",
            Some("sse_errors"),
        ),
        ("sse.connect(url .. '/quiet')", Some("sse_errors")),
        ("llm.chat{ url = url, prompt = 'x' }", Some("llm_errors")),
        (
            "llm.chat{ url = url, prompt = 'x', on_token = function() end }",
            Some("llm_errors"),
        ),
    ] {
        let n = 129;
        // One request is answered when all others have arrived.
        let server = Counting::start(move |peer, path, _| {
            if path != "/end" {
                return peer.hold();
            }
            let begun = Instant::now();
            while peer.seen.requests.load(Ordering::SeqCst) < n
                && begun.elapsed() < Duration::from_secs(50)
            {
                std::thread::sleep(Duration::from_millis(5));
            }
            peer.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")?;
            Ok(true)
        });
        let open = format!(
            "if exec.vu.id_in_test == 1 then http.get(url .. '/end') exec.test.abort('all are there') end {open}"
        );
        for workers in [1, 2] {
            let before = server.requests();
            server.seen.requests.store(0, Ordering::SeqCst);
            let said = outcome(&server, n, workers, End::Abort, &open);
            assert!(before == 0 || before == n, "{open}");
            assert_eq!(said.value("http_reqs", "count"), n as f64, "{open}");
            assert_eq!(said.value("http_req_failed", "total"), n as f64, "{open}");
            assert_eq!(
                said.value("http_req_failed", "passes"),
                (n - 1) as f64,
                "{open}"
            );
            if let Some(metric) = metric {
                assert_eq!(said.count(metric), (n - 1) as f64, "{open}");
            }
        }
    }
}

#[test]
fn every_unfinished_reply_at_the_end_is_counted() {
    let chunk = |text: &str| {
        format!(
            r#"{{"choices":[{{"index":0,"delta":{{"content":"{text}"}},"finish_reason":null}}]}}"#
        )
    };
    let open = r#"
        llm.chat{ url = url, prompt = "x", on_token = function(text)
            if text == "abort" then exec.test.abort("all are there") end
            ack()
        end }
    "#;
    for n in [1, 61, 129] {
        let server = streams(n, End::Abort, chunk);
        let said = outcome(&server, n, 2, End::Abort, open);
        assert_eq!(said.value("http_reqs", "count"), 2.0 * n as f64);
        assert_eq!(said.value("http_req_failed", "total"), 2.0 * n as f64);
        assert_eq!(said.value("http_req_failed", "passes"), 0.0);
        let received = (STREAM.len() + chunk("one").len()) as f64 * n as f64;
        assert!(said.value("data_received", "count") >= received);
    }
}

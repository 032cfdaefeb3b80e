//! The counts of ssel match those of the server, whatever fails.

#![allow(
    clippy::float_cmp,
    reason = "counts are whole numbers, and have to be equal"
)]

use std::net::TcpListener;

use crate::support::counting::{Counting, STREAM};
use crate::support::ssel::{Exported, run};

/// A server whose streams end in six ways in turn: four of them are failures.
fn unreliable() -> Counting {
    Counting::start(|peer, _, number| {
        match number % 6 {
            // A proper end; the connection is used again.
            0 => {
                let length = 3 * "data: x\n\n".len() + "retry: 1\n\n".len();
                peer.send(&format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {length}\r\n\r\nretry: 1\n\n"
                ))?;
                for _ in 0..3 {
                    peer.event("x")?;
                }
                return Ok(true);
            }
            2 => peer.send(
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: 1000\r\n\r\nretry: 1\n\n",
            )?,
            _ => peer.send(&format!("{STREAM}retry: 1\n\n"))?,
        }
        peer.event("one")?;
        peer.event("two")?;
        match number % 6 {
            1 => peer.reset(),
            3 => {
                peer.send("data: half of an ev")?;
                Ok(false)
            }
            4 => peer.hold(),
            _ => Ok(false),
        }
    })
}

fn broken(requests: u64) -> u64 {
    (1..=requests)
        .filter(|n| (1..=4).contains(&(n % 6)))
        .count() as u64
}

#[test]
fn requests_events_and_failures_match_those_of_the_server() {
    let shared = |vus, iterations| {
        format!(
            "executor = 'shared-iterations', vus = {vus}, iterations = {iterations}, max_duration = '50s'"
        )
    };
    let arrivals =
        "executor = 'constant-arrival-rate', rate = 40, duration = '3s', pre_allocated_vus = 200";
    for (load, reconnect, handler) in [
        (shared(1, 8), "nil", true),
        (shared(1, 4), "{ max = 2 }", false),
        (shared(50, 200), "nil", false),
        (shared(50, 100), "{ max = 2 }", true),
        (shared(500, 1000), "{ max = 1 }", true),
        (arrivals.to_owned(), "{ max = 1 }", false),
    ] {
        let server = unreliable();
        let on_event = if handler {
            "client:on('event', function(event) end) client:on('error', function(err) told:add(1) end)"
        } else {
            "client:on('error', function(err) told:add(1) end)"
        };
        let script = format!(
            r#"
            options = {{ scenarios = {{ s = {{ {load}, graceful_stop = "50s" }} }} }}
            local told = metrics.counter("told")
            function default()
                sse.open("{}/", {{ reconnect = {reconnect}, idle_timeout = "1s" }}, function(client) {on_event} end)
            end
            "#,
            server.url()
        );
        let said = run(&script).args(["--no-summary"]).exported(0);
        let case = format!("{load}, reconnect = {reconnect}, handler = {handler}");
        let (requests, failures) = (server.requests(), broken(server.requests()));
        let sent = said.count("http_reqs") + said.count("http_reconnects");
        assert_eq!(sent, requests as f64, "{case}");
        assert_eq!(said.count("sse_event"), server.events() as f64, "{case}");
        assert_eq!(said.count("sse_errors"), failures as f64, "{case}");
        assert_eq!(
            said.value("http_req_failed", "passes"),
            failures as f64,
            "{case}"
        );
        assert_eq!(
            said.value("http_req_failed", "total"),
            said.count("http_reqs"),
            "{case}"
        );
        assert_eq!(said.count("told"), failures as f64, "{case}");
        assert_eq!(said.value("sse_streams", "value"), 0.0, "{case}");
    }
}

/// Runs a reconnecting stream, with thresholds on its failures.
fn against(url: &str, open: &str) -> Exported {
    let script = format!(
        r#"
        options = {{
            scenarios = {{ s = {{ executor = "constant-vus", vus = 2, duration = "1s", graceful_stop = 0 }} }},
            thresholds = {{ http_req_failed = "rate<0.01", sse_errors = "count==0" }},
        }}
        local told = metrics.counter("told")
        local url = "{url}"
        function default() {open} end
        "#
    );
    run(&script).args(["--no-summary"]).exported(99)
}

#[test]
fn a_stream_that_cannot_reconnect_fails_with_a_message() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", nobody.local_addr().unwrap());
    drop(nobody);
    let open = r#"sse.open(url, { reconnect = true }, function(client)
        client:on("error", function(err)
            assert(err.kind == "connect" and err.retry_in == 3, err.kind)
            told:add(1)
        end)
    end)"#;
    let said = against(&url, open);
    assert_eq!(said.count("told"), 2.0);
    assert_eq!(said.count("sse_errors"), 2.0);
    assert_eq!(said.value("http_req_failed", "passes"), 2.0);
    assert_eq!(said.count("http_reqs"), 2.0);
    let pulled = against(&url, "sse.connect(url, { reconnect = true })");
    assert_eq!(pulled.count("sse_errors"), 2.0);
}

#[test]
fn a_server_that_accepts_and_never_answers_fails_the_run() {
    let silent = Counting::start(|peer, _, _| peer.hold());
    for open in [
        "sse.open(url, function() end)",
        "sse.open(url, { reconnect = true }, function() end)",
    ] {
        let said = against(&silent.url(), open);
        assert_eq!(said.count("sse_errors"), 2.0, "{open}");
        assert_eq!(said.value("http_req_failed", "passes"), 2.0, "{open}");
    }
}

#[test]
fn events_that_were_not_delivered_are_not_counted() {
    let flood = || {
        Counting::start(|peer, _, _| {
            peer.send(STREAM)?;
            for _ in 0..20_000 {
                peer.event("x")?;
            }
            peer.hold()
        })
    };
    for open in [
        // Interrupted in a handler.
        "sse.open(url, function(client)
            local n = 0
            client:on('event', function() n = n + 1 handed:add(1) if n == 200 then sleep('1h') end end)
        end)",
        // Closed in a handler.
        "sse.open(url, function(client)
            local n = 0
            client:on('event', function() n = n + 1 handed:add(1) if n == 200 then client:close() end end)
        end) sleep('1h')",
        // Left open.
        "local stream = sse.connect(url)
         for i = 1, 200 do stream:next() handed:add(1) end sleep('1h')",
        // A handler that raises.
        "pcall(sse.open, url, function(client)
            local n = 0
            client:on('event', function() n = n + 1 handed:add(1) if n == 200 then error('no') end end)
        end) sleep('1h')",
    ] {
        let server = flood();
        let script = format!(
            r#"
            options = {{ scenarios = {{ s = {{ executor = "constant-vus", vus = 1, duration = "2s", graceful_stop = 0 }} }} }}
            local handed = metrics.counter("handed")
            local url = "{}/"
            function default() {open} end
            "#,
            server.url()
        );
        let said = run(&script).args(["--no-summary"]).exported(0);
        assert_eq!(said.count("handed"), 200.0, "{open}");
        assert_eq!(said.count("sse_event"), 200.0, "{open}");
    }
}

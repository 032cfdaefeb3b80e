use std::net::TcpListener;

use crate::support::ssel::{iteration_prints, run};

/// Opens the stream and prints the result: status, kind of the error, events.
const OPEN: &str = r#"
    local function open(url, params)
        local told = 0
        local res = sse.open(url, params or {}, function(client)
            client:on("event", function() end)
            client:on("error", function(err)
                told = told + 1
                assert(err.message == tostring(err) and err:error() == err.message and #err.message > 5, err.message)
            end)
            client:on("close", function(res) assert((res.error == nil) == (told == 0)) end)
        end)
        assert(told == (res.error and 1 or 0), "the error callback hears of every failure once")
        print(res.status, res.error and res.error.kind, res.events)
        return res
    end
"#;

/// The result of a stream of this path of the target: status, kind and number of events.
#[track_caller]
fn comes_to(path: &str, params: &str) -> String {
    iteration_prints(&format!("{OPEN} open(target.url('{path}'), {params})"))
        .trim_end()
        .to_owned()
}

#[test]
fn a_response_that_is_not_an_event_stream_is_an_error_with_its_body() {
    let printed = iteration_prints(&format!(
        r#"{OPEN}
        local res = open(target.url("/status/429?body=slow%20down&retry_after=7"))
        print(res.body, res.headers["Retry-After"], res.error)
        local res = open(target.url("/content-type?type=text/html&body=hello"))
        print(res.body, res.error)
        open(target.url("/fault/content-type"))
        open(target.url("/status/204"))
        open(target.url("/status/301"))
        "#
    ));
    assert_eq!(
        printed,
        "429\tstatus\t0\nslow down\t7\tHTTP 429 Too Many Requests\n200\tcontent_type\t0\n\
         hello\tthe response is \"text/html\", not text/event-stream\n200\tcontent_type\t0\n\
         204\tstatus\t0\n301\tredirect\t0\n"
    );
}

#[test]
fn a_body_that_is_not_a_stream_is_kept_up_to_64_kib() {
    let printed =
        iteration_prints("print(#sse.open(target.url('/bytes/100000'), function() end).body)");
    assert_eq!(printed, "65536\n");
}

#[test]
fn a_reset_is_an_error_and_the_events_before_it_are_delivered() {
    // A block of the stream has 30 bytes.
    assert_eq!(comes_to("/fault/reset?after=64", "nil"), "200\treset\t2");
    assert_eq!(
        comes_to("/.sse?n=3&interval=1ms&end=reset", "nil"),
        "200\treset\t3"
    );
    assert_eq!(comes_to("/fault/no-headers", "nil"), "0\treset\t0");
}

#[test]
fn a_body_without_its_end_is_truncated() {
    assert_eq!(
        comes_to("/fault/truncate?after=64", "nil"),
        "200\ttruncated\t2"
    );
    assert_eq!(
        comes_to("/.sse?n=3&interval=1ms&end=truncate", "nil"),
        "200\ttruncated\t3"
    );
    assert_eq!(
        comes_to("/fault/short-length", "nil")
            .split_once('\t')
            .unwrap()
            .1
            .split_once('\t')
            .unwrap()
            .0,
        "truncated"
    );
}

#[test]
fn an_answer_that_is_not_http_is_a_protocol_error() {
    assert_eq!(comes_to("/fault/bad-status-line", "nil"), "0\tprotocol\t0");
    assert_eq!(comes_to("/fault/bad-chunk", "nil"), "200\tprotocol\t1");
}

#[test]
fn odd_but_valid_replies_are_accepted() {
    for path in [
        "/fault/slow-body?delay=1ms",
        "/fault/slow-headers?delay=1ms",
        "/fault/early-hints?n=3",
        "/fault/empty-reason",
        "/fault/no-length",
        "/fault/close-after-reply",
        "/fault/close-idle?hold=1ms",
    ] {
        let came = comes_to(path, "nil");
        assert!(
            came.starts_with("200\tnil\t") && !came.ends_with("\t0"),
            "{path}: {came}"
        );
    }
}

#[test]
fn each_time_limit_is_a_timeout_that_the_message_names() {
    for (path, params, status, limit) in [
        (
            "/.sse?interval=5ms",
            "{ timeout = '40ms' }",
            "200",
            "timeout",
        ),
        ("/delay/10", "{ timeout = '40ms' }", "0", "timeout"),
        (
            "/fault/half-headers",
            "{ timeout = '40ms' }",
            "0",
            "timeout",
        ),
        (
            "/.sse?n=5&first=10",
            "{ first_event_timeout = '40ms' }",
            "200",
            "first_event_timeout",
        ),
        (
            "/delay/10",
            "{ first_event_timeout = 0.04 }",
            "0",
            "first_event_timeout",
        ),
        (
            "/fault/stall?after=64",
            "{ idle_timeout = '40ms' }",
            "200",
            "idle_timeout",
        ),
        (
            "/.sse?n=3&interval=10&ping=10ms",
            "{ idle_timeout = '60ms' }",
            "200",
            "idle_timeout",
        ),
        (
            "/delay/10",
            "{ max_duration = '40ms' }",
            "0",
            "max_duration",
        ),
    ] {
        let printed = iteration_prints(&format!(
            "{OPEN} local res = open(target.url('{path}'), {params}) print(res.error)"
        ));
        let mut lines = printed.lines();
        assert!(
            lines
                .next()
                .unwrap()
                .starts_with(&format!("{status}\ttimeout\t")),
            "{path} {params}: {printed}"
        );
        assert!(
            lines.next().unwrap().contains(limit),
            "{path} {params}: {printed}"
        );
    }
}

#[test]
fn an_unanswered_connection_exceeds_the_connect_timeout() {
    // A TLS handshake without an answer: the socket listens, so the connection itself succeeds.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let printed = iteration_prints(&format!(
        "{OPEN} print(open('https://{}/', {{ connect_timeout = '40ms' }}).error)",
        silent.local_addr().unwrap()
    ));
    assert!(
        printed.starts_with("0\ttimeout\t0\n") && printed.contains("connect_timeout"),
        "{printed}"
    );
}

#[test]
fn an_event_beyond_the_limit_is_too_large() {
    assert_eq!(
        comes_to(
            "/.sse?n=3&size=2000&interval=1ms",
            "{ max_event_bytes = 1000 }"
        ),
        "200\ttoo_large\t0"
    );
    assert_eq!(
        comes_to(
            "/fault/endless-line?bytes=200000",
            "{ max_event_bytes = 1000 }"
        ),
        "200\ttoo_large\t0"
    );
    assert_eq!(
        comes_to(
            "/.sse?n=3&size=900&interval=1ms",
            "{ max_event_bytes = 1000 }"
        ),
        "200\tnil\t3"
    );
}

#[test]
fn a_host_without_an_address_is_a_dns_error() {
    let printed = iteration_prints(&format!("{OPEN} open('http://no-such-host.invalid/')"));
    assert_eq!(printed, "0\tdns\t0\n");
}

#[test]
fn a_refused_connection_is_a_connect_error() {
    let port = {
        TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port()
    };
    let printed = iteration_prints(&format!("{OPEN} open('http://127.0.0.1:{port}/')"));
    assert_eq!(printed, "0\tconnect\t0\n");
}

#[test]
fn a_server_without_tls_is_a_tls_error() {
    let body = format!("{OPEN} open((target.url('/.sse'):gsub('http:', 'https:')))");
    assert_eq!(iteration_prints(&body), "0\ttls\t0\n");
}

#[test]
fn redirects_are_followed_up_to_a_limit() {
    assert_eq!(comes_to("/redirect?to=/.sse?n=2", "nil"), "200\tnil\t2");
    assert_eq!(comes_to("/redirect/3?to=/.sse?n=2", "nil"), "200\tnil\t2");
    assert_eq!(
        comes_to("/redirect/3?to=/.sse?n=2", "{ redirects = 2 }"),
        "302\tredirect\t0"
    );
    assert_eq!(comes_to("/redirect/11", "nil"), "302\tredirect\t0");
    assert_eq!(comes_to("/redirect", "nil"), "302\tredirect\t0");
    assert_eq!(
        comes_to("/redirect?to=/.sse", "{ redirects = 0 }"),
        "302\tstatus\t0"
    );
}

#[test]
fn failures_are_counted_by_kind() {
    let script = r#"
        options = { iterations = 4, thresholds = {
            ["sse_errors{kind:reset}"] = "count==4", ["sse_errors{kind:status}"] = "count==4",
            ["http_req_failed{status:503}"] = "rate==1",
        } }
        function default()
            sse.open(target.url("/fault/reset"), function() end)
            sse.open(target.url("/status/503"), function() end)
            sse.open(target.url("/.sse?n=1"), function() end)
        end
    "#;
    let said = run(script).said().exits(0);
    assert_eq!(said.count("sse_errors"), 8);
    assert_eq!(
        said.metric("http_req_failed").as_deref(),
        Some("66.66% 8 out of 12")
    );
    assert_eq!(said.count("http_reqs"), 12);
}

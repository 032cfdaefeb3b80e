use std::io::{Read, Write};

use super::{count, server, target, url};
use crate::support::ssel::{Said, Ssel};

/// One connection for a moment.
fn load(url: &str) -> Said {
    Ssel::new()
        .args(["wrk", "-t1", "-c1", "-d300ms", "-T100ms", url])
        .said()
}

/// The reason after `no request was answered: `.
fn nothing_worked(said: Said) -> (Said, String) {
    let said = said.exits(1);
    let error = said.stderr.lines().last().unwrap_or_default();
    let why = error.strip_prefix("error: no request was answered: ");
    let why = why.unwrap_or_else(|| panic!("{}", said.stderr)).to_owned();
    (said, why)
}

/// The four counts of sockets.
fn errors(said: &Said) -> [u64; 4] {
    ["connect", "read", "write", "timeout"].map(|name| count(said, name))
}

#[test]
fn a_broken_or_invalid_response_is_a_read_error() {
    let target = target();
    for fault in [
        "bad-status-line",
        "no-headers",
        "reset",
        "truncate",
        "bad-chunk",
        "short-length",
    ] {
        let said = load(&url(&target, &format!("/fault/{fault}")));
        assert!(
            said.stderr.contains("read error"),
            "{fault}: {}",
            said.stderr
        );
        let [connect, read, write, timeout] = errors(&said);
        assert!(read > 0, "{fault}: {}", said.stdout);
        assert_eq!(
            (connect, write, timeout),
            (0, 0, 0),
            "{fault}: {}",
            said.stdout
        );
        assert_eq!(count(&said, "requests"), 0, "{fault}: {}", said.stdout);
    }
}

#[test]
fn odd_but_valid_responses_are_accepted() {
    let target = target();
    for path in [
        "/fault/no-length",
        "/fault/empty-reason?n=1",
        "/bytes/300000",
        "/status/204",
        "/fault/slow-body?n=1&delay=1ms",
    ] {
        let said = load(&url(&target, path)).exits(0);
        assert!(count(&said, "requests") > 0, "{path}: {}", said.stdout);
        if path != "/fault/empty-reason?n=1" {
            assert_eq!(errors(&said), [0; 4], "{path}: {}", said.stdout);
        }
    }
}

#[test]
fn a_connection_that_the_server_closes_is_replaced() {
    let reply = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";
    let url = server(|mut socket| {
        let mut buffer = [0; 1024];
        if socket.read(&mut buffer).is_ok_and(|length| length > 0) {
            let _ = socket.write_all(reply);
        }
    });
    let said = load(&url).exits(0);
    assert!(count(&said, "requests") > 1, "{}", said.stdout);
    assert_eq!(errors(&said), [0; 4], "{}", said.stdout);
}

#[test]
fn an_unanswered_request_is_one_timeout() {
    let target = target();
    let (said, why) = nothing_worked(load(&url(&target, "/fault/half-headers")));
    assert_eq!(why, "1 request was still waiting for an answer");
    assert_eq!(errors(&said), [0, 0, 0, 1], "{}", said.stdout);
}

#[test]
fn a_late_answer_is_a_timeout_without_a_latency() {
    let target = target();
    let script = "function response() wrk.thread:stop() end \
                  function done(s, latency) print(s.requests, s.errors.timeout, #latency) end";
    let said = super::wrk(&url(&target, "/delay/150ms"), script)
        .args(["-T100ms"])
        .said()
        .exits(0);
    assert_eq!(super::printed(&said), ["1\t1\t0"]);
}

#[test]
fn a_refused_connection_is_a_connect_error() {
    let target = target();
    let script = "function setup(thread) thread.addr = wrk.lookup('127.0.0.1', 1)[1] end";
    let said = super::wrk(&url(&target, "/"), script)
        .instead_of("-d1m", "-d300ms")
        .said();
    let (said, why) = nothing_worked(said);
    assert!(why.contains("Connection refused"), "{why}");
    let [connect, read, write, timeout] = errors(&said);
    // The connection is retried after a pause.
    assert!((1..=4).contains(&connect), "{}", said.stdout);
    assert_eq!((read, write, timeout), (0, 0, 0), "{}", said.stdout);
}

#[test]
fn a_request_that_the_server_does_not_read_is_a_write_error() {
    // Closing a socket with unread bytes resets the connection.
    let url = server(|mut socket| drop(socket.read(&mut [0; 1])));
    let script = "wrk.method = 'POST' wrk.body = ('x'):rep(8000000)";
    let said = super::wrk(&url, script)
        .instead_of("-d1m", "-d300ms")
        .said();
    let (said, why) = nothing_worked(said);
    assert!(why.contains("write error"), "{why}");
    assert!(count(&said, "write") > 0, "{}", said.stdout);
    assert_eq!(count(&said, "requests"), 0, "{}", said.stdout);
}

#[test]
fn a_rate_records_the_latencies_of_late_answers() {
    let target = target();
    let script = "function response() wrk.thread:stop() end \
                  function done(s, latency) print(s.requests, s.errors.timeout, latency.max >= 150000) end";
    let said = super::wrk(&url(&target, "/delay/150ms"), script)
        .args(["-T100ms", "-R1"])
        .said()
        .exits(0);
    assert_eq!(super::printed(&said), ["1\t1\ttrue"]);
}

#[test]
fn an_unfinished_tls_handshake_is_reported() {
    // Connections are accepted and kept open without an answer.
    let mut kept = Vec::new();
    let url = server(move |socket| kept.push(socket)).replace("http:", "https:");
    let (said, why) = nothing_worked(load(&url));
    assert_eq!(
        why,
        "1 connect error: the TLS handshake took longer than the timeout"
    );
    assert_eq!(errors(&said), [1, 0, 0, 0], "{}", said.stdout);
    let said = Ssel::new().args(["wrk", "-t1", "-c2", "-d200ms", &url]);
    let (said, why) = nothing_worked(said.said());
    assert_eq!(
        why,
        "2 connections were still waiting for TLS to be agreed on"
    );
    assert_eq!(errors(&said), [0; 4], "{}", said.stdout);
}

#[test]
fn tls_on_one_side_only_is_reported_with_a_remedy() {
    let target = target();
    let secure = url(&target, "/health").replace("http:", "https:");
    let (_, why) = nothing_worked(load(&secure));
    assert!(why.contains("use http:// instead of https://"), "{why}");
    let server = crate::support::tls::TlsServer::start();
    let (_, why) = nothing_worked(load(&server.url().replace("https:", "http:")));
    assert!(why.contains("use https:// instead of http://"), "{why}");
}

#[test]
fn the_first_failure_of_each_kind_is_reported() {
    // Each connection answers once and is closed during the second request.
    let url = server(|mut socket| {
        let mut buffer = [0; 1024];
        let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        if socket.read(&mut buffer).is_ok_and(|length| length > 0)
            && socket.write_all(answer).is_ok()
        {
            let _ = socket.read(&mut buffer);
        }
    });
    let said = load(&url).exits(0);
    assert!(count(&said, "read") > 0, "{}", said.stdout);
    assert!(
        said.stderr.starts_with("warning: ") && said.stderr.contains(" read error"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_script_without_any_answer_is_reported() {
    let target = target();
    let script = "function init() wrk.thread:stop() end";
    let (_, why) = nothing_worked(super::wrk(&url(&target, "/health"), script).said());
    assert_eq!(why, "none was sent");
}

#[test]
fn more_connections_than_files_are_refused() {
    let target = target();
    let url = url(&target, "/");
    let ssel = env!("CARGO_BIN_EXE_ssel");
    let line = format!("ulimit -n 100 && exec {ssel} wrk -c1000 -d300ms {url}");
    let output = std::process::Command::new("sh")
        .args(["-c", &line])
        .output();
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "error: cannot open 1000 connections: the limit of open files is 100; raise it to 1036 (ulimit -n 1036) or use \
         fewer connections\n"
    );
}

#[test]
fn a_report_that_cannot_be_written_is_a_failure() {
    let target = target();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full");
    let Ok(full) = full else { return };
    let ssel = Ssel::new().args(["wrk", "-n5", &url(&target, "/health")]);
    let child = ssel.command().stdout(full).spawn().unwrap();
    let said = crate::support::ssel::said(child).exits(1);
    assert!(
        said.stderr.contains("standard output failed"),
        "{}",
        said.stderr
    );
}

#[test]
fn an_unknown_host_is_reported_before_the_load() {
    let ssel = |url| Ssel::new().args(["wrk", "-d1m", url]).said().exits(1);
    let said = ssel("http://127.0.0.1:1/");
    assert!(
        said.stderr
            .starts_with("error: cannot connect to 127.0.0.1:1: Connection refused"),
        "{}",
        said.stderr
    );
    let said = ssel("http://no.such.host.invalid/");
    assert!(
        said.stderr
            .starts_with("error: cannot look up no.such.host.invalid: "),
        "{}",
        said.stderr
    );
    assert_eq!(said.stdout, "");
}

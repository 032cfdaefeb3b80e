use super::{count, printed, target, url, wrk};
use crate::support::ssel::Ssel;
use crate::support::tls::TlsServer;

#[test]
fn pipelined_requests_are_timed_together() {
    let target = target();
    let script = r#"
        function request()
            return wrk.format("HEAD", "/bytes/10") .. wrk.format("POST", "/echo", {}, "b") .. wrk.format("GET", "/status/404")
        end
        local n = 0
        function response(status, headers, body)
            n = n + 1
            print(status, headers["content-length"], #body > 0)
            if n == 6 then wrk.thread:stop() end
        end
        function done(summary, latency)
            local all = 0
            for i = 1, #latency do all = all + select(2, latency(i)) end
            print(summary.requests, summary.errors.status, summary.errors.read, all)
        end
    "#;
    let said = wrk(&url(&target, "/"), script).said().exits(0);
    let printed = printed(&said);
    let statuses: Vec<&str> = printed.iter().map(|line| &line[..3]).collect();
    assert_eq!(statuses[..6], ["200", "200", "404", "200", "200", "404"]);
    assert!(printed[0].ends_with("10\tfalse"), "{printed:?}");
    assert_eq!(printed[6], "6\t2\t0\t2");
}

#[test]
fn latencies_of_planned_requests_count_from_the_schedule() {
    let target = target();
    let script = r"
        local n = 0
        function response() n = n + 1 if n == 3 then wrk.thread:stop() end end
        function done(summary, latency) print(summary.requests, latency.max >= 700000, latency.min >= 300000) end
    ";
    // Each answer takes 0.3 s and requests are due every 0.1 s, so the third is 0.4 s late.
    let said = wrk(&url(&target, "/delay/300ms"), script)
        .args(["-R", "10", "--latency"])
        .said()
        .exits(0);
    assert!(said.stdout.contains("3\ttrue\ttrue\n"), "{}", said.stdout);
    assert!(
        said.stdout
            .contains("  Latency Distribution (HdrHistogram - Recorded Latency)\n 50.000%"),
        "{}",
        said.stdout
    );
}

#[test]
fn a_rate_is_not_exceeded() {
    let target = target();
    let said = Ssel::new()
        .args([
            "wrk",
            "-t2",
            "-c4",
            "-d500ms",
            "-R40",
            &url(&target, "/health"),
        ])
        .said()
        .exits(0);
    let requests = count(&said, "requests");
    assert!((1..=20).contains(&requests), "{}", said.stdout);
}

#[test]
fn a_delay_pauses_before_a_request() {
    let target = target();
    let script = "function delay() return 100 end function done(s) print(s.requests <= 3) end";
    let said = wrk(&url(&target, "/health"), script)
        .instead_of("-d1m", "-d350ms")
        .said()
        .exits(0);
    assert_eq!(printed(&said), ["true"]);
    assert_eq!(count(&said, "read"), 0);
}

#[test]
fn a_delay_does_not_count_as_lag() {
    let target = target();
    // Each pause is longer than the time from one planned request to the next.
    let script = r"
        local n = 0
        function delay() return 100 end
        function response() n = n + 1 if n == 5 then wrk.thread:stop() end end
        function done(summary, latency) print(summary.requests, latency.min < 50000) end
    ";
    let said = wrk(&url(&target, "/health"), script)
        .args(["-R", "1000"])
        .said()
        .exits(0);
    assert_eq!(printed(&said), ["5\ttrue"]);
}

#[test]
fn delay_is_called_once_even_if_the_server_closes_the_connection() {
    use std::io::{Read, Write};
    let url = super::server(|mut socket| {
        let mut buffer = [0; 1024];
        if socket.read(&mut buffer).is_ok_and(|length| length > 0) {
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        }
    });
    let script = r"
        local asked, n = 0, 0
        function delay() asked = asked + 1 return asked == 1 and 0 or 50 end
        function response() n = n + 1 if n == 4 then print(asked) wrk.thread:stop() end end
    ";
    let said = wrk(&url, script).said().exits(0);
    assert_eq!(printed(&said), ["4"]);
}

#[test]
fn exactly_the_given_number_of_requests_is_sent() {
    let target = target();
    let said = |flags: &[&str], path: &str| {
        let url = url(&target, path);
        let ssel = Ssel::new().args(["wrk", "-t2", "-c4"]).args(flags.to_vec());
        ssel.args([&*url]).said()
    };
    let one = said(&["-n", "101"], "/health").exits(0);
    assert!(
        one.stdout.starts_with("Running 101 requests test @ "),
        "{}",
        one.stdout
    );
    assert_eq!(count(&one, "requests"), 101);
    // Fewer than there are connections.
    assert_eq!(count(&said(&["-n2"], "/health").exits(0), "requests"), 2);
    assert_eq!(
        count(&said(&["-n20", "-R200"], "/health").exits(0), "requests"),
        20
    );
    // Failures count too, so the load ends.
    let failed = said(&["-n9"], "/fault/bad-status-line").exits(1);
    assert_eq!(count(&failed, "read"), 9, "{}", failed.stdout);
    // A duration ends it earlier.
    assert!(
        count(
            &said(&["-n1M", "-d200ms"], "/delay/10ms").exits(0),
            "requests"
        ) < 1000
    );
}

#[test]
fn pipelined_requests_respect_the_given_number() {
    let target = target();
    let script = r"
        local bytes
        function init() bytes = wrk.format():rep(4) end
        function request() return bytes end
    ";
    let said = wrk(&url(&target, "/health"), script)
        .instead_of("-d1m", "-n10")
        .said()
        .exits(0);
    assert_eq!(count(&said, "requests"), 10, "{}", said.stdout);
    assert_eq!(said.stderr, "");
}

#[test]
fn any_certificate_is_accepted() {
    let server = TlsServer::start();
    let said = Ssel::new()
        .args(["wrk", "-t1", "-c1", "-d300ms", &server.url()])
        .said()
        .exits(0);
    let requests = count(&said, "requests");
    assert!(requests > 0, "{}", said.stdout);
    assert_eq!(
        count(&said, "events"),
        2 * count(&said, "streams"),
        "{}",
        said.stdout
    );
    assert!(!said.stdout.contains("Socket errors"), "{}", said.stdout);
}

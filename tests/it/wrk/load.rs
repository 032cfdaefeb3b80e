use super::{count, printed, target, url, wrk};
use crate::support::ssel::Ssel;
use crate::support::tls::TlsServer;

#[test]
fn several_requests_at_once_are_answered_one_by_one_and_timed_as_one() {
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
fn latencies_of_planned_requests_count_from_their_plan() {
    let target = target();
    let script = r"
        local n = 0
        function response() n = n + 1 if n == 3 then wrk.thread:stop() end end
        function done(summary, latency) print(summary.requests, latency.max >= 700000, latency.min >= 300000) end
    ";
    // Each answer takes 0.3 s and each next request is due 0.1 s after the one before it: the third is 0.4 s late.
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
fn a_delay_is_waited_for() {
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
fn over_tls_any_certificate_will_do() {
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

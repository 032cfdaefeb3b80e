use super::{count, printed, target, url, wrk};
use crate::support::ssel::Ssel;

#[test]
fn events_are_counted_and_an_ended_stream_is_opened_again() {
    let target = target();
    let script = r#"
        local n = 0
        function event(id, name, data) print(id, name, data) end
        function response(status, headers, body)
            n = n + 1
            print(status, headers["content-type"], body == "")
            if n == 2 then wrk.thread:stop() end
        end
        function done(summary, latency) print(summary.requests, summary.streams >= 2, summary.events, #latency) end
    "#;
    let said = wrk(
        &url(&target, "/.sse?n=2&interval=5ms&size=4&event=tick"),
        script,
    )
    .said()
    .exits(0);
    let stream = [
        "0\ttick\t0123",
        "1\ttick\t0123",
        "200\ttext/event-stream\ttrue",
    ];
    let printed = printed(&said);
    assert_eq!(printed[..3], stream);
    assert_eq!(printed[3..6], stream);
    assert_eq!(printed[6], "2\ttrue\t4\t0");
}

#[test]
fn the_report_shows_events() {
    let target = target();
    let said = Ssel::new()
        .args(["wrk", "-t2", "-c4", "-d500ms", "--latency"])
        .args([&*url(&target, "/.sse?interval=10ms")])
        .said()
        .exits(0);
    let events = count(&said, "events");
    assert!(events > 4, "{}", said.stdout);
    assert!(
        said.stdout
            .contains(&format!("  {events} events of 4 streams\n")),
        "{}",
        said.stdout
    );
    for line in [
        "    1st event ",
        "    Event gap ",
        "  1st event Distribution\n",
        "  Event gap Distribution\n",
        "Events/sec: ",
    ] {
        assert!(said.stdout.contains(line), "{line}: {}", said.stdout);
    }
    // They are still open at the end, which is not an error.
    assert!(!said.stdout.contains("Socket errors"), "{}", said.stdout);
}

#[test]
fn an_error_in_event_is_counted() {
    let target = target();
    let script = "function event() error('no') end function response() wrk.thread:stop() end \
                  function done(summary) print(summary.events, summary.errors.script) end";
    let said = wrk(&url(&target, "/.sse?n=3&interval=1ms"), script)
        .said()
        .exits(0);
    assert_eq!(printed(&said), ["3\t3"]);
}

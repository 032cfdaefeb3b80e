use crate::support::ssel::{iteration_prints, run};

#[test]
fn a_stream_that_breaks_off_is_resumed_after_its_last_event() {
    let script = r#"
        function default()
            local ids, opened, closed, failed = {}, 0, 0, 0
            local url = target.url("/.sse?n=12&cut=4&interval=1ms&retry=1ms&end=reset")
            local res = sse.open(url, { reconnect = true }, function(client)
                client:on("open", function() opened = opened + 1 end)
                client:on("event", function(event) ids[#ids + 1] = event.id end)
                client:on("error", function(err) failed = failed + (err.retry_in == 0.001 and 1 or 0) end)
                client:on("close", function() closed = closed + 1 end)
            end)
            print(table.concat(ids, " "), res.events, res.error, opened, closed, failed)
        end
    "#;
    let said = run(script).said().exits(0);
    assert_eq!(
        said.printed(),
        "0 1 2 3 4 5 6 7 8 9 10 11\t12\tnil\t1\t1\t2"
    );
    assert_eq!(said.count("sse_event"), 12);
    // After the last event the server answers 204, which ends it.
    assert_eq!(said.count("sse_reconnects"), 3);
    assert_eq!(said.count("sse_errors"), 2);
    assert_eq!(said.count("http_reqs"), 4);
}

#[test]
fn a_pulled_stream_keeps_the_error_of_its_last_failed_attempt() {
    let printed = iteration_prints(
        r#"
        local url = target.url("/.sse?n=4&cut=2&interval=1ms&retry=1ms&end=reset")
        local stream = sse.connect(url, { reconnect = true })
        print(stream.last_error)
        for _ in stream:events() do end
        print(stream.last_error.kind, stream.last_error.retry_in, stream.response.error)
        "#,
    );
    assert_eq!(printed, "nil\nreset\t0.001\tnil\n");
}

#[test]
fn reconnects_stop_at_their_limit() {
    let printed = iteration_prints(
        r#"
        local url = target.url("/.sse?n=100&cut=2&interval=1ms&retry=1ms")
        local res = sse.open(url, { reconnect = { max = 3 } }, function() end)
        print(res.events, res.error)
        "#,
    );
    assert_eq!(printed, "8\tnil\n");
}

#[test]
fn a_stream_reconnects_only_on_request() {
    let printed = iteration_prints(
        r#"
        local url = target.url("/.sse?n=6&cut=3&interval=1ms&retry=1ms")
        print(sse.open(url, function() end).events, sse.open(url, { reconnect = false }, function() end).events)
        "#,
    );
    assert_eq!(printed, "3\t3\n");
}

#[test]
fn limits_apply_across_reconnects() {
    let printed = iteration_prints(
        r#"
        local url = target.url("/.sse?cut=2&interval=1ms&retry=1ms")
        local res = sse.open(url, { reconnect = true, max_events = 7 }, function() end)
        print(res.events, res.error)
        local res = sse.open(url, { reconnect = true, max_duration = "60ms" }, function() end)
        print(res.events > 2, res.error)
        local res = sse.open(url, { reconnect = true, timeout = "60ms" }, function() end)
        print(res.events > 2, res.error.kind)
        "#,
    );
    assert_eq!(printed, "7\tnil\ntrue\tnil\ntrue\ttimeout\n");
}

#[test]
fn a_pulled_stream_reconnects_too() {
    let printed = iteration_prints(
        r#"
        local stream = sse.connect(target.url("/.sse?n=5&cut=2&interval=1ms&retry=1ms"), { reconnect = true })
        local ids = {}
        for event in stream:events() do ids[#ids + 1] = event.last_event_id end
        print(table.concat(ids, " "), stream.response.error)
        "#,
    );
    assert_eq!(printed, "0 1 2 3 4\tnil\n");
}

#[test]
fn closing_ends_the_pause_before_a_reconnect() {
    // The pause of 60 s must not be waited for.
    let printed = iteration_prints(
        r#"
        local stream = sse.connect(target.url("/.sse?n=4&cut=2&interval=1ms&retry=60s"), { reconnect = true })
        stream:next() stream:next()
        print(stream:next("20ms"))
        print(stream:close().error)
        "#,
    );
    assert!(
        printed.starts_with("nil\t") && printed.ends_with("\nnil\n"),
        "{printed}"
    );
}

use crate::support::ssel::{iteration_prints, iteration_raises, run};

#[test]
fn a_loop_reads_a_stream_to_its_end() {
    let printed = iteration_prints(
        r#"
        local stream, err = sse.connect(target.url("/.sse?n=3&interval=1ms"))
        print(stream.status, stream.headers["Content-Type"], stream.response, err)
        for event in stream:events() do print(event.id, event.data) end
        print(stream.response.status, stream.response.events, stream.response.error)
        print(stream:next())
        print(stream:close() == stream.response)
        "#,
    );
    assert_eq!(
        printed,
        "200\ttext/event-stream\tnil\tnil\n0\t0123456789abcdef\n1\t0123456789abcdef\n2\t0123456789abcdef\n\
         200\t3\tnil\nnil\tnil\ntrue\n"
    );
}

#[test]
fn a_stream_that_does_not_open_returns_nil_error_and_response() {
    let printed = iteration_prints(
        r#"
        local stream, err, res = sse.connect(target.url("/status/503?body=busy"))
        print(stream, err.kind, res.status, res.body)
        local stream, err, res = sse.connect("http://127.0.0.1:1/")
        print(stream, err.kind, res.status)
        "#,
    );
    assert_eq!(printed, "nil\tstatus\t503\tbusy\nnil\tconnect\t0\n");
}

#[test]
fn next_with_a_timeout_can_be_repeated() {
    let printed = iteration_prints(
        r#"
        local stream = sse.connect(target.url("/.sse?n=2&first=0&interval=150ms"))
        print(stream:next().id)
        local event, err = stream:next("10ms")
        print(event, err.kind)
        print(stream:next(10).id)
        print(stream:next(10))
        print(stream.response.events)
        "#,
    );
    assert_eq!(printed, "0\nnil\ttimeout\n1\nnil\tnil\n2\n");
}

#[test]
fn a_stream_that_breaks_off_returns_its_error_after_its_events() {
    let printed = iteration_prints(
        r#"
        local stream = sse.connect(target.url("/fault/reset?after=64"))
        print(stream:next().id, stream:next().id)
        local event, err = stream:next()
        print(event, err.kind, stream.response.error.kind)
        local event, err = stream:next()
        print(event, err.kind)
        "#,
    );
    assert_eq!(printed, "0\t1\nnil\treset\treset\nnil\treset\n");
}

#[test]
fn close_ends_a_stream_without_an_error_and_may_be_repeated() {
    let script = r#"
        function default()
            local stream = sse.connect(target.url("/.sse?interval=1ms"))
            for event in stream:events() do if event.id == "3" then break end end
            print(stream:close().error, stream:close().status, stream:next())
        end
    "#;
    let said = run(script).said().exits(0);
    assert_eq!(said.printed(), "nil\t200\tnil\tnil");
    assert_eq!(said.count("sse_event"), 4);
    assert_eq!(
        said.metric("http_req_failed").as_deref(),
        Some("0.00% 0 out of 1")
    );
}

#[test]
fn several_streams_can_be_read_concurrently() {
    let printed = iteration_prints(
        r#"
        local a = sse.connect(target.url("/.sse?interval=2ms"))
        local b = sse.connect(target.url("/.sse?interval=2ms&start=100"))
        for i = 0, 4 do
            local x, y = a:next(), b:next()
            assert(tonumber(x.id) == i and tonumber(y.id) == 100 + i)
        end
        a:close()
        print(b:next().id)
        "#,
    );
    assert_eq!(printed, "105\n");
}

#[test]
fn a_stream_ends_with_its_iteration() {
    let script = r#"
        options = { iterations = 2 }
        local kept
        function default()
            if kept then
                local n = 0
                for _ in kept:events() do n = n + 1 end
                print("over", kept.response.error, n < 1000)
            else
                kept = sse.connect(target.url("/.sse?interval=1ms"))
                print(kept:next().id)
            end
        end
    "#;
    let said = run(script).said().exits(0);
    assert_eq!(said.printed(), "0\nover\tnil\ttrue");
}

#[test]
fn a_wrong_timeout_of_next_is_refused() {
    let said = iteration_raises("sse.connect(target.url('/.sse?first=10')):next('soon')");
    assert!(
        said.starts_with("error: script.lua:1: stream:next: "),
        "{said}"
    );
}

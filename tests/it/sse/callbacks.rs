use crate::support::ssel::{iteration_prints, run};

#[test]
fn callbacks_are_called_in_the_order_open_event_close() {
    let printed = iteration_prints(
        r#"
        local res = sse.open(target.url("/.sse?n=2&interval=1ms"), function(client)
            print("setup")
            client:on("close", function(res) print("close", res.status, res.events, res.error) end)
            client:on("event", function(event) print("event", event.id) end)
            client:on("open", function(res) print("open", res.status, res.headers["Content-Type"]) end)
            client:on("error", function(err) print("error", err) end)
        end)
        print("returned", res.status)
        "#,
    );
    assert_eq!(
        printed,
        "setup\nopen\t200\ttext/event-stream\nevent\t0\nevent\t1\nclose\t200\t2\tnil\nreturned\t200\n"
    );
}

#[test]
fn several_handlers_of_one_name_run_in_the_order_they_were_registered() {
    let printed = iteration_prints(
        r#"
        sse.open(target.url("/.sse?n=1"), function(client)
            for i = 1, 3 do
                client:on("event", function() print("event", i) end)
                    :on("close", function() print("close", i) end)
            end
        end)
        "#,
    );
    assert_eq!(
        printed,
        "event\t1\nevent\t2\nevent\t3\nclose\t1\nclose\t2\nclose\t3\n"
    );
}

#[test]
fn close_stops_events_immediately_even_if_they_have_arrived() {
    let printed = iteration_prints(
        r#"
        local res = sse.open(target.url("/.sse?n=1000&batch=1000&interval=0"), function(client)
            client:on("event", function(event)
                print("first", event.id)
                if event.id == "2" then client:close() end
            end)
            client:on("event", function(event) print("second", event.id) end)
            client:on("error", function(err) print("error", err) end)
            client:on("close", function(res) print("close", res.error) end)
        end)
        print(res.status, res.error)
        "#,
    );
    assert_eq!(
        printed,
        "first\t0\nsecond\t0\nfirst\t1\nsecond\t1\nfirst\t2\nclose\tnil\n200\tnil\n"
    );
}

#[test]
fn close_in_setup_sends_no_request() {
    let script = r#"
        function default()
            local res = sse.open(target.url("/.sse"), function(client)
                for _, name in ipairs { "open", "event", "comment", "error", "close" } do
                    client:on(name, function() print("never") end)
                end
                client:close()
            end)
            print(res.status, res.error, res.timings, res.events, res.bytes, res.headers["x"])
        end
    "#;
    let said = run(script).said().exits(0);
    assert_eq!(said.printed(), "0\tnil\tnil\t0\t0\tnil");
    assert_eq!(said.count("http_reqs"), 0);
}

#[test]
fn close_in_open_delivers_no_event() {
    let printed = iteration_prints(
        r#"
        local res = sse.open(target.url("/.sse?interval=1ms"), function(client)
            client:on("open", function() client:close() end)
            client:on("event", function() print("never") end)
        end)
        print(res.status, res.error)
        "#,
    );
    assert_eq!(printed, "200\tnil\n");
}

#[test]
fn an_error_in_a_callback_closes_the_stream_and_is_raised_by_open_with_its_line() {
    for name in ["open", "event", "comment", "close", "error"] {
        let path = if name == "error" {
            "/fault/reset"
        } else {
            "/.sse?n=3&interval=1ms&comment=1"
        };
        let script = format!(
            r#"function default()
                local ok, message = pcall(sse.open, target.url("{path}"), function(client)
                    client:on("{name}", function() error("in {name}") end)
                    client:on("{name}", function() print("never") end)
                end)
                print(ok, message)
                sse.open(target.url("{path}"), function(client)
                    local function inner()
                        error("in {name}")
                    end
                    client:on("{name}", function() inner() return 1 end)
                end)
            end"#
        );
        let said = run(&script).args(["--no-summary"]).said().exits(0);
        assert_eq!(said.stdout, format!("false\tscript.lua:3: in {name}\n"));
        assert!(
            said.stderr.starts_with(&format!(
                "error: script.lua:9: in {name}\n    script.lua:9: in "
            )),
            "{}",
            said.stderr
        );
        assert!(
            said.stderr.contains("script.lua:7: in function 'default'"),
            "{}",
            said.stderr
        );
    }
}

#[test]
fn an_error_in_setup_is_raised_by_open_and_no_request_is_sent() {
    let script =
        "function default()\n  sse.open(target.url('/.sse'), function() error('no') end)\nend";
    let said = run(script).said().exits(0);
    assert!(
        said.stderr.starts_with("error: script.lua:2: no\n"),
        "{}",
        said.stderr
    );
    assert_eq!(said.count("http_reqs"), 0);
}

#[test]
fn an_error_value_of_a_handler_is_raised_unchanged() {
    let printed = iteration_prints(
        r#"
        local ok, value = pcall(sse.open, target.url("/.sse?n=1"), function(client)
            client:on("event", function() error({ code = 7 }) end)
        end)
        print(ok, type(value), value.code)
        "#,
    );
    assert_eq!(printed, "false\ttable\t7\n");
}

#[test]
fn comments_are_delivered_in_order_and_do_not_count_as_events() {
    let script = r#"
        function default()
            local res = sse.open(target.url("/.sse?n=3&interval=1ms&comment=2&comment_text=hi"), function(client)
                client:on("event", function(event) print("event", event.id, event.comment) end)
                client:on("comment", function(text) print("comment", text) end)
            end)
            print(res.events)
        end
    "#;
    let said = run(script).said().exits(0);
    assert_eq!(
        said.printed(),
        "comment\thi\nevent\t0\thi\nevent\t1\t\ncomment\thi\nevent\t2\thi\n3"
    );
    assert_eq!(
        (said.count("sse_event"), said.count("sse_comments")),
        (3, 2)
    );
}

#[test]
fn without_callbacks_events_are_counted_outside_of_lua() {
    let script = r#"function default() print(sse.open(target.url("/.sse?n=1000&interval=0"), function() end).events) end"#;
    let said = run(script).said().exits(0);
    assert_eq!((said.printed(), said.count("sse_event")), ("1000", 1000));
}

#[test]
fn events_that_were_read_but_not_delivered_are_not_counted() {
    let script = r#"
        function default()
            sse.open(target.url("/.sse?n=100&batch=100&interval=0"), function(client)
                client:on("event", function(event) if event.id == "9" then client:close() end end)
            end)
        end
    "#;
    assert_eq!(run(script).said().exits(0).count("sse_event"), 10);
}

#[test]
fn a_traceback_names_the_callback() {
    let raising = |name: &str, path: &str| {
        let script = format!(
            "options = {{ iterations = 2, vus = 2 }}\n\
             function default()\n  \
               sse.open(target.url('{path}'), function(client)\n    \
                 client:on('{name}', function()\n      \
                   error('no')\n    \
                 end)\n  \
               end)\n\
             end"
        );
        run(&script).said().exits(0).stderr
    };
    for (name, path) in [
        ("open", "/.sse?n=1"),
        ("event", "/.sse?n=1"),
        ("close", "/.sse?n=1"),
        ("error", "/status/503"),
    ] {
        let said = raising(name, path);
        let expected = format!(
            "error: script.lua:5: no\n    script.lua:5: in callback of '{name}'\n    script.lua:3: in function 'default'\nerror: once more"
        );
        assert!(said.starts_with(&expected), "{said}");
    }
}

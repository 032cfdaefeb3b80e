use crate::support::ssel::{iteration_prints, iteration_raises};

#[test]
fn an_event_has_the_fields_of_its_block() {
    let printed = iteration_prints(
        r#"
        sse.open(target.url("/.sse?n=2&interval=1ms&event=tick&size=4&start=5"), function(client)
            client:on("event", function(e) print(e.id, e.last_event_id, e.name, e.data, e.comment, e) end)
        end)
        "#,
    );
    assert_eq!(
        printed,
        "5\t5\ttick\t0123\t\tevent tick \"5\": 0123\n6\t6\ttick\t0123\t\tevent tick \"6\": 0123\n"
    );
}

#[test]
fn an_event_without_id_and_name_has_defaults() {
    let printed = iteration_prints(
        r#"
        sse.open(target.url("/.sse?n=1&id=0"), function(client)
            client:on("event", function(e) print(("[%s] [%s] [%s]"):format(e.id, e.last_event_id, e.name)) end)
        end)
        "#,
    );
    assert_eq!(printed, "[] [] [message]\n");
}

#[test]
fn every_line_ending_and_a_byte_order_mark_are_understood() {
    for eol in ["lf", "crlf", "cr"] {
        let body = format!(
            r#"
            local ids = {{}}
            sse.open(target.url("/.sse?n=3&interval=1ms&bom=1&eol={eol}"), function(client)
                client:on("event", function(event) ids[#ids + 1] = event.id .. event.data end)
            end)
            print(table.concat(ids, " "))
            "#
        );
        assert_eq!(
            iteration_prints(&body),
            "00123456789abcdef 10123456789abcdef 20123456789abcdef\n",
            "{eol}"
        );
    }
}

#[test]
fn json_decodes_the_data_and_raises_for_other_text() {
    let printed = iteration_prints(
        r#"
        sse.open(target.url("/echo/sse"), { method = "POST", body = "x" }, function(client)
            client:on("event", function(event) print(event.name, event:json().method, event:json().body) end)
        end)
        "#,
    );
    assert_eq!(printed, "echo\tPOST\tx\n");
    let said = iteration_raises(
        r#"sse.open(target.url("/.sse?n=1"), function(client)
            client:on("event", function(event) event:json() end)
        end)"#,
    );
    assert!(
        said.starts_with("error: script.lua:2: json.decode: "),
        "{said}"
    );
}

#[test]
fn events_may_be_kept_after_the_stream() {
    let printed = iteration_prints(
        r#"
        local kept = {}
        sse.open(target.url("/.sse?n=500&interval=0"), function(client)
            client:on("event", function(event) kept[#kept + 1] = event end)
        end)
        collectgarbage()
        print(#kept, kept[1].id, kept[500].id, kept[500].data)
        "#,
    );
    assert_eq!(printed, "500\t0\t499\t0123456789abcdef\n");
}

#[test]
fn the_response_describes_the_whole_stream() {
    let printed = iteration_prints(
        r#"
        local url = target.url("/.sse?n=3&interval=10ms")
        local res = sse.open(url, function() end)
        print(res.url == url, res.status, res.error, res.body, res.proto, res.remote_ip, res.events)
        print(res.headers["Content-Type"], res.headers["content-type"], res.headers["CONTENT-TYPE"], res.headers.nope)
        local t = res.timings
        assert(res.bytes > 100, res.bytes)
        for _, name in ipairs { "blocked", "lookup", "connecting", "tls", "sending", "waiting", "first_event", "receiving", "duration" } do
            assert(type(t[name]) == "number" and t[name] >= 0, name)
        end
        assert(t.tls == 0, t.tls)
        assert(t.connecting > 0 and t.waiting > 0, "a new connection takes time")
        assert(t.first_event <= t.duration and t.receiving >= 0.019 and t.receiving <= t.duration, "phases are parts")
        "#,
    );
    assert_eq!(
        printed,
        "true\t200\tnil\tnil\tHTTP/1.1\t127.0.0.1\t3\n\
         text/event-stream\ttext/event-stream\ttext/event-stream\tnil\n"
    );
}

#[test]
fn the_time_of_an_event_is_its_arrival_even_while_a_handler_sleeps() {
    // The handler takes ten times as long as the server takes for an event.
    let printed = iteration_prints(
        r#"
        local times = {}
        local res = sse.open(target.url("/.sse?n=20&interval=5ms"), function(client)
            client:on("event", function(event)
                times[#times + 1] = event.time
                sleep("50ms")
                if #times == 6 then client:close() end
            end)
        end)
        for i = 2, #times do assert(times[i] >= times[i - 1], "times grow") end
        assert(times[6] - times[1] < 0.2, "the sixth came after " .. times[6] - times[1] .. " s, not when Lua looked at it")
        assert(times[6] - times[1] > 0.02, "the sixth came after " .. times[6] - times[1] .. " s")
        print(#times, res.error)
        "#,
    );
    assert_eq!(printed, "6\tnil\n");
}

use crate::support::ssel::{iteration_prints, run};

#[test]
fn handlers_may_sleep_and_open_other_streams() {
    let printed = iteration_prints(
        r#"
        sse.open(target.url("/.sse?n=2&interval=1ms"), function(client)
            client:on("open", function() sleep("1ms") print("open") end)
            client:on("event", function(event)
                sleep("1ms")
                local inner = sse.open(target.url("/.sse?n=3&interval=1ms"), function(client)
                    client:on("event", function(inner) print(event.id, inner.id) end)
                end)
                print(event.id, inner.events)
            end)
            client:on("close", function() sleep("1ms") print("close") end)
        end)
        "#,
    );
    assert_eq!(
        printed,
        "open\n0\t0\n0\t1\n0\t2\n0\t3\n1\t0\n1\t1\n1\t2\n1\t3\nclose\n"
    );
}

#[test]
fn waiting_works_under_pcall_metamethods_and_iterators() {
    let printed = iteration_prints(
        r#"
        print(pcall(function()
            sleep("1ms")
            return sse.open(target.url("/.sse?n=1"), function() end).events
        end))
        print(xpcall(function() sleep("1ms") error("after", 0) end, function(message) return "handled " .. message end))
        local lazy = setmetatable({}, { __index = function(_, key) sleep("1ms") return key .. "!" end })
        print(lazy.key)
        for i in function(_, i) sleep("1ms") i = (i or 0) + 1 if i < 3 then return i end end do print(i) end
        "#,
    );
    assert_eq!(printed, "true\t1\nfalse\thandled after\nkey!\n1\n2\n");
}

#[test]
fn a_coroutine_of_the_script_may_wait_and_yield() {
    let printed = iteration_prints(
        r#"
        local ids = coroutine.wrap(function()
            sse.open(target.url("/.sse?n=3&interval=1ms"), function(client)
                client:on("event", function(event) sleep("1ms") coroutine.yield(event.id) end)
            end)
        end)
        for id in ids do print(id) end

        local co = coroutine.create(function(a)
            sleep("1ms")
            local b = coroutine.yield(a + 1)
            sleep("1ms")
            error("raised " .. b, 0)
        end)
        print(coroutine.resume(co, 1))
        print(coroutine.status(co))
        print(coroutine.resume(co, "inside"))
        print(coroutine.status(co))

        -- A coroutine in a coroutine: the wait goes through both.
        local outer = coroutine.wrap(function()
            local inner = coroutine.wrap(function() sleep("1ms") coroutine.yield("inner") sleep("1ms") end)
            coroutine.yield(inner())
            inner()
            coroutine.yield("outer")
        end)
        print(outer(), outer())
        "#,
    );
    assert_eq!(
        printed,
        "0\n1\n2\ntrue\t2\nsuspended\nfalse\traised inside\ndead\ninner\touter\n"
    );
}

#[test]
fn waiting_where_lua_cannot_pause_is_an_error() {
    for body in [
        "table.sort({ 3, 1, 2 }, function(a, b) sleep(0) return a < b end)",
        "(('abc'):gsub('.', function() sleep(0) end))",
        "xpcall(error, function() sleep(0) end)",
    ] {
        let printed = iteration_prints(&format!("print(pcall(function() return {body} end))"));
        assert!(
            body.starts_with("xpcall")
                || printed
                    .contains("sleep: cannot wait here: Lua cannot pause inside a callback of"),
            "{body}: {printed}"
        );
        assert!(
            printed.starts_with("false") || body.starts_with("xpcall"),
            "{body}: {printed}"
        );
    }
}

#[test]
fn a_module_cannot_wait_while_it_is_loaded() {
    let said = run("function default() require 'slow' end")
        .file("slow.lua", "sleep(0)")
        .args(["--no-summary"])
        .said()
        .exits(0);
    assert!(
        said.stderr.contains("sleep: cannot wait here"),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("slow.lua:1"), "{}", said.stderr);
}

#[test]
fn vus_of_one_worker_wait_at_the_same_time() {
    let script = r#"
        options = { vus = 20, iterations = 20 }
        local time = metrics.trend("wait", true)
        function default() local t = now() sleep("300ms") time:add(now() - t) end
        function teardown() assert(exec.instance.current_test_run_duration < 3, "one after the other") end
    "#;
    run(script).args(["--workers", "1"]).said().exits(0);
}

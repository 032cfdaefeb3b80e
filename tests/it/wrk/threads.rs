use super::{printed, target, url, wrk};

#[test]
fn values_are_copied_between_states() {
    let target = target();
    let script = r#"
        local threads = {}
        function setup(thread)
            threads[#threads + 1] = thread
            thread:set("id", #threads)
            thread:set("list", { 1, { name = "x" } })
            print(select(2, pcall(thread.set, thread, "f", print)))
        end
        function init() list[2].name = list[2].name .. id; mine = { total = 0, call = print } end
        function response() mine.total = mine.total + 1; total = mine.total; wrk.thread:stop() end
        function done()
            for _, thread in ipairs(threads) do
                print(thread:get("id"), thread:get("list")[2].name, thread:get("total"), thread:get("nothing"))
                print(select(2, pcall(thread.get, thread, "mine")))
            end
        end
    "#;
    let said = wrk(&url(&target, "/health"), script)
        .instead_of("-t1", "-t2")
        .instead_of("-c1", "-c2")
        .said()
        .exits(0);
    let refused = "thread:set: f: a function cannot go to another state";
    let unread = "thread:get: mine: a function at .call cannot go to another state";
    let printed = printed(&said);
    assert!(
        printed[0].ends_with(refused) && printed[1].ends_with(refused),
        "{printed:?}"
    );
    assert_eq!(printed[2], "1\tx1\t1\tnil");
    assert!(
        printed[3].ends_with(&unread.replace(".call", "call")),
        "{printed:?}"
    );
    assert_eq!(printed[4], "2\tx2\t1\tnil");
}

#[test]
fn a_thread_connects_to_its_address() {
    let (one, other) = (target(), target());
    let script = format!(
        r#"
        function setup(thread)
            local addresses = wrk.lookup("127.0.0.1", {port})
            print(#addresses, wrk.connect(addresses[1]), wrk.connect(wrk.lookup("127.0.0.1", 1)[1]))
            print(#wrk.lookup("no.such.host.invalid"), select(2, pcall(wrk.lookup, "x", "ftp")))
            thread.addr = addresses[1]
            print(thread.addr == addresses[1], tostring(thread.addr))
        end
        function response(_, _, body)
            print(json.decode(body).headers.host, tostring(wrk.thread.addr))
            wrk.thread:stop()
        end
        "#,
        port = other.addr().port()
    );
    let said = wrk(&url(&one, "/echo"), &script).said().exits(0);
    let printed = printed(&said);
    assert_eq!(printed[0], "1\ttrue\tfalse");
    assert!(
        printed[1].starts_with("0\tscript.lua:5: wrk.lookup: argument 2 (service): "),
        "{printed:?}"
    );
    assert_eq!(printed[2], format!("true\t{}", other.addr()));
    assert_eq!(printed[3], format!("{}\t{}", one.addr(), other.addr()));
}

#[test]
fn a_blocked_thread_is_abandoned_with_its_figures() {
    let target = target();
    let script = r"
        local n, all = 0, {}
        function setup(thread) all[1] = thread end
        function response() n = n + 1 while n == 3 do end end
        function done(summary) print(summary.requests) end
    ";
    let said = wrk(&url(&target, "/health"), script)
        .instead_of("-d1m", "-d300ms")
        .said()
        .exits(0);
    assert_eq!(printed(&said), ["2"]);
    assert_eq!(
        said.stderr,
        "warning: thread 1 did not return from its script and was abandoned\n"
    );
}

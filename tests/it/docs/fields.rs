use std::collections::BTreeSet;

use ssel::serve::Server;

use crate::support::ssel::{Ssel, iteration_prints, project, run};

/// The fields and methods of a class in a stub, without the `?` of optional ones.
fn declared(stub: &str, class: &str) -> BTreeSet<String> {
    let text = std::fs::read_to_string(project(&format!("docs/lua/meta/{stub}.lua"))).unwrap();
    let start = text
        .find(&format!("---@class {class}\n"))
        .or_else(|| text.find(&format!("---@class (exact) {class}\n")))
        .or_else(|| text.find(&format!("---@class (exact) {class}: ")))
        .unwrap_or_else(|| panic!("no class {class}"));
    let block: Vec<&str> = text[start..]
        .lines()
        .skip(1)
        .take_while(|line| line.starts_with("---@field"))
        .collect();
    let name = |line: &&str| {
        line.split_whitespace()
            .nth(1)
            .unwrap()
            .trim_end_matches('?')
            .to_owned()
    };
    let mut names: BTreeSet<String> = block.iter().map(name).collect();
    // `local event = {}` after the fields names the object of the methods.
    let behind = text[start..]
        .lines()
        .nth(1 + block.len())
        .unwrap_or_default();
    if let Some(local) = behind
        .strip_prefix("local ")
        .and_then(|rest| rest.strip_suffix(" = {}"))
    {
        let methods = text
            .lines()
            .filter_map(|line| line.strip_prefix(&format!("function {local}:")));
        names.extend(methods.map(|rest| rest.split('(').next().unwrap().to_owned()));
    }
    names
}

/// What `pairs` finds in the values of these expressions of a script, and their methods. The iteration has a planned
/// start, as some fields are there only then.
fn found(body: &str, value: &str) -> BTreeSet<String> {
    let script = format!(
        r#"
        options = {{ scenarios = {{ a = {{
            executor = "constant-arrival-rate", rate = 100, iterations = 30, pre_allocated_vus = 1,
        }} }} }}
        -- On a busy machine a start may be dropped, so that one of many is looked at.
        local done
        function default()
        if done then return end
        done = true
        local function names(t)
            for name in pairs(t) do print(name) end
            local meta = getmetatable(t)
            if meta and type(meta.__index) == "table" then for name in pairs(meta.__index) do print(name) end end
        end
        {body}
        names({value})
        end
        "#
    );
    let said = run(&script).args(["--no-summary"]).said().exits(0);
    said.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn the_objects_of_streams_have_exactly_the_fields_of_their_stubs() {
    let open = r#"
        local event, head, client
        local res = sse.open(target.url("/.sse?n=1"), function(c)
            client = c
            c:on("event", function(e) event = e end)
            c:on("open", function(h) head = h end)
        end)
        local failed = sse.open(target.url("/status/503?body=x"), function() end)
        local again
        sse.open(target.url("/.sse?n=2&cut=1&retry=1ms&end=reset"), { reconnect = { max = 1 } }, function(c)
            c:on("error", function(e) again = again or e end)
        end)
    "#;
    for (class, value) in [
        ("event", "event"),
        ("head", "head"),
        ("timings", "res.timings"),
        ("error", "again"),
    ] {
        assert_eq!(
            found(open, value),
            declared("sse", &format!("sse.{class}")),
            "sse.{class}"
        );
    }
    let response: BTreeSet<String> = &found(open, "res") | &found(open, "failed");
    assert_eq!(response, declared("sse", "sse.response"));
    let connect = "local url = target.url('/.sse?n=2&cut=1&retry=1ms&end=reset')
        local stream = sse.connect(url, { reconnect = true })
        for _ in stream:events() do end";
    assert_eq!(found(connect, "stream"), declared("sse", "sse.stream"));
    // Other fields of a client are internal.
    assert!(found(open, "client").is_superset(&declared("sse", "sse.client")));
}

#[test]
fn the_result_of_llm_chat_has_exactly_the_fields_of_its_stub() {
    let ask = r#"
        local res = llm.chat{
            url = target.url("/v1?reasoning=2&itl=1ms&server=vendor&usage=always"), model = "m", prompt = "x",
        }
        local failed = llm.chat{ url = target.url("/v1?fail=429"), prompt = "x" }
    "#;
    let mut fields: BTreeSet<String> = &found(ask, "res") | &found(ask, "failed");
    // Optional fields, and fields that are computed on demand.
    for field in ["cached_tokens", "reasoning_tokens", "server", "itl", "tpot"] {
        fields.insert(field.to_owned());
    }
    assert_eq!(fields, declared("llm", "llm.result"));
}

#[test]
fn the_parameters_of_llm_chat_and_of_prompts_match_their_stubs() {
    let said = iteration_prints("print(select(2, pcall(llm.chat, { zzzz = 1 })))");
    let known = said
        .trim_end()
        .split("the known fields are ")
        .nth(1)
        .unwrap();
    let known: BTreeSet<String> = known.split(", ").map(str::to_owned).collect();
    assert_eq!(known, declared("llm", "llm.params"));
    let said = iteration_prints("print(select(2, pcall(llm.prompts, { zzzz = 1 })))");
    let known = said
        .trim_end()
        .split("the known fields are ")
        .nth(1)
        .unwrap();
    let known: BTreeSet<String> = known.split(", ").map(str::to_owned).collect();
    assert_eq!(known, declared("llm", "llm.prompts.params"));
}

#[test]
fn lua_libraries_have_exactly_the_members_of_their_stubs() {
    let functions = |stub: &str, table: &str| -> BTreeSet<String> {
        let text = std::fs::read_to_string(project(&format!("docs/lua/meta/{stub}.lua"))).unwrap();
        let names = text
            .lines()
            .filter_map(|line| line.strip_prefix(&format!("function {table}.")));
        names
            .map(|rest| rest.split('(').next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(found("", "os"), functions("os", "os"));
    assert_eq!(
        found("", "io"),
        &functions("io", "io") | &declared("io", "io")
    );
    assert_eq!(found("", "io.stdout"), declared("io", "io.file"));
    let cjson = &functions("cjson", "cjson") | &declared("cjson", "cjson");
    assert_eq!(found("", "require 'cjson'"), cjson);
    assert_eq!(found("", "require 'cjson.safe'"), cjson);
}

#[test]
fn the_fields_of_exec_match_its_stubs() {
    for part in ["scenario", "vu", "instance", "test"] {
        for name in declared("exec", &format!("exec.{part}")) {
            iteration_prints(&format!("local value = exec.{part}.{name}"));
        }
        // The error for a wrong name lists the known ones.
        let said = iteration_prints(&format!(
            "print(select(2, pcall(function() return exec.{part}.zzzz end)))"
        ));
        let known = said
            .trim_end()
            .split("the known fields are ")
            .nth(1)
            .unwrap_or_else(|| panic!("{said}"));
        let known: BTreeSet<String> = known.split(", ").map(str::to_owned).collect();
        let mut stub = declared("exec", &format!("exec.{part}"));
        if part == "test" {
            stub.extend(["abort".to_owned(), "fail".to_owned()]);
        }
        assert_eq!(known, stub, "exec.{part}");
    }
}

#[test]
fn require_ssel_has_the_members_of_its_stub() {
    for name in declared("ssel", "ssel") {
        assert_eq!(
            iteration_prints(&format!(
                "print(require('ssel').{name} ~= nil, {name} ~= nil)"
            )),
            "true\ttrue\n"
        );
    }
}

#[test]
fn the_parameters_of_a_stream_match_their_stub() {
    let said =
        iteration_prints("print(select(2, pcall(sse.open, 'http://x/', { zzzz = 1 }, print)))");
    let known = said
        .trim_end()
        .split("the known fields are ")
        .nth(1)
        .unwrap_or_else(|| panic!("{said}"));
    let known: BTreeSet<String> = known.split(", ").map(str::to_owned).collect();
    assert_eq!(known, declared("sse", "sse.params"));
}

#[test]
fn scripts_of_wrk_have_exactly_the_fields_of_their_stub() {
    let names = |class: &str| -> Vec<String> { declared("wrk", class).into_iter().collect() };
    // Each name is read, because the fields of a userdata cannot be listed.
    let script = format!(
        r#"
        wrk.body = "x"
        local function names(what, t) for name in pairs(t) do print(what .. " " .. name) end end
        local function has(what, object, list)
            for name in list:gmatch("%S+") do if object[name] == nil then print("no " .. what .. name) end end
        end
        function setup(thread) names("wrk", wrk) has("thread.", thread, "{thread}") end
        function init() names("wrk", wrk) has("wrk.thread.", wrk.thread, "{thread}") end
        function response() names("wrk", wrk) wrk.thread:stop() end
        function done(summary, latency, requests)
            names("summary", summary)
            names("errors", summary.errors)
            has("latency.", latency, "{figures}")
            has("requests.", requests, "{figures}")
        end
        "#,
        thread = names("wrk.thread").join(" "),
        figures = names("wrk.figures").join(" "),
    );
    let target = Server::start_background(([127, 0, 0, 1], 0).into()).unwrap();
    let said = Ssel::new()
        .file("script.lua", &script)
        .args(["wrk", "-t1", "-c1", "-d1m", "-s", "script.lua"])
        .args([&*format!("http://{}/echo", target.addr())])
        .said()
        .exits(0);
    let lines = said.stdout.lines();
    let missing: Vec<&str> = lines.filter(|line| line.starts_with("no ")).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let functions = [
        "format", "lookup", "connect", "resolve", "setup", "init", "request",
    ];
    let functions = functions.map(str::to_owned);
    for (what, expected) in [
        ("wrk", &declared("wrk", "wrk") | &functions.into()),
        ("summary", declared("wrk", "wrk.summary")),
        ("errors", declared("wrk", "wrk.errors")),
    ] {
        let start = format!("{what} ");
        let found = said
            .stdout
            .lines()
            .filter_map(|line| line.strip_prefix(&start));
        let found: BTreeSet<String> = found.map(str::to_owned).collect();
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn the_options_match_their_stub() {
    let keys: BTreeSet<String> = ssel::internals::KEYS
        .iter()
        .map(|key| key.name.to_owned())
        .collect();
    assert_eq!(declared("options", "ssel.options"), keys);
}

#[test]
fn the_fields_of_scenarios_and_summaries_match_their_stubs() {
    // Each class with a scenario that has all its fields, which must be accepted.
    let common = declared("options", "ssel.scenario.common");
    for (class, own) in [
        ("constant_vus", "vus = 1, duration = '1s'"),
        (
            "ramping_vus",
            "start_vus = 1, stages = { '1s:1' }, graceful_ramp_down = '1s'",
        ),
        (
            "shared_iterations",
            "vus = 1, iterations = 1, max_duration = '1s'",
        ),
        (
            "per_vu_iterations",
            "vus = 1, iterations = 1, max_duration = '1s'",
        ),
        (
            "constant_arrival_rate",
            "rate = 1, time_unit = '1s', duration = '1s', pre_allocated_vus = 1, max_vus = 1, arrival = 'poisson', burstiness = 1, iterations = 1",
        ),
        (
            "ramping_arrival_rate",
            "start_rate = 1, time_unit = '1s', stages = { { duration = '1s', target = 1 } }, pre_allocated_vus = 1, max_vus = 1, \
             arrival = 'poisson', burstiness = 1, iterations = 1",
        ),
    ] {
        let executor = class.replace('_', "-");
        let script = format!(
            "options = {{ scenarios = {{ s = {{ executor = '{executor}', exec = 'default', start_time = 0, graceful_stop = 0, \
             env = {{}}, tags = {{}}, {own} }} }} }} function default() end"
        );
        let said = Ssel::new()
            .file("s.lua", script)
            .args(["inspect", "s.lua"])
            .said()
            .exits(0);
        let found: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
        let fields = found["options"]["scenarios"]["s"].as_object().unwrap();
        let fields: BTreeSet<String> = fields.keys().cloned().collect();
        let mut stub = declared("options", &format!("ssel.scenario.{class}"));
        stub.extend(common.iter().cloned());
        assert_eq!(stub, fields, "{class}");
    }
    let said = run("function default() check(1, { a = true }) end function handle_summary(s) \
                    for name in pairs(s) do print('summary ' .. name) end \
                    for _, m in pairs(s.metrics) do for name in pairs(m) do print('summary.metric ' .. name) end end \
                    for name in pairs(s.checks[1]) do print('summary.check ' .. name) end \
                    for name in pairs(s.thresholds[1]) do print('summary.threshold ' .. name) end \
                    for name in pairs(s.client) do print('summary.client ' .. name) end return { stdout = '' } end \
                    options = { thresholds = { checks = 'rate>0', ['checks{check:a}'] = 'rate>0' } }")
        .said()
        .exits(0);
    for class in [
        "summary",
        "summary.metric",
        "summary.check",
        "summary.threshold",
        "summary.client",
    ] {
        let prefix = format!("{class} ");
        let found = said
            .stdout
            .lines()
            .filter_map(|line| line.strip_prefix(&prefix));
        let found: BTreeSet<String> = found.map(str::to_owned).collect();
        assert_eq!(
            declared("options", &format!("ssel.{class}")),
            found,
            "{class}"
        );
    }
}

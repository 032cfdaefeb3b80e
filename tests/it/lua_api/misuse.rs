use crate::support::ssel::{iteration_raises, run};

#[test]
fn an_argument_of_the_wrong_type_is_reported_in_terms_of_lua() {
    for (call, message) in [
        (
            "os.getenv({})",
            "os.getenv: argument 1 (name): expected a string, got a table",
        ),
        (
            "require({})",
            "require: argument 1 (name): expected a string, got a table",
        ),
        (
            "json.array(7)",
            "json.array: argument 1: expected a table or nothing, got 7",
        ),
        (
            "json.decode()",
            "json.decode: argument 1 (text): expected a string, got nil",
        ),
        (
            "require('cjson').decode({})",
            "json.decode: argument 1 (text): expected a string, got a table",
        ),
        (
            "exec.test.abort({})",
            "exec.test.abort: argument 1 (message): expected a string, got a table",
        ),
        (
            "exec.test.fail(print)",
            "exec.test.fail: argument 1 (message): expected a string, got a function",
        ),
        (
            "print(env[nil])",
            "env: a variable's name: expected a string, got nil",
        ),
        (
            "print(exec.vu.tags[nil])",
            "exec.vu.tags: a tag's name: expected a string, got nil",
        ),
        (
            "print(exec.test[nil])",
            "exec.test: the field: expected a string, got nil",
        ),
        (
            "io.stderr.write('x')",
            "io.stderr:write: the file: expected the file; call it with a colon, got \"x\"",
        ),
        (
            "sleep(1e300)",
            "sleep: argument 1 (seconds): expected seconds as a number, or a duration such as \"150ms\" or \"1m30s\", got 1e300",
        ),
    ] {
        assert_eq!(
            iteration_raises(call),
            format!("error: script.lua:1: {message}"),
            "{call}"
        );
    }
}

#[test]
fn a_traceback_has_only_the_frames_of_the_script() {
    let script = "local function pause()\n  sleep({})\nend\nfunction default()\n  pause()\nend";
    let said = run(script).args(["--no-summary"]).said().exits(0);
    let frames: Vec<&str> = said.stderr.lines().skip(1).collect();
    assert_eq!(
        frames,
        [
            "    script.lua:2: in upvalue 'pause'",
            "    script.lua:5: in function 'default'"
        ]
    );
    // A C function that the script called by its name is one of its frames.
    let script = "function default()\n  table.sort({ 2, 1 }, function() sleep(1) end)\nend";
    let said = run(script).args(["--no-summary"]).said().exits(0);
    let frames: Vec<&str> = said.stderr.lines().skip(1).collect();
    assert_eq!(
        frames,
        [
            "    script.lua:2: in function <script.lua:2>",
            "    [C]: in function 'table.sort'",
            "    script.lua:2: in function 'default'"
        ]
    );
}

#[test]
fn a_missing_name_suggests_the_intended_one() {
    for (call, message) in [
        (
            "http.del('x')",
            "http.del does not exist; write http.delete",
        ),
        (
            "http.pots('x')",
            "http.pots does not exist; did you mean http.post?",
        ),
        (
            "metrics.Trend('x')",
            "metrics.Trend does not exist; did you mean metrics.trend?",
        ),
        (
            "print(json.parse)",
            "json.parse does not exist; write json.decode(text, { nulls = false })",
        ),
        (
            "print(exec.vuu)",
            "exec.vuu does not exist; did you mean exec.vu?",
        ),
        (
            "print(target.nothing)",
            "target.nothing does not exist; target has url",
        ),
        (
            "require('ssel').htpt()",
            "ssel.htpt does not exist; did you mean ssel.http?",
        ),
        (
            "require('k6/http')",
            "require: 'k6/http' is k6's: sse, http, check, sleep and the others are globals here; see docs/lua/from-k6.md",
        ),
        (
            "console.log('x')",
            "attempt to index global 'console' (a nil value): print(…) writes a line",
        ),
        (
            "print(__ENV.X)",
            "attempt to index global '__ENV' (a nil value): write env.NAME",
        ),
        (
            "JSON.parse('x')",
            "attempt to index global 'JSON' (a nil value): write json.decode(text, { nulls = false }) and json.encode(value)",
        ),
        (
            "local t = new Trend('x')",
            "attempt to call global 'Trend' (a nil value): write metrics.trend(\"name\"), without new",
        ),
        (
            "chekc(1, {})",
            "attempt to call global 'chekc' (a nil value): did you mean check?",
        ),
        (
            "http.cookie_jar():claer()",
            "attempt to call method 'claer' (a nil value): did you mean :clear?",
        ),
    ] {
        let said = iteration_raises(call);
        assert!(
            said.contains(&format!("script.lua:1: {message}")),
            "{call}: {said}"
        );
    }
}

#[test]
fn a_method_called_with_a_dot_is_an_error() {
    let stream = |callback: &str| {
        format!(
            "sse.open(target.url('/.sse?n=1&interval=1ms'), function(client) client:on('event', function(e) {callback} end) end)"
        )
    };
    for (call, message) in [
        (
            "M.add(1)",
            "add: call it with a colon: object:add(…)".to_owned(),
        ),
        (
            "local j = http.cookie_jar() j.clear()",
            "clear: call it with a colon: object:clear(…)".to_owned(),
        ),
        (
            "local e = http.get('http://127.0.0.1:1/').error print(e.error())",
            "err.error: call it with a colon: err:error(…)".to_owned(),
        ),
        (
            "local r = http.get(target.url('/')) r.json()",
            "response:json: the response: expected a response; call it with a colon, got nil"
                .to_owned(),
        ),
        (
            &*stream("e.json()"),
            "event.json: call it with a colon: event:json(…)".to_owned(),
        ),
        (
            &*stream("e.json({ nulls = false })"),
            "event.json: call it with a colon: event:json(…)".to_owned(),
        ),
        (
            &*stream("client.close()"),
            "client.close: call it with a colon: client:close(…)".to_owned(),
        ),
        (
            &*stream("client.on('open', print)"),
            "client:on: call it with a colon: client:on(\"event\"".to_owned(),
        ),
    ] {
        let script = format!("M = metrics.trend('mine') function default() {call}\nend");
        let said = run(&script).args(["--no-summary"]).said().exits(0);
        let line = said.stderr.lines().next().unwrap_or_default();
        assert!(
            line.contains(&format!("script.lua:1: {message}")),
            "{call}: {line}"
        );
    }
}

#[test]
fn a_check_written_as_a_list_is_explained() {
    let example = "{ [\"status is 200\"] = function(r) return r.status == 200 end }";
    for call in [
        "check(1, { 'status is 200', function(r) return true end })",
        "check(1, { function(r) return true end })",
        "check({ ok = true })",
        "check(1, function(r) return true end)",
    ] {
        let said = iteration_raises(call);
        assert!(said.contains(example), "{call}: {said}");
    }
}

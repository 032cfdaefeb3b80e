use crate::support::ssel::{iteration_prints, iteration_raises};

#[test]
fn values_survive_encoding_and_decoding() {
    let printed = iteration_prints(
        r#"
        print(json.encode({ 1, 2.5, "a\n\"b\"", true, json.null, { x = 1 } }))
        print(json.encode({}), json.encode(json.array()), json.encode(json.array({ 1 })), json.encode("x"), json.encode(1e15))
        local v = json.decode('{"a":[1,2,{"b":null}],"s":"\\u00e9","n":-1.5e3,"t":true}')
        print(v.a[2], v.a[3].b == json.null, v.s, v.n, v.t)
        print(json.decode("null") == json.null, json.decode(" 7 "))
        print(json.encode({ [1] = "a", [3] = "c" }))
        print(json.encode("\255\0"))
        "#,
    );
    let expected = "[1,2.5,\"a\\n\\\"b\\\"\",true,null,{\"x\":1}]\n{}\t[]\t[1]\t\"x\"\t1000000000000000\n\
                    2\ttrue\té\t-1500\ttrue\ntrue\t7\n[\"a\",null,\"c\"]\n\"\u{fffd}\\u0000\"\n";
    assert_eq!(printed, expected);
}

#[test]
fn values_without_a_json_form_are_refused() {
    for (value, message) in [
        ("print", "json.encode: a function has no JSON form"),
        (
            "{ a = { print } }",
            "json.encode: a function has no JSON form",
        ),
        ("0/0", "json.encode: the number "),
        (
            "{ [true] = 1 }",
            "json.encode: a boolean cannot be a key in JSON",
        ),
        (
            "{ [1] = 1, [1000] = 2 }",
            "json.encode: the array is excessively sparse",
        ),
        (
            "(function() local t = {} t[1] = t return t end)()",
            "json.encode: the table contains itself or is nested too deep",
        ),
    ] {
        let printed = iteration_prints(&format!("print(pcall(json.encode, {value}))"));
        assert!(
            printed.starts_with("false\t") && printed.contains(message),
            "{value}: {printed}"
        );
    }
}

#[test]
fn invalid_json_is_reported_with_line_and_column() {
    for (text, place) in [
        ("{\"a\":", "line 1 column 5"),
        ("[1,\n2,]", "line 2 column 3"),
        ("", "line 1 column 0"),
        ("1 2", "line 1 column 3"),
    ] {
        let printed = iteration_prints(&format!("print(pcall(json.decode, [==[{text}]==]))"));
        assert!(
            printed.contains("json.decode: ") && printed.contains(place),
            "{text:?}: {printed}"
        );
    }
}

#[test]
fn deep_nesting_is_an_error() {
    let printed = iteration_prints(
        r#"
        print(pcall(json.decode, ("["):rep(100000)))
        print(#json.encode(json.decode(("["):rep(100) .. ("]"):rep(100))) > 0)
        "#,
    );
    assert!(
        printed.starts_with("false\t") && printed.ends_with("\ntrue\n"),
        "{printed}"
    );
}

#[test]
fn cjson_has_the_semantics_of_lua_cjson() {
    let printed = iteration_prints(
        r#"
        local cjson, safe = require "cjson", require "cjson.safe"
        print(cjson.encode({ a = cjson.null }), cjson.null == json.null, cjson._NAME, safe._NAME)
        print(pcall(cjson.decode, "[1,"))
        print(safe.decode("[1,"))
        print(safe.encode(print))
        print(cjson.encode(cjson.empty_array), cjson.encode(setmetatable({}, cjson.array_mt)), cjson.encode({}))
        local own = cjson.new()
        own.encode_empty_table_as_object(false)
        own.decode_array_with_array_mt(true)
        print(own.encode({}), cjson.encode({}), own.encode(own.decode('{"a":[]}')), cjson.encode(cjson.decode('{"a":[]}')))
        print(pcall(own.encode, { [1] = 1, [12] = 2 }), own.encode_sparse_array(true))
        "#,
    );
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines[0], "{\"a\":null}\ttrue\tcjson\tcjson.safe");
    assert!(lines[1].starts_with("false\t"), "{}", lines[1]);
    assert!(
        lines[2].starts_with("nil\t") && lines[2].len() > 10,
        "{}",
        lines[2]
    );
    assert!(
        lines[3].starts_with("nil\t") && lines[3].contains("a function has no JSON form"),
        "{}",
        lines[3]
    );
    assert_eq!(lines[4], "[]\t[]\t{}");
    assert_eq!(lines[5], "[]\t{}\t{\"a\":[]}\t{\"a\":{}}");
    assert_eq!(lines[6], "false\ttrue\t2\t10");
}

#[test]
fn errors_of_null_explain_how_to_compare_it() {
    assert_eq!(
        iteration_prints("print(json.null, tostring(json.null), (\"%s\"):format(json.null))"),
        "null\tnull\tnull\n"
    );
    for (use_of_null, what) in [
        ("v.usage.prompt_tokens", "has no field 'prompt_tokens'"),
        ("v.usage[1]", "has no field '1'"),
        (
            "(function() for _ in ipairs(v.usage) do end end)()",
            "has no field '1'",
        ),
        ("v.usage + 1", "is not a number"),
        ("-v.usage", "is not a number"),
        ("v.usage .. 'x'", "is not text"),
        ("#v.usage", "has no length"),
        ("v.usage < v.usage", "has no order"),
    ] {
        let body = format!("local v = json.decode('{{\"usage\":null}}')\nlocal x = {use_of_null}");
        let said = iteration_raises(&body);
        assert_eq!(
            said,
            format!(
                "error: script.lua:2: json.null {what}: it is JSON's null, which counts as true in Lua; compare with \
                 json.null, or skip nulls with json.decode(text, {{ nulls = false }}) or event:json {{ nulls = false }}"
            ),
            "{use_of_null}"
        );
    }
}

#[test]
fn nulls_are_skipped_on_request() {
    let printed = iteration_prints(
        r#"
        local text = '{"a":null,"b":[1,null,3],"c":{"d":null,"e":1}}'
        local with, without = json.decode(text), json.decode(text, { nulls = false })
        print(with.a, with.b[2], with.c.d, without.a, without.b[2], without.b[3], without.c.d, without.c.e)
        print(json.decode("null", { nulls = false }), json.decode("null", { nulls = true }), json.decode("null", {}))
        local body = http.post(target.url("/echo"), text)
        print(json.decode(body.body, { nulls = false }).body, body:json({ nulls = false }).body == text)
        "#,
    );
    assert_eq!(
        printed,
        "null\tnull\tnull\tnil\tnil\t3\tnil\t1\nnil\tnull\tnull\n{\"a\":null,\"b\":[1,null,3],\"c\":{\"d\":null,\"e\":1}}\ttrue\n"
    );
    for (call, message) in [
        (
            "json.decode('1', { null = 1 })",
            "json.decode: unknown field 'null'; did you mean 'nulls'?",
        ),
        (
            "json.decode('1', { nulls = json.null })",
            "json.decode: nulls: expected true or false, got json.null",
        ),
        (
            "json.decode('1', false)",
            "json.decode: the options: expected a table such as { nulls = false }, got false",
        ),
    ] {
        let printed = iteration_prints(&format!("print(pcall(function() return {call} end))"));
        assert!(printed.contains(message), "{call}: {printed}");
    }
}

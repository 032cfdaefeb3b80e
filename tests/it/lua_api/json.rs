use crate::support::ssel::iteration_prints;

#[test]
fn values_go_to_json_and_back() {
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
fn what_has_no_json_form_is_told() {
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
fn what_is_no_json_is_told_with_line_and_column() {
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
fn deep_nesting_is_an_error_and_no_crash() {
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
        print(own.encode_max_depth(2), pcall(own.encode, { { { 1 } } }))
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
    assert!(lines[6].starts_with("2\tfalse\t"), "{}", lines[6]);
}

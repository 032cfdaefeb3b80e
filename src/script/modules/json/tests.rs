use super::*;

fn lua() -> Lua {
    let lua = Lua::new();
    lua.globals().set("json", load(&lua).unwrap()).unwrap();
    lua.globals()
        .set("cjson", load_cjson(&lua, false).unwrap())
        .unwrap();
    lua.globals()
        .set("safe", load_cjson(&lua, true).unwrap())
        .unwrap();
    lua
}

fn eval(source: &str) -> String {
    let lua = lua();
    lua.load(format!("return tostring({source})"))
        .eval::<String>()
        .unwrap()
}

/// The error of a script, which runs on a thread with a big stack, as in a run.
fn error_of(script: String) -> String {
    let run = move || lua().load(script).exec().unwrap_err().to_string();
    let thread = std::thread::Builder::new()
        .stack_size(crate::vu::STACK)
        .spawn(run)
        .unwrap();
    thread.join().unwrap()
}

#[test]
fn arrays_and_objects_are_encoded() {
    for (source, json) in [
        ("{}", "{}"),
        ("json.array {}", "[]"),
        ("json.array()", "[]"),
        ("{ 1, 2, 3 }", "[1,2,3]"),
        ("{ 1, nil, 3 }", "[1,null,3]"),
        ("{ a = json.null }", r#"{"a":null}"#),
        ("{ a = { 'x', { b = true } } }", r#"{"a":["x",{"b":true}]}"#),
        (r#""q\"\\ \n\1""#, r#""q\"\\ \n\u0001""#),
        ("0.1", "0.1"),
        ("1e15", "1000000000000000"),
        ("-0.5", "-0.5"),
        ("{ [1] = 'a', x = 2 } and 1", "1"),
        ("cjson.empty_array", "[]"),
        ("setmetatable({}, cjson.array_mt)", "[]"),
    ] {
        assert_eq!(eval(&format!("json.encode({source})")), json, "{source}");
    }
}

#[test]
fn values_without_a_json_form_are_errors_with_the_reason() {
    for (source, reason) in [
        ("print", "a function has no JSON form"),
        ("0/0", "has no JSON form"),
        ("math.huge", "the number inf has no JSON form"),
        ("{ [{}] = 1 }", "a table cannot be a key in JSON"),
        ("{ [1] = 1, [1000] = 2 }", "excessively sparse"),
        (
            "(function() local t = {} t.t = t return t end)()",
            "contains itself",
        ),
    ] {
        let error = error_of(format!("json.encode({source})"));
        assert!(
            error.contains("json.encode: ") && error.contains(reason),
            "{source}: {error}"
        );
    }
}

#[test]
fn every_kind_of_value_is_decoded() {
    let source = r#"(function()
        local v = json.decode('{"a":[1,2.5,-3e2],"b":{"c":null,"d":true},"s":"\\u00e9\\ud83d\\ude00/"}')
        assert(v.a[2] == 2.5 and v.a[3] == -300 and v.b.c == json.null and v.b.d == true)
        assert(v.s == "é😀/")
        return #v.a
    end)()"#;
    assert_eq!(eval(source), "3");
}

#[test]
fn invalid_json_is_an_error_with_its_column() {
    let error = lua()
        .load(r#"json.decode('{"a":')"#)
        .exec()
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("json.decode: EOF while parsing a value at line 1 column 5"),
        "{error}"
    );
    assert_eq!(
        eval(r#"select(2, safe.decode("[1,"))"#),
        "json.decode: EOF while parsing a value at line 1 column 3"
    );
    assert_eq!(eval("safe.encode(print)"), "nil");
    let deep = "[".repeat(5000);
    let error = error_of(format!("json.decode('{deep}')"));
    assert!(error.contains("nested"), "{error}");
}

/// The result of a function body with its own instance `c`.
fn with_instance(body: &str) -> String {
    eval(&format!("(function() local c = cjson.new() {body} end)()"))
}

#[test]
fn numbers_have_enough_digits_to_read_them_back() {
    assert_eq!(
        eval("json.encode { 1/3, 5, 1e20 }"),
        "[0.3333333333333333,5,1e+20]"
    );
}

#[test]
fn a_missing_setting_is_named() {
    let error = error_of("cjson.encode_number_precision(14)".into());
    assert!(
        error.contains("cjson.encode_number_precision does not exist; write nothing"),
        "{error}"
    );
}

#[test]
fn sparse_arrays_are_refused_or_objects() {
    let sparse = "c.encode { [1] = 1, [12] = 2 }";
    assert_eq!(
        with_instance(&format!("c.encode_sparse_array(true) return {sparse}")).len(),
        r#"{"1":1,"12":2}"#.len()
    );
    for lenient in ["nil, 0", "nil, 6", "nil, nil, 12"] {
        let text = with_instance(&format!("c.encode_sparse_array({lenient}) return {sparse}"));
        assert!(text.starts_with("[1,null,"), "{lenient}: {text}");
    }
    assert_eq!(
        with_instance(
            "return select('#', c.encode_sparse_array()) .. tostring(c.encode_sparse_array(true, 3, 4))"
        ),
        "3true"
    );
    let error = error_of("cjson.encode_sparse_array(nil, -1)".into());
    assert!(error.contains("argument 2 (ratio)"), "{error}");
}

#[test]
fn settings_of_cjson_apply_to_one_instance() {
    assert_eq!(
        eval(
            "(function() local c = cjson.new() c.encode_empty_table_as_object(false) return c.encode{} .. cjson.encode{} end)()"
        ),
        "[]{}"
    );
    assert_eq!(
        eval(
            "(function() local c = cjson.new() c.decode_array_with_array_mt(true) return c.encode(c.decode('[]')) end)()"
        ),
        "[]"
    );
}

use proptest::prelude::*;
use serde_json::Value;

use super::{MAX_SHAPES, Shapes};

/// The result of the function of a shape for the last text, formatted by [`shown`]. Its code runs unchanged; only the leaves
/// are tables, because the FFI is not available.
fn made(lua: &mlua::Lua, shapes: &Shapes, number: usize) -> String {
    let leaves = lua.create_table().unwrap();
    let texts = shapes.values.texts();
    for (i, leaf) in shapes.leaves().iter().enumerate() {
        let table = lua.create_table().unwrap();
        let start = leaf.text as usize - texts.as_ptr() as usize;
        let text = &texts[start..start + leaf.length];
        table.set("number", leaf.number).unwrap();
        table.set("text", lua.create_string(text).unwrap()).unwrap();
        leaves.set(i, table).unwrap();
    }
    let text = lua
        .create_function(|_, text: mlua::LuaString| Ok(text))
        .unwrap();
    let maker: mlua::Function = lua
        .load(shapes.code(number).unwrap())
        .into_function()
        .unwrap();
    let make: mlua::Function = maker.call((mlua::Value::NULL, text)).unwrap();
    shown(&make.call(leaves).unwrap())
}

fn shown(value: &mlua::Value) -> String {
    match value {
        mlua::Value::Table(table) => {
            let mut pairs: Vec<String> = table
                .pairs::<mlua::Value, mlua::Value>()
                .map(|pair| pair.map(|(key, value)| format!("{}={}", shown(&key), shown(&value))))
                .collect::<Result<_, _>>()
                .unwrap();
            pairs.sort();
            format!("{{{}}}", pairs.join(","))
        }
        mlua::Value::String(text) => format!("{:?}", text.as_bytes()),
        // Lua has one kind of number, and mlua has no negative zero.
        mlua::Value::Integer(i) => format!("{:?}", *i as f64),
        mlua::Value::Number(n) => format!("{:?}", n + 0.0),
        other => format!("{other:?}"),
    }
}

/// The result of decoding a text.
fn decoded(lua: &mlua::Lua, text: &str) -> String {
    let options = super::super::JsonOptions::default();
    shown(&super::super::decode(lua, text.as_bytes(), options).unwrap())
}

fn read(shapes: &mut Shapes, text: &str) -> Option<usize> {
    shapes.read(text.as_bytes())
}

#[test]
fn texts_that_differ_in_their_values_have_one_shape_and_its_code() {
    let mut shapes = Shapes::default();
    for text in [
        r#"{"a": 1,"b":["x",null, true]}"#,
        r#"{"a": -2.5e1,"b":["",null, true]}"#,
        r#"{"a": 0,"b":["\"\n\u00e9\ud83d\ude00/\\",null, true]}"#,
        r#"{"a": 12345678901234567890,"b":["some more text, é",null, true]}"#,
    ] {
        assert_eq!(read(&mut shapes, text), Some(0), "{text}");
        let lua = mlua::Lua::new();
        assert_eq!(made(&lua, &shapes, 0), decoded(&lua, text));
    }
    let code = "local null, text = ... return function(l) return \
                {[\"a\"]= l[0].number,[\"b\"]={(text(l[1].text, l[1].length)),null, true}} end";
    assert_eq!(shapes.code(0).unwrap(), code);
}

#[test]
fn different_keys_kinds_nesting_or_spaces_are_different_shapes() {
    let mut shapes = Shapes::default();
    let texts = [
        r#"{"a":1}"#,
        r#"{"b":1}"#,
        r#"{"a":"1"}"#,
        r#"{"a":[1]}"#,
        r#"{"a":null}"#,
        r#"{"a":true}"#,
        r#"{"a":1,"b":1}"#,
        r#"{ "a":1}"#,
        "[1]",
        "1",
    ];
    for _ in 0..2 {
        for (number, text) in texts.iter().enumerate() {
            assert_eq!(read(&mut shapes, text), Some(number), "{text}");
        }
    }
}

#[test]
fn invalid_large_and_too_varied_texts_have_no_shape() {
    let mut shapes = Shapes::default();
    let wide = format!("[{}1]", "1,".repeat(100));
    let deep = "[".repeat(18) + &"]".repeat(18);
    let long = format!(r#"{{"{}":1}}"#, "k".repeat(5000)).repeat(20);
    assert_eq!(read(&mut shapes, r#"{"a":1}"#), Some(0));
    for text in [
        "",
        "{",
        r#"{"a":1} x"#,
        r#"{"a":1"#,
        r#"{"a":01}"#,
        r#"{"a":1.}"#,
        r#"{"a":1e999}"#,
        r#"{"a":}"#,
        r#"{"a" 1}"#,
        r#"{"a":1,}"#,
        "[1,]",
        "[,1]",
        "[1 2]",
        "nul",
        "nulls",
        "\"",
        "\"a",
        "\"\\\"",
        r#""\x""#,
        r#""\ud800""#,
        r#""\ud800\u0041""#,
        r#""\udc00\ud800""#,
        r#""\u12""#,
        "\"a\tb\"",
        "{\"a\u{1}\":1}",
        r#"{"\u0061":1}"#,
        "\u{feff}1",
        &wide,
        &deep,
        &long,
    ] {
        assert_eq!(read(&mut shapes, text), None, "{text}");
    }
    assert_eq!(shapes.read(b"{\"a\":\"\xff\"}"), None);
    for n in 0..2 * MAX_SHAPES {
        read(&mut shapes, &format!(r#"{{"k{n}":1}}"#));
    }
    assert_eq!(shapes.known.len(), MAX_SHAPES);
    assert_eq!(read(&mut shapes, r#"{"a":2}"#), Some(0));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        (-1e9..1e9).prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::vec((any::<String>(), inner), 0..5)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

/// The same shape with other values.
fn changed(value: &Value, by: i32) -> Value {
    match value {
        Value::Number(_) => Value::from(by),
        Value::String(text) => Value::from(format!("{text}\"{by}\n")),
        Value::Array(items) => items.iter().map(|item| changed(item, by)).collect(),
        Value::Object(pairs) => pairs
            .iter()
            .map(|(key, item)| (key.clone(), changed(item, by)))
            .collect(),
        other => other.clone(),
    }
}

proptest! {
    #[test]
    fn a_generated_function_equals_the_decoder(json in any_json(), by in any::<i32>()) {
        let lua = mlua::Lua::new();
        let mut shapes = Shapes::default();
        // Parsed, then compared with the known shape, twice.
        for text in [json.to_string(), changed(&json, by).to_string(), json.to_string()] {
            if let Some(number) = shapes.read(text.as_bytes()) {
                prop_assert_eq!(made(&lua, &shapes, number), decoded(&lua, &text));
                prop_assert_eq!(number, 0);
            }
        }
    }

    #[test]
    fn invalid_json_has_no_shape(text in "[\\[\\]{},:\"\\\\a0-9.eE+ntrul -]{0,12}") {
        let mut shapes = Shapes::default();
        if shapes.read(text.as_bytes()).is_some() {
            prop_assert!(serde_json::from_str::<Value>(&text).is_ok(), "{}", text);
        }
    }
}

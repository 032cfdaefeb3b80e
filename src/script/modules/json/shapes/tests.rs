use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::Value;

use super::{Found, Leaf, MAX_SHAPES, OFTEN, Shapes};

/// Lua that is `value`, made from the code of its shape: the same constructor with the values in the places of leaves.
fn rebuilt(shapes: &Shapes) -> String {
    let mut code = shapes.code();
    let text = |leaf: &Leaf| {
        let bytes = &shapes.texts()[leaf.offset as usize..][..leaf.length as usize];
        bytes.iter().fold(String::new(), |mut text, byte| {
            let _ = write!(text, "\\{byte:03}");
            text
        })
    };
    for (i, leaf) in shapes.leaves().iter().enumerate() {
        let string = format!("(text(t + l[{i}].offset, l[{i}].length))");
        code = code.replace(&string, &format!("\"{}\"", text(leaf)));
        code = code.replace(&format!("l[{i}].number"), &format!("({:e})", leaf.number));
    }
    code
}

/// What the function of the shape makes of the text, as JSON with sorted keys.
fn made(lua: &mlua::Lua, shapes: &Shapes) -> String {
    let null = mlua::Value::NULL;
    let make: mlua::Function = lua.load(rebuilt(shapes)).call(null).unwrap();
    shown(&make.call(()).unwrap())
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
        // One kind of number to Lua; a negative zero is none to mlua.
        mlua::Value::Integer(i) => format!("{:?}", *i as f64),
        mlua::Value::Number(n) => format!("{:?}", n + 0.0),
        other => format!("{other:?}"),
    }
}

fn read(shapes: &mut Shapes, text: &str) -> Found {
    shapes.read(text.as_bytes())
}

#[test]
fn a_shape_has_its_function_when_it_has_come_often() {
    let mut shapes = Shapes::default();
    for n in 1..=OFTEN + 2 {
        let found = read(&mut shapes, &format!(r#"{{"a":{n},"b":["x{n}",null]}}"#));
        let expected = match n {
            n if n < OFTEN => Found::Plain,
            OFTEN => Found::New(0),
            _ => Found::Known(0),
        };
        assert_eq!(found, expected, "the {n}th time");
    }
    let code = "local null, text = ... return function(l, t) return \
                {[\"a\"]=l[0].number,[\"b\"]={(text(t + l[1].offset, l[1].length)),null,},} end";
    assert_eq!(shapes.code(), code);
}

#[test]
fn another_key_kind_or_nesting_is_another_shape() {
    let mut shapes = Shapes::default();
    let texts = [
        r#"{"a":1}"#,
        r#"{"b":1}"#,
        r#"{"a":"1"}"#,
        r#"{"a":[1]}"#,
        r#"{"a":null}"#,
        r#"{"a":true}"#,
        r#"{"a":1,"b":1}"#,
        "[1]",
        "1",
    ];
    for _ in 1..OFTEN {
        assert!(
            texts
                .iter()
                .all(|text| read(&mut shapes, text) == Found::Plain)
        );
    }
    for (number, text) in (0..).zip(texts) {
        assert_eq!(read(&mut shapes, text), Found::New(number), "{text}");
    }
}

#[test]
fn what_is_no_json_too_large_or_of_too_many_kinds_is_decoded_as_always() {
    let mut shapes = Shapes::default();
    let wide = format!("[{}1]", "1,".repeat(100));
    let deep = "[".repeat(17) + &"]".repeat(17);
    for text in ["", "{", r#"{"a":1} x"#, "nul", &wide, &deep] {
        for _ in 0..2 * OFTEN {
            assert_eq!(read(&mut shapes, text), Found::Plain, "{text}");
        }
    }
    for n in 0..2 * MAX_SHAPES {
        read(&mut shapes, &format!(r#"{{"k{n}":1}}"#));
    }
    assert_eq!(shapes.known.len(), MAX_SHAPES);
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

proptest! {
    #[test]
    fn a_function_makes_what_decoding_makes(json in any_json()) {
        let lua = mlua::Lua::new();
        let text = json.to_string();
        let mut shapes = Shapes::default();
        if shapes.read(text.as_bytes()) == Found::Plain {
            let settings = super::super::Settings::default();
            let decoded = super::super::decode(&lua, text.as_bytes(), settings).unwrap();
            prop_assert_eq!(made(&lua, &shapes), shown(&decoded));
        }
    }
}

//! The part of JSON Schema that the schemas of this project use.

use serde_json::Value;

/// The deviations of `value` from `schema`, one per line, with their paths.
pub(crate) fn violations(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, schema, value, "$", &mut found);
    found
}

fn check(root: &Value, schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    for key in schema.as_object().unwrap().keys() {
        let known = [
            "$schema",
            "$defs",
            "$ref",
            "title",
            "description",
            "type",
            "required",
            "properties",
            "const",
            "enum",
            "additionalProperties",
            "items",
            "anyOf",
        ];
        assert!(
            known.contains(&key.as_str()),
            "the keyword {key} is not known here"
        );
    }
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.strip_prefix("#/$defs/").unwrap();
        return check(root, &root["$defs"][name], value, path, found);
    }
    let types = match &schema["type"] {
        Value::Null => Vec::new(),
        Value::String(one) => vec![one.as_str()],
        many => many
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one.as_str().unwrap())
            .collect(),
    };
    if !types.is_empty() && !types.iter().any(|name| is(value, name)) {
        found.push(format!("{path}: {value} is no {}", types.join(" or ")));
        return;
    }
    if !schema["const"].is_null() && schema["const"] != *value {
        found.push(format!("{path}: {value} is not {}", schema["const"]));
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        found.push(format!("{path}: {value} is none of {allowed:?}"));
    }
    if let Some(options) = schema["anyOf"].as_array()
        && !options.iter().any(|option| {
            let mut inner = Vec::new();
            check(root, option, value, path, &mut inner);
            inner.is_empty()
        })
    {
        found.push(format!("{path}: {value} is none of what it may be"));
    }
    if let Some(items) = value.as_array() {
        for (n, item) in items.iter().enumerate() {
            check(root, &schema["items"], item, &format!("{path}[{n}]"), found);
        }
    }
    let Some(object) = value.as_object() else {
        return;
    };
    for name in schema["required"].as_array().into_iter().flatten() {
        if !object.contains_key(name.as_str().unwrap()) {
            found.push(format!("{path}: {name} is missing"));
        }
    }
    for (name, value) in object {
        let inner = format!("{path}.{name}");
        match (&schema["properties"][name], &schema["additionalProperties"]) {
            (Value::Null, Value::Bool(false)) => found.push(format!("{inner} should not be there")),
            (Value::Null, more @ Value::Object(_)) => check(root, more, value, &inner, found),
            (Value::Null, _) => {}
            (own, _) => check(root, own, value, &inner, found),
        }
    }
}

fn is(value: &Value, name: &str) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        other => panic!("the type {other} is not known here"),
    }
}

//! Writes values as Lua source.

use std::fmt::Write;

use serde_json::Value;

/// A quoted string on one line.
pub(super) fn text(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            // Three digits, so that a following digit is not part of the escape.
            c if c.is_ascii_control() => {
                let _ = write!(out, "\\{:03}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A JSON value.
pub(super) fn value(value: &Value) -> String {
    let list = |items: Vec<String>| match items.as_slice() {
        [] => "{}".to_owned(),
        items => format!("{{ {} }}", items.join(", ")),
    };
    match value {
        Value::Null => "json.null".to_owned(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(string) => text(string),
        // An empty table would become an object.
        Value::Array(items) if items.is_empty() => "json.array()".to_owned(),
        Value::Array(items) => list(items.iter().map(self::value).collect()),
        Value::Object(map) => {
            let field =
                |(name, value): (&String, &Value)| format!("{} {}", key(name), self::value(value));
            list(map.iter().map(field).collect())
        }
    }
}

/// A key of a table, with its equals sign.
pub(super) fn key(name: &str) -> String {
    if is_name(name) {
        format!("{name} =")
    } else {
        format!("[{}] =", text(name))
    }
}

/// A field of the table `table`.
pub(super) fn field(table: &str, name: &str) -> String {
    if is_name(name) {
        format!("{table}.{name}")
    } else {
        format!("{table}[{}]", text(name))
    }
}

fn is_name(name: &str) -> bool {
    const RESERVED: [&str; 22] = [
        "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if",
        "in", "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
    ];
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !name.is_empty()
        && name.chars().all(is_word)
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && !RESERVED.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distributions_are_parsed_and_displayed() {
        assert_eq!(
            text("a \"b\"\\\n\r\u{1}2 é"),
            "\"a \\\"b\\\"\\\\\\n\\013\\0012 é\""
        );
        assert_eq!(key("ttft"), "ttft =");
        assert_eq!(key("X-Key"), "[\"X-Key\"] =");
        assert_eq!(key("end"), "[\"end\"] =");
        assert_eq!(field("env", "OPENAI_API_KEY"), "env.OPENAI_API_KEY");
        let json = r#"{"a":[1,"x",{}],"b-c":[],"d":null,"e":true}"#;
        assert_eq!(
            value(&serde_json::from_str(json).unwrap()),
            r#"{ a = { 1, "x", {} }, ["b-c"] = json.array(), d = json.null, e = true }"#
        );
        assert_eq!(field("env", "1"), "env[\"1\"]");
    }
}

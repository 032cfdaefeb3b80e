//! Formats a table that a script raises as an error.

use mlua::{Table, Value};

use super::args;

/// The maximum number of fields and levels to show.
const FIELDS: usize = 12;
const DEPTH: usize = 3;

/// The content, as Lua writes it: `{ code = 503, "busy" }`. Fields are sorted, so that equal tables are
/// equal texts.
pub(super) fn shown(table: &Table) -> String {
    to_depth(table, DEPTH)
}

fn to_depth(table: &Table, depth: usize) -> String {
    if depth == 0 {
        return "{ … }".to_owned();
    }
    let length = table.raw_len();
    let mut listed = Vec::new();
    let mut named = Vec::new();
    for (key, value) in table.pairs::<Value, Value>().flatten().take(1000) {
        let text = match &value {
            Value::Table(inner) => to_depth(inner, depth - 1),
            other => args::shown(other),
        };
        match &key {
            Value::Integer(at)
                if usize::try_from(*at).is_ok_and(|at| (1..=length).contains(&at)) =>
            {
                listed.push((*at, text));
            }
            Value::String(name) => named.push(format!("{} = {text}", name.to_string_lossy())),
            other => named.push(format!("[{}] = {text}", args::shown(other))),
        }
    }
    listed.sort_unstable();
    named.sort_unstable();
    let mut fields: Vec<String> = named;
    fields.extend(listed.into_iter().map(|(_, text)| text));
    if fields.is_empty() {
        return "{}".to_owned();
    }
    if fields.len() > FIELDS {
        fields.truncate(FIELDS);
        fields.push("…".to_owned());
    }
    format!("{{ {} }}", fields.join(", "))
}

#[cfg(test)]
mod tests {
    use mlua::Lua;

    use super::*;

    #[test]
    fn a_table_is_shown_in_lua_syntax_and_bounded() {
        let lua = Lua::new();
        let text = |source: &str| shown(&lua.load(source).eval::<Table>().unwrap());
        assert_eq!(text("{}"), "{}");
        assert_eq!(
            text("{ why = 'x', code = 3, 'a', { b = true } }"),
            r#"{ code = 3, why = "x", "a", { b = true } }"#
        );
        assert_eq!(text("{ { { { 1 } } } }"), "{ { { { … } } } }");
        lua.load("own = {} own.own = own").exec().unwrap();
        assert!(text("own").len() < 100);
        let many = text("(function() local t = {} for i = 1, 100 do t[i] = i end return t end)()");
        assert!(many.ends_with("12, … }"), "{many}");
    }
}

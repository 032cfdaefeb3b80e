//! Remedies for Lua's own error messages, and for scripts of other programs.

use crate::units::nearest;

/// Globals of JavaScript, k6 and wrk, and what to write in a script of ssel.
const ELSEWHERE: &[(&str, &str)] = &[
    ("console", "print(…) writes a line"),
    (
        "JSON",
        "write json.decode(text, { nulls = false }) and json.encode(value)",
    ),
    ("__ENV", "write env.NAME"),
    ("__VU", "write exec.vu.id_in_test"),
    ("__ITER", "write exec.vu.iteration_in_scenario"),
    ("Counter", "write metrics.counter(\"name\"), without new"),
    ("Gauge", "write metrics.gauge(\"name\"), without new"),
    ("Rate", "write metrics.rate(\"name\"), without new"),
    (
        "Trend",
        "write metrics.trend(\"name\"), without new; with true as second argument, values are times in seconds",
    ),
    (
        "SharedArray",
        "write data.shared(\"name\", function() … end)",
    ),
    ("parseInt", "write tonumber(text)"),
    ("parseFloat", "write tonumber(text)"),
    ("Date", "write now(), which is in seconds"),
    ("Math", "write math, as in math.random()"),
    ("setTimeout", "write sleep(seconds)"),
    ("String", "write tostring(value)"),
    ("Number", "write tonumber(text)"),
    ("Object", "tables have pairs(t)"),
    ("Array", "write a table: { 1, 2 }"),
    (
        "encoding",
        "base64 is not available; use auth = { user, password } in the parameters of a request",
    ),
    (
        "wrk",
        "this is a script for ssel wrk: run it with ssel wrk -s FILE URL",
    ),
    (
        "ngx",
        "this is a global of OpenResty; use http, json, sleep and now",
    ),
];

/// The globals of a script besides those of `require "ssel"`.
const LUA: &[&str] = &[
    "assert",
    "bit",
    "coroutine",
    "debug",
    "error",
    "getmetatable",
    "io",
    "ipairs",
    "load",
    "math",
    "next",
    "os",
    "pairs",
    "pcall",
    "print",
    "rawequal",
    "rawget",
    "rawset",
    "require",
    "select",
    "setmetatable",
    "string",
    "table",
    "tonumber",
    "tostring",
    "type",
    "unpack",
    "xpcall",
];

/// The methods of strings and of ssel's objects.
const METHODS: &[&str] = &[
    "add", "byte", "clear", "close", "done", "error", "events", "find", "format", "get", "gmatch",
    "gsub", "json", "len", "lower", "match", "next", "on", "rep", "reverse", "set", "sub", "upper",
    "wait",
];

/// The remedy for a message of Lua about a missing name; `known` are the names of `require "ssel"`.
///
/// Lua reports these errors only as text, so this parses LuaJIT's messages, which are fixed in the vendored version.
pub(super) fn remedy(message: &str, known: &[&str]) -> Option<String> {
    let (_, what) = message.split_once("attempt to ")?;
    let name = what.split('\'').nth(1)?;
    if !what.contains("(a nil value)") {
        return None;
    }
    if what.contains("global '") {
        if let Some((_, instead)) = ELSEWHERE.iter().find(|(global, _)| *global == name) {
            return Some((*instead).to_owned());
        }
        let globals = known.iter().chain(LUA).copied();
        return nearest(name, globals).map(did_you_mean);
    }
    // A method that another object has is spelt correctly.
    if what.contains("method '") && !METHODS.contains(&name) {
        return nearest(name, METHODS.iter().copied())
            .map(|name| did_you_mean(&format!(":{name}")));
    }
    None
}

fn did_you_mean(name: &str) -> String {
    format!("did you mean {name}?")
}

/// The remedy for a text that is JavaScript instead of Lua; `name` is that of its file.
pub(super) fn of_javascript(name: &str, text: &[u8]) -> Option<&'static str> {
    const REMEDY: &str = "this looks like JavaScript, but ssel runs Lua: docs/lua/from-k6.md shows the equivalent of each line of a k6 script";
    let is_named = [".js", ".mjs", ".ts"].iter().any(|end| name.ends_with(end));
    let text = String::from_utf8_lossy(text);
    let is_written = text.lines().map(str::trim_start).any(|line| {
        ["import ", "export ", "const ", "let ", "var ", "//", "/*"]
            .iter()
            .any(|start| line.starts_with(start))
            || line.contains("=> {")
    });
    (is_named || is_written).then_some(REMEDY)
}

/// Whether these are functions that `ssel wrk` calls.
pub(super) fn is_of_wrk(functions: &[String]) -> bool {
    let has = |name: &str| functions.iter().any(|function| function == name);
    has("request") || has("response") || has("done") && !has("default")
}

/// The exports that a run uses, and whether each is a function.
const EXPORTS: &[(&str, bool)] = &[
    ("default", true),
    ("handle_summary", true),
    ("options", false),
    ("setup", true),
    ("teardown", true),
];

/// Messages about exports in `own`, names and whether they are functions, that are probably misspelt. `is_called` returns
/// whether a scenario calls a function.
pub(super) fn misspelt_exports(
    own: &[(String, bool)],
    is_called: impl Fn(&str) -> bool,
) -> Vec<String> {
    let has = |name: &str| own.iter().any(|(own, _)| own == name);
    let mut told = Vec::new();
    for (name, is_function) in own {
        let candidates = EXPORTS
            .iter()
            .filter(|(export, kind)| kind == is_function && !has(export))
            .map(|(export, _)| *export);
        if EXPORTS.iter().any(|(export, _)| export == name) || is_called(name) {
            continue;
        }
        if let Some(meant) = nearest(name, candidates).filter(|meant| is_near(name, meant)) {
            told.push(format!(
                "the script defines `{name}`, which ssel does not use: did you mean `{meant}`?"
            ));
        }
    }
    told
}

/// Whether the names differ by a slip or two: other functions of a script may be similar by chance.
fn is_near(name: &str, meant: &str) -> bool {
    let bare = |name: &str| name.replace('_', "").to_lowercase();
    let (name, meant) = (bare(name), bare(meant));
    name.len().abs_diff(meant.len()) <= 1 && name.chars().next() == meant.chars().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_about_missing_names_have_a_remedy() {
        let known = ["sse", "check", "metrics"];
        for (message, says) in [
            (
                "s.lua:1: attempt to index global 'console' (a nil value)",
                Some("print(…) writes a line"),
            ),
            (
                "s.lua:1: attempt to call global 'Trend' (a nil value)",
                Some(
                    "write metrics.trend(\"name\"), without new; with true as second argument, values are times in seconds",
                ),
            ),
            (
                "s.lua:1: attempt to call global 'chekc' (a nil value)",
                Some("did you mean check?"),
            ),
            (
                "s.lua:1: attempt to index global 'strng' (a nil value)",
                Some("did you mean string?"),
            ),
            (
                "s.lua:1: attempt to call method 'jsno' (a nil value)",
                Some("did you mean :json?"),
            ),
            ("s.lua:1: attempt to call method 'set' (a nil value)", None),
            ("s.lua:1: attempt to call global 'mine' (a nil value)", None),
            ("s.lua:1: attempt to index local 'x' (a nil value)", None),
            (
                "s.lua:1: attempt to index global 'console' (a number value)",
                None,
            ),
            ("s.lua:1: boom", None),
        ] {
            assert_eq!(remedy(message, &known).as_deref(), says, "{message}");
        }
    }

    #[test]
    fn javascript_is_recognized_by_its_name_or_its_text() {
        assert!(of_javascript("a.js", b"x").is_some());
        assert!(of_javascript("a.lua", b"import http from 'k6/http';\n").is_some());
        assert!(of_javascript("a.lua", b"export default function () {").is_some());
        assert!(of_javascript("a.lua", b"local = 2").is_none());
    }

    #[test]
    fn misspelt_exports_are_reported() {
        let own = |names: &[(&str, bool)]| -> Vec<(String, bool)> {
            names
                .iter()
                .map(|(name, is)| ((*name).to_owned(), *is))
                .collect()
        };
        let told = |names: &[(&str, bool)]| misspelt_exports(&own(names), |name| name == "setups");
        for (name, is_function, meant) in [
            ("option", false, "options"),
            ("teardwon", true, "teardown"),
            ("handleSummary", true, "handle_summary"),
            ("set_up", true, "setup"),
            ("Default", true, "default"),
        ] {
            let told = told(&[(name, is_function)]);
            assert_eq!(told.len(), 1, "{name}");
            assert!(
                told[0].contains(&format!("`{name}`")) && told[0].ends_with(&format!("`{meant}`?")),
                "{told:?}"
            );
        }
        // What is there, is called, is of another kind or is another word is right.
        assert!(
            told(&[
                ("setups", true),
                ("option", true),
                ("set_default", true),
                ("helper", true)
            ])
            .is_empty()
        );
        assert!(told(&[("options", false), ("option", false)]).is_empty());
    }
}

//! Checks the documentation against the program: stubs, pages, examples, scripts.

mod code_map;
mod fields;
mod names;
mod pages;

use std::fmt::Write as _;

use crate::support::ssel::{Ssel, project, run};

/// Every name that the editor stubs of docs/lua/meta declare as a function: `sse.open`, `client:on`.
fn declared() -> Vec<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(project("docs/lua/meta")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("function ") {
                names.push(rest.split('(').next().unwrap().trim().to_owned());
            }
        }
    }
    names.sort();
    assert!(names.len() > 20, "the stubs were not found");
    names
}

/// The namespaces whose tables can be enumerated.
const TABLES: &[&str] = &["sse", "http", "llm", "metrics", "json", "data", "target"];

#[test]
fn every_function_of_the_stubs_exists() {
    let mut script = String::from(
        "local function is(name, value) if type(value) ~= 'function' then print(name) end end\n",
    );
    for name in declared().iter().filter(|name| !name.contains(':')) {
        let root = name.split('.').next().unwrap();
        // Libraries that are not globals, and functions of scripts of `ssel wrk`.
        if ["cjson", "cjson_safe", "safe", "wrk"].contains(&root) {
            continue;
        }
        let _ = writeln!(script, "is('{name}', {name})");
    }
    script.push_str("function default() end");
    let said = run(&script).args(["--no-summary"]).said().exits(0);
    assert_eq!(said.stdout, "", "declared, but not there");
}

#[test]
fn every_function_is_in_the_stubs() {
    let tables = TABLES.join(", ");
    let names = TABLES.join("', '");
    let script = format!(
        "for i, t in ipairs {{ {tables} }} do for name, v in pairs(t) do \
         if type(v) == 'function' then print(({{ '{names}' }})[i] .. '.' .. name) end end end function default() end"
    );
    let said = run(&script).args(["--no-summary"]).said().exits(0);
    let declared = declared();
    let missing: Vec<&str> = said
        .stdout
        .lines()
        .filter(|name| !declared.iter().any(|d| d == name))
        .collect();
    assert!(missing.is_empty(), "not in docs/lua/meta: {missing:?}");
}

#[test]
fn every_namespace_has_a_page_and_a_stub() {
    let source = std::fs::read_to_string(project("src/script/modules/mod.rs")).unwrap();
    let list = source
        .split("const MODULES")
        .nth(1)
        .unwrap()
        .split("];")
        .next()
        .unwrap();
    let names: Vec<&str> = list
        .split("(\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(names.contains(&"sse") && names.contains(&"target"));
    for name in names {
        assert!(
            project(&format!("docs/lua/{name}.md")).is_file(),
            "no page for {name}"
        );
        assert!(
            project(&format!("docs/lua/meta/{name}.lua")).is_file(),
            "no stub for {name}"
        );
    }
}

/// The Lua blocks of a page.
fn blocks(text: &str) -> Vec<String> {
    let block = |rest: &str| rest.split("\n```").next().unwrap_or_default().to_owned();
    text.split("```lua\n").skip(1).map(block).collect()
}

#[test]
fn the_examples_of_the_pages_run() {
    let mut pages = vec![project("README.md")];
    for folder in ["docs", "docs/lua"] {
        let entries = std::fs::read_dir(project(folder)).unwrap();
        pages.extend(entries.map(|entry| entry.unwrap().path()));
    }
    let mut count = 0;
    for page in pages
        .iter()
        .filter(|page| page.extension().is_some_and(|extension| extension == "md"))
    {
        let text = std::fs::read_to_string(page).unwrap();
        // The blocks of a page run concurrently, because they mostly wait.
        std::thread::scope(|scope| {
            for (i, block) in blocks(&text).into_iter().enumerate() {
                count += 1;
                let name = format!("{} block {}", page.display(), i + 1);
                scope.spawn(move || example_runs(&name, &block));
            }
        });
    }
    assert!(count > 20, "only {count} examples were found");
}

/// Runs an example; a fragment of a script must at least be valid Lua.
fn example_runs(name: &str, block: &str) {
    let whole = block.contains("function default") || block.contains("default =");
    let script = if whole {
        block.to_owned()
    } else {
        format!("assert(loadstring([==[{block}]==]))\nfunction default() end")
    };
    let data = |name: &str| std::fs::read(project("scripts/data").join(name)).unwrap();
    let said = run(&script)
        .file("data/mooncake.jsonl", data("mooncake.jsonl"))
        .file("data/dot.png", data("dot.png"))
        .args(["--no-summary"])
        .said();
    // Examples may show how a run fails.
    let fine = matches!(said.code, Some(0 | 99 | 108 | 110));
    assert!(fine, "{name}: {}", said.stderr);
}

#[test]
fn the_scripts_run_without_arguments() {
    for (script, flags) in [
        ("scripts/echo.lua", vec![]),
        ("scripts/echo_post.lua", vec![]),
        (
            "scripts/fanout.lua",
            vec!["-e", "VUS=5", "-e", "HOLD=1", "-e", "INTERVAL=0.1"],
        ),
        ("scripts/llm.lua", vec!["--vus", "5", "--duration", "1s"]),
        ("scripts/replay.lua", vec!["-e", "SPEED=2"]),
    ] {
        let path = project(script);
        let said = Ssel::new()
            .args(["run", "-q", path.to_str().unwrap()])
            .args(flags)
            .said()
            .exits(0);
        assert!(
            said.stdout.contains("✓") && !said.stdout.contains("✗"),
            "{}",
            said.stdout
        );
    }
}

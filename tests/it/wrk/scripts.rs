//! Real scripts for wrk, under tests/data/wrk.

use super::{count, printed, target, url, wrk};
use crate::support::ssel::{Said, Ssel, project};

/// A script of tests/data/wrk in a folder that has its files as well, on one connection to `/echo`.
fn call(name: &str) -> (ssel::serve::Background, Ssel) {
    let folder = project("tests/data/wrk");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let target = target();
    let mut ssel = wrk(&url(&target, "/echo"), &read(name));
    for file in ["requests.json", "paths/paths.txt", "lib/tools.lua"] {
        ssel = ssel.file(file, read(file));
    }
    (target, ssel)
}

/// Runs it to its end without a message.
fn run(name: &str) -> Said {
    let (_target, ssel) = call(name);
    let said = ssel.said().exits(0);
    assert_eq!(said.stderr, "", "{name}");
    said
}

#[test]
fn scripts_print_the_same_as_under_wrk() {
    for (name, requests, lines) in [
        (
            "addresses.lua",
            5,
            &["true\ttrue", "thread addr: true", "function\tnil"][..],
        ),
        ("auth.lua", 3, &["200\tlogin\tBearer login"]),
        (
            "counters.lua",
            20,
            &[
                "thread 1 of http created",
                "thread 1 got 20 responses, ahead true",
                "true",
            ],
        ),
        ("hosts.lua", 2, &["one.example", "two.example:8080"]),
        ("latencies.lua", 10, &["true\ttrue", "10\ttrue\ttrue"]),
        (
            "modules.lua",
            3,
            &["a=1&b=2\tx=y\ttable\t1\txx", "a=1&b=2\tx=y\ttable\t1\txx"],
        ),
        (
            "multi-request-json.lua",
            6,
            &["objects\t3\ttrue\ttrue", "objects\t3\ttrue\ttrue"],
        ),
        // Since version 4 of wrk, it never ends.
        ("old-init.lua", 3, &["true\ttrue\t0"]),
        (
            "overridden.lua",
            2,
            &[
                "resolve\ttrue\ttrue",
                "setup\ttrue",
                "init\t/echo?from=nobody",
            ],
        ),
        ("pauses.lua", 6, &["6\t0"]),
        ("statuses.lua", 9, &["200\t3", "404\t3", "503\t3", "6"]),
    ] {
        let said = run(name);
        assert_eq!(printed(&said), lines, "{name}");
        assert_eq!(count(&said, "requests"), requests, "{name}");
    }
}

#[test]
fn a_script_can_use_the_clock_of_luasocket() {
    let (_target, ssel) = call("mixed-workload.lua");
    let said = ssel.instead_of("-d1m", "-n200").said().exits(0);
    assert_eq!(printed(&said), ["errors 0, answered true"]);
    assert_eq!(said.stderr, "");
}

#[test]
fn arguments_of_a_script_set_the_pipelining() {
    let (_target, ssel) = call("pipeline.lua");
    let said = ssel.args(["--", "16"]).said().exits(0);
    assert_eq!(printed(&said), ["true\t0"]);
    assert_eq!(said.stderr, "");
}

#[test]
fn done_can_print_its_own_report() {
    let said = run("report-json.lua");
    let json = said.stdout.split("JSON Output:\n").nth(1).unwrap();
    let report: serde_json::Value = serde_json::from_str(json).unwrap();
    assert_eq!(report["requests"], 10);
    assert_eq!(report["latency_distribution"].as_array().unwrap().len(), 8);
    assert!(!json.contains("false"), "{json}");
}

#[test]
fn a_script_finds_files_beside_itself() {
    let target = target();
    let said = Ssel::new()
        .args(["wrk", "-t1", "-c1", "-d1m", "-s"])
        .args([project("tests/data/wrk/paths/paths.lua").to_str().unwrap()])
        .args([&*url(&target, "/")])
        .said()
        .exits(0);
    let once = ["3\tpaths.lua\tfunction", "found 3 paths"];
    assert_eq!(printed(&said), [once, once].concat());
    assert_eq!(count(&said, "requests"), 6);
}

#[test]
fn modules_are_found_along_lua_path() {
    let (_target, ssel) = call("counters.lua");
    let modules = ssel.folder().join("elsewhere").display().to_string();
    let path = format!("{modules}/?.lua;;");
    let script = "print(require('far.away').name, package.path:find('/usr/share', 1, true) ~= nil) os.exit()";
    let said = ssel
        .file("script.lua", script)
        .file("elsewhere/far/away.lua", "return { name = ... }")
        .env("LUA_PATH", &path)
        .said()
        .exits(0);
    assert_eq!(said.stdout, "far.away\ttrue\n");
}

#[test]
fn a_script_that_exits_ends_the_load_with_its_code() {
    let (_target, ssel) = call("exit.lua");
    let said = ssel.env("CODE", "3").said().exits(3);
    assert_eq!(count(&said, "requests"), 4);
    let (_target, ssel) = call("exit-in-done.lua");
    let said = ssel.said().exits(7);
    assert_eq!(printed(&said), ["too many errors"]);
}

use std::path::Path;

use crate::support::ssel::{Said, Ssel};

fn new(ssel: &Ssel, arguments: &[&str]) -> Said {
    let mut command = ssel.command();
    command.args(arguments);
    crate::support::ssel::said(command.spawn().unwrap())
}

fn read(ssel: &Ssel, path: &str) -> String {
    std::fs::read_to_string(ssel.folder().join(path)).unwrap()
}

#[test]
fn a_new_script_runs_unchanged() {
    let ssel = Ssel::new();
    let said = new(&ssel, &["new"]).exits(0);
    assert!(
        said.stdout.contains("ssel run script.lua") && said.stdout.lines().count() < 3,
        "{}",
        said.stdout
    );
    assert_eq!(said.stderr, "");
    let said = new(&ssel, &["run", "script.lua", "-q", "-d", "1s"]).exits(0);
    assert!(
        said.stdout.contains("✓") && !said.stdout.contains("✗"),
        "{}",
        said.stdout
    );
    assert_eq!(said.stderr, "");
}

#[test]
fn an_editor_finds_the_definitions_beside_it() {
    let ssel = Ssel::new();
    new(&ssel, &["new", "load/chat.lua"]).exits(0);
    assert!(read(&ssel, "load/chat.lua").contains("ssel run load/chat.lua"));
    let settings: serde_json::Value =
        serde_json::from_str(&read(&ssel, "load/.luarc.json")).unwrap();
    let library = settings["workspace.library"][0].as_str().unwrap();
    let stub = read(
        &ssel,
        Path::new("load")
            .join(library)
            .join("sse.lua")
            .to_str()
            .unwrap(),
    );
    assert!(stub.contains("function sse.open("), "{stub}");
}

#[test]
fn existing_files_are_not_overwritten() {
    let ssel = Ssel::new()
        .file("script.lua", "mine")
        .file(".luarc.json", "{}")
        .file(".luacheckrc", "-- mine");
    let said = new(&ssel, &["new"]).exits(1);
    assert_eq!(
        said.stderr,
        "error: cannot write script.lua: it already exists; choose another name\n"
    );
    assert_eq!(
        new(&ssel, &["new", "."]).exits(1).stderr,
        "error: cannot write .: it is a folder; name a file in it\n"
    );

    let said = new(&ssel, &["new", "other.lua"]).exits(0);
    let warnings: Vec<&str> = said.stderr.lines().collect();
    assert!(
        warnings.len() == 1 && warnings[0].contains(r#"add ".ssel/meta""#),
        "{warnings:?}"
    );
    for (path, text) in [
        ("script.lua", "mine"),
        (".luarc.json", "{}"),
        (".luacheckrc", "-- mine"),
    ] {
        assert_eq!(read(&ssel, path), text);
    }
}

#[test]
fn a_second_script_shares_the_definitions() {
    let ssel = Ssel::new();
    new(&ssel, &["new", "a.lua"]).exits(0);
    assert_eq!(new(&ssel, &["new", "b.lua"]).exits(0).stderr, "");
}

#[test]
fn definitions_of_another_version_are_replaced() {
    let ssel = Ssel::new().file(".ssel/meta/sse.lua", "-- older");
    let said = new(&ssel, &["new"]).exits(0);
    assert!(
        said.stdout
            .contains("updated the definitions in .ssel/meta to this version of ssel"),
        "{}",
        said.stdout
    );
    assert!(read(&ssel, ".ssel/meta/sse.lua").contains("function sse.open("));
}

#[test]
fn the_extension_is_added_to_a_name_without_one() {
    let ssel = Ssel::new();
    for name in ["chat", "load.v2"] {
        let said = new(&ssel, &["new", name]).exits(0);
        assert!(
            said.stdout.contains(&format!("ssel run {name}.lua")),
            "{}",
            said.stdout
        );
        assert!(read(&ssel, &format!("{name}.lua")).contains("function default()"));
    }
}

#[test]
fn luacheck_knows_all_globals() {
    let ssel = Ssel::new();
    new(&ssel, &["new"]).exits(0);
    let settings = read(&ssel, ".luacheckrc");
    let stub =
        std::fs::read_to_string(crate::support::ssel::project("docs/lua/meta/ssel.lua")).unwrap();
    for line in stub
        .lines()
        .filter_map(|line| line.strip_prefix("---@field "))
    {
        let name = line.split(' ').next().unwrap();
        let is_luas = name == "print";
        assert!(
            is_luas || settings.contains(&format!("\"{name}\"")),
            "{name}"
        );
    }
}

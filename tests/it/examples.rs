//! The examples run and print what their documentation says. The library itself prints nothing.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::ssel::{Said, project, said};

/// The path of a built example; builds it if necessary.
fn path(name: &str) -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_ssel"));
    let path = program.parent().unwrap().join("examples").join(name);
    let age = |path: &Path| path.metadata().and_then(|file| file.modified()).ok();
    let source = project(&format!("examples/{name}.rs"));
    if age(&path) < age(program) || age(&path) < age(&source) {
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--example", name])
            .status()
            .unwrap();
        assert!(built.success(), "{name} does not build");
    }
    path
}

#[track_caller]
fn example(name: &str) -> Said {
    let child = Command::new(path(name))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = said(child).exits(0);
    assert_eq!(said.stderr, "");
    said
}

#[test]
fn run_script_prints_only_its_own_lines() {
    // The script prints each of its sixty events, but the output is suppressed.
    assert_eq!(
        example("run_script").stdout,
        "events: 60\nthe first one came in time: true\npassed\n"
    );
}

#[test]
fn vus_in_rust_run_like_those_of_a_script() {
    let stdout = example("rust_vus").stdout;
    assert!(stdout.starts_with("Passed: 60 events\n"), "{stdout}");
    // Its own metric has samples.
    assert!(
        stdout.contains("half of the streams took more than "),
        "{stdout}"
    );
}

#[test]
fn a_custom_output_sees_every_sample() {
    let stdout = example("custom_output").stdout;
    let streams: u32 = stdout
        .lines()
        .filter_map(|line| {
            line.strip_prefix("second ")?
                .split_whitespace()
                .nth(1)?
                .parse::<u32>()
                .ok()
        })
        .sum();
    assert_eq!(streams, 50, "{stdout}");
    assert!(
        stdout.ends_with("50 iterations in all\nPassed\n"),
        "{stdout}"
    );
}

#[test]
fn the_decoder_works_without_the_rest_of_ssel() {
    assert_eq!(
        example("decode").stdout,
        "message: hello\ntoken: {\"n\":1}\nmessage: two\nlines\na comment: still here\n"
    );
}

#[test]
fn each_example_is_listed_and_run() {
    let read = |path: &str| std::fs::read_to_string(project(path)).unwrap();
    let (readme, library, tests) = (
        read("README.md"),
        read("src/lib.rs"),
        include_str!("examples.rs"),
    );
    for entry in std::fs::read_dir(project("examples")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(readme.contains(&name) && library.contains(&name), "{name}");
        assert!(
            tests.contains(&format!("example(\"{}\")", name.trim_end_matches(".rs"))),
            "{name}"
        );
    }
}

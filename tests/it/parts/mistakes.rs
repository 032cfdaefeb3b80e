//! Incompatible parts are refused before the run or before merging.

use super::{Processes, script};
use crate::support::ssel::{Said, Ssel};

fn run(more: &[&str]) -> Said {
    Ssel::new()
        .file("script.lua", "function default() end")
        .args(["run", "script.lua"])
        .args(more.iter().copied())
        .said()
}

#[track_caller]
fn refuses(more: &[&str], text: &str) {
    let said = run(more).exits(104);
    assert!(said.stderr.contains(text), "{}", said.stderr);
    assert_eq!(said.stderr.trim().lines().count(), 1, "{}", said.stderr);
}

#[test]
fn an_impossible_part_is_refused() {
    refuses(
        &["--part", "4/4"],
        "--part cannot be \"4/4\": parts are numbered from 0: of 4, the last is 3/4",
    );
    refuses(&["--part", "-1/4"], "--part cannot be \"-1/4\": write I/N");
    refuses(
        &["--part", "one"],
        "--part cannot be \"one\": write I/N, as in 0/4 for the first of four parts",
    );
    refuses(
        &["--part", "auto"],
        "no launcher gives the part of this process",
    );
    let said = Ssel::new()
        .file("script.lua", "function default() end")
        .args(["run", "script.lua"])
        .env("SSEL_PARTS", "3")
        .said()
        .exits(104);
    assert!(said.stderr.contains("add --part I/3"), "{}", said.stderr);
}

#[test]
fn an_impossible_start_is_refused() {
    refuses(
        &["--start-at", "+5s"],
        "--start-at cannot be \"+5s\": write a date and a time with its zone",
    );
    refuses(
        &["--start-at", "2020-01-01T00:00:00Z"],
        "use a time in the future",
    );
    refuses(
        &["--start-at", "2100-02-30T00:00:00Z"],
        "--start-at cannot be",
    );
}

#[test]
fn each_part_has_its_own_files() {
    for (flag, name) in [
        ("--save", "run.ssel"),
        ("--report", "run.html"),
        ("--summary-export", "run.json"),
    ] {
        refuses(
            &["--part", "1/2", flag, name],
            &format!(
                "{flag} {name}: all 2 parts would write this one file; give each its own, as in run-{{part}}."
            ),
        );
    }
    refuses(
        &["--part", "1/2", "-o", "json=a.gz"],
        "--out a.gz: all 2 parts would write this one file",
    );
    let ssel = Ssel::new()
        .file("script.lua", "options = { vus = 2 } function default() end")
        .args(["run", "script.lua", "--part", "1/2", "--quiet"])
        .args([
            "--save",
            "{part}.ssel",
            "--report",
            "{part}.html",
            "--summary-export",
            "{part}.json",
            "-o",
            "csv={part}.csv",
        ]);
    ssel.said().exits(0);
    for ending in ["ssel", "html", "json", "csv"] {
        assert!(
            ssel.folder().join(format!("1.{ending}")).exists(),
            "{ending}"
        );
    }
}

#[test]
fn a_part_without_vus_is_reported() {
    let said = run(&["--part", "2/3"]).exits(0);
    assert!(
        said.stderr
            .contains("part 2/3 has nothing to do: the load has fewer VUs than parts"),
        "{}",
        said.stderr
    );
    assert!(
        !run(&["--part", "0/3"])
            .exits(0)
            .stderr
            .contains("nothing to do")
    );
}

#[test]
fn several_loads_are_not_split_into_parts() {
    let llm = ["llm", "target", "--model", "m", "--part", "0/2"];
    for more in [
        ["--sweep", "concurrency=1,2"],
        ["--find-max-rate", "p99(ttft)<1s"],
    ] {
        let said = Ssel::new().args(llm).args(more).said().exits(104);
        assert!(
            said.stderr.contains("run each load by itself"),
            "{}",
            said.stderr
        );
    }
}

#[test]
fn a_run_is_not_merged_with_itself() {
    let load = "executor = 'shared-iterations', vus = 1, iterations = 1";
    let script = script(load, "http://127.0.0.1:9");
    let one = Processes::start(&script, 1, &["--quiet"]);
    for file in ["a.ssel", "b.ssel"] {
        let save = ["run", "-q", "script.lua", "--seed", "1", "--save", file];
        one.ssel(&save).exits(0);
    }
    let merge = |other: &str| one.ssel(&["merge", "a.ssel", other, "-o", "all.ssel"]);
    let said = merge("a.ssel").exits(104);
    assert!(
        said.stderr.contains("both are the same run"),
        "{}",
        said.stderr
    );
    merge("b.ssel").exits(0);
}

#[test]
fn parts_of_different_runs_are_not_merged() {
    let load = "executor = 'shared-iterations', vus = 4, iterations = 4";
    let script = script(load, "http://127.0.0.1:9");
    let mut four = Processes::start(&script, 4, &["--quiet"]);
    four.said();
    let merge = |files: &[&str]| {
        let mut arguments = vec!["merge", "-o", "all.ssel"];
        arguments.extend(files);
        let said = four.ssel(&arguments);
        let _ = std::fs::remove_file(four.path("all.ssel"));
        said
    };
    std::fs::copy(four.path("run-1.ssel"), four.path("again.ssel")).unwrap();
    let said = merge(&["run-0.ssel", "run-1.ssel", "again.ssel"]).exits(104);
    assert!(
        said.stderr
            .contains("run-1.ssel and again.ssel are not parts of one run: both are part 1/4"),
        "{}",
        said.stderr
    );

    let said = merge(&["run-0.ssel", "run-3.ssel"]).exits(0);
    assert!(
        said.stderr
            .contains("parts 1, 2 of 4 are missing: the figures are those of the others"),
        "{}",
        said.stderr
    );

    // A merged run can be merged with the remaining parts.
    let said = four
        .ssel(&["merge", "-o", "half.ssel", "run-0.ssel", "run-3.ssel"])
        .exits(0);
    assert!(said.stderr.contains("missing"));
    let said = merge(&["half.ssel", "run-2.ssel"]).exits(0);
    assert!(
        said.stderr.contains("part 1 of 4 is missing"),
        "{}",
        said.stderr
    );
    let said = merge(&["half.ssel", "run-2.ssel", "run-1.ssel"]).exits(0);
    assert!(!said.stderr.contains("missing"), "{}", said.stderr);

    let other = |part: &str, more: &[&str], file: &str| {
        let mut arguments = vec![
            "run",
            "--quiet",
            "script.lua",
            "--part",
            part,
            "--save",
            file,
        ];
        arguments.extend(more);
        four.ssel(&arguments);
    };
    other("1/3", &[], "of-three-{part}.ssel");
    let said = merge(&["run-0.ssel", "of-three-1.ssel"]).exits(104);
    assert!(
        said.stderr.contains("one is of 4 parts, the other of 3"),
        "{}",
        said.stderr
    );
    other("1/4", &["--seed", "5"], "seeded-{part}.ssel");
    let said = merge(&["run-0.ssel", "seeded-1.ssel"]).exits(104);
    assert!(
        said.stderr.contains("their seeds differ: 0 and 5"),
        "{}",
        said.stderr
    );
}

use super::{Ssel, file, lines, points, run};

const SCRIPT: &str = "function default() check(1, { a = true }) end";

#[test]
fn an_unknown_output_is_refused_with_the_known_ones() {
    for out in ["jsn=x", "json=", "csv=", "=x", ""] {
        let said = run(SCRIPT).args(["--out", out]).said().exits(104);
        assert_eq!(
            said.stderr,
            format!(
                "error: --out cannot be {out:?}: use json=FILE or csv=FILE, with - in place of FILE for standard output, \
                 prometheus=URL or otlp=URL; ssel llm also has vllm=FILE and aiperf=FILE\n"
            )
        );
    }
}

#[test]
fn two_outputs_cannot_share_a_destination() {
    let twice = |a, b| {
        run(SCRIPT)
            .args(["-o", a, "-o", b])
            .said()
            .exits(104)
            .stderr
    };
    assert!(twice("json=-", "csv=-").contains("standard output can be given to one output only"));
    assert_eq!(
        twice("json=x", "csv=./x"),
        "error: cannot write the output csv=./x: the output json=x is that file already; name another one\n"
    );
    let said = run(SCRIPT)
        .args(["-o", "json=x", "--summary-export", "no/../x"])
        .said()
        .exits(1);
    assert!(
        said.stderr.contains("there is no folder no/.."),
        "{}",
        said.stderr
    );
}

#[test]
fn an_output_cannot_overwrite_the_script() {
    for flags in [
        ["-o", "json=script.lua"],
        ["--summary-export", "./script.lua"],
    ] {
        let ssel = run(SCRIPT).args(flags);
        let said = ssel.said().exits(104);
        let words = "the script is that file already; name another one";
        assert!(said.stderr.contains(words), "{}", said.stderr);
        assert_eq!(file(&ssel, "script.lua"), SCRIPT);
    }
}

#[test]
fn an_output_cannot_share_the_file_of_standard_output() {
    let ssel = run(SCRIPT).args(["--summary-export", "out.json"]);
    let out = std::fs::File::create(ssel.folder().join("out.json")).unwrap();
    let child = ssel.command().stdout(out).spawn().unwrap();
    let said = crate::support::ssel::said(child).exits(104);
    let words =
        "cannot write out.json: what standard output or standard error is sent to is that file";
    assert!(said.stderr.contains(words), "{}", said.stderr);
}

#[test]
fn standard_output_has_other_names() {
    let said = run(SCRIPT).args(["-o", "json=/dev/stdout"]).said().exits(0);
    assert_eq!(points(&lines(&said.stdout), "checks").len(), 1);
    let said = run(SCRIPT)
        .args(["--no-summary", "--summary-export", "/dev/stdout"])
        .said()
        .exits(0);
    let summary: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(summary["checks"][0]["passes"], 1);
}

#[test]
fn an_unwritable_output_is_reported_before_the_load() {
    let script = format!("{SCRIPT} function setup() print('never') end");
    for (flags, words) in [
        (
            ["--out", "json=no/such/out.json"],
            "the output json=no/such/out.json: there is no folder no/such",
        ),
        (
            ["--summary-export", "no/such/f.json"],
            "no/such/f.json: there is no folder no/such",
        ),
        (
            ["--summary-export", "."],
            ".: it is a folder; name a file in it",
        ),
    ] {
        let said = run(&script).args(flags).said().exits(1);
        assert_eq!(said.stderr, format!("error: cannot write {words}\n"));
        assert_eq!(said.stdout, "");
    }
}

#[test]
fn a_script_that_does_not_load_creates_no_file() {
    let ssel = run("nonsense").args(["--out", "json=out.json"]);
    ssel.said().exits(107);
    assert!(!ssel.folder().join("out.json").exists());
}

#[test]
fn a_failing_setup_leaves_old_files_unchanged() {
    let script = format!("{SCRIPT} function setup() check(1, {{ early = true }}) error('no') end");
    let flags = [
        "-o",
        "json=a.json",
        "-o",
        "csv=b.csv.gz",
        "--summary-export",
        "c.json",
    ];
    let ssel = run(&script)
        .args(flags)
        .file("a.json", "old")
        .file("c.json", "old");
    ssel.said().exits(107);
    assert_eq!(file(&ssel, "a.json"), "old");
    assert_eq!(file(&ssel, "c.json"), "old");
    assert!(!ssel.folder().join("b.csv.gz").exists());
}

#[test]
fn samples_of_setup_are_in_the_outputs() {
    let script = format!("{SCRIPT} function setup() check(1, {{ early = true }}) end");
    let ssel = run(&script).args(["--out", "json=out.json"]);
    ssel.said().exits(0);
    assert_eq!(points(&lines(&file(&ssel, "out.json")), "checks").len(), 2);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_reported_once_and_the_summary_shown() {
    let ssel = run(SCRIPT).args(["-o", "json=/dev/full", "-o", "csv=good.csv"]);
    let said = ssel.said().exits(1);
    assert_eq!(
        said.stderr,
        "error: cannot write the output json=/dev/full: No space left on device (os error 28)\n"
    );
    assert!(said.stdout.contains("checks_total"), "{}", said.stdout);
    assert!(file(&ssel, "good.csv").contains("\nchecks,"));
}

#[test]
fn a_closed_pipe_is_reported_once_and_the_summary_shown() {
    use std::process::Stdio;
    let ssel: Ssel = run(SCRIPT).args(["--out", "json=-"]);
    let mut command = ssel.command();
    let (reader, writer) = std::io::pipe().unwrap();
    command.stdout(Stdio::from(writer));
    let child = command.spawn().unwrap();
    drop((command, reader));
    let said = crate::support::ssel::said(child).exits(1);
    assert_eq!(said.stderr.matches("error: ").count(), 1, "{}", said.stderr);
    assert!(
        said.stderr
            .contains("cannot write the output json=-: Broken pipe")
            && said.stderr.contains("checks_total"),
        "{}",
        said.stderr
    );
}

#[cfg(target_os = "linux")]
#[test]
fn output_missing_from_standard_output_is_a_failure() {
    let url = "http://127.0.0.1:1/";
    for arguments in [
        &["run", "--quiet", "script.lua"][..],
        &["eval", "print(1)"],
        &["inspect", "script.lua"],
        &["new", "made.lua"],
        &["completions", "bash"],
        &["man"],
        &["llm", url, "--model", "m", "--emit-script"],
        &["--help"],
        &["run", "--help"],
        &["--version"],
    ] {
        let full = std::fs::File::create("/dev/full").unwrap();
        let ssel = Ssel::new()
            .file("script.lua", SCRIPT)
            .args(arguments.iter().copied());
        let child = ssel.command().stdout(full).spawn().unwrap();
        let said = crate::support::ssel::said(child);
        assert_eq!(said.code, Some(1), "{arguments:?}: {}", said.stderr);
    }
}

use super::{Ssel, file, lines, points, run};

const SCRIPT: &str = "function default() check(1, { a = true }) end";

#[test]
fn an_output_that_does_not_exist_is_refused_with_those_that_do() {
    for out in ["jsn=x", "json=", "csv=", "=x", ""] {
        let said = run(SCRIPT).args(["--out", out]).said().exits(104);
        assert_eq!(
            said.stderr,
            format!(
                "error: --out cannot be {out:?}: use json=FILE or csv=FILE, with - in place of FILE for standard output\n"
            )
        );
    }
}

#[test]
fn one_place_has_one_output() {
    let twice = |a, b| {
        run(SCRIPT)
            .args(["-o", a, "-o", b])
            .said()
            .exits(104)
            .stderr
    };
    assert!(twice("json=-", "csv=-").contains("standard output can be given to one output only"));
    assert!(twice("json=x", "csv=x").contains("another output is written to that file"));
}

#[test]
fn a_missing_folder_is_told_before_the_load() {
    let script = format!("{SCRIPT} function setup() print('never') end");
    let ssel = run(&script).args(["--out", "json=no/such/out.json"]);
    let said = ssel.said().exits(1);
    assert_eq!(
        said.stderr,
        "error: cannot write the output json=no/such/out.json: there is no folder no/such\n"
    );
    assert_eq!(said.stdout, "");
}

#[test]
fn a_script_that_does_not_load_leaves_no_file() {
    let ssel = run("nonsense").args(["--out", "json=out.json"]);
    ssel.said().exits(107);
    assert!(!ssel.folder().join("out.json").exists());
}

#[test]
fn a_setup_that_raises_ends_the_outputs_in_order() {
    let script = format!("{SCRIPT} function setup() check(1, {{ early = true }}) error('no') end");
    let ssel = run(&script).args(["--out", "json=out.json"]);
    ssel.said().exits(107);
    assert_eq!(points(&lines(&file(&ssel, "out.json")), "checks").len(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_one_error_and_loses_no_summary() {
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
fn a_reader_that_goes_away_is_one_error_and_loses_no_summary() {
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

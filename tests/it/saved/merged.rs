//! `ssel merge` and `ssel check`.

use super::{SCRIPT, one, saving};
use crate::support::ssel::{Said, Ssel};

/// A call with the saved runs of others.
fn with(command: &str, runs: &[&Ssel]) -> Ssel {
    let paths: Vec<String> = runs
        .iter()
        .map(|run| run.folder().join("run.ssel").display().to_string())
        .collect();
    Ssel::new()
        .args([command])
        .args(paths.iter().map(String::as_str))
}

fn merge(runs: &[&Ssel], more: &[&str]) -> (Ssel, Said) {
    let ssel = with("merge", runs)
        .args(["-o", "all.ssel"])
        .args(more.iter().copied());
    let said = ssel.said();
    (ssel, said)
}

#[test]
fn parts_of_a_run_merge_to_one() {
    let (a, b) = (saving(SCRIPT), saving(SCRIPT));
    let counts = [
        a.said().exits(0).count("http_reqs"),
        b.said().exits(0).count("http_reqs"),
    ];
    let (ssel, said) = merge(&[&a, &b], &[]);
    said.exits(0);
    let db = super::database(&ssel.folder().join("all.ssel"));
    let sum: f64 = one(
        &db,
        "SELECT sum FROM totals JOIN series ON id = series WHERE metric = 'http_reqs' AND tags = '{}'",
    );
    let all = (counts[0] + counts[1]) as f64;
    assert!((sum - all).abs() < 0.5, "{sum} {all}");
    assert_eq!(one::<i64>(&db, "SELECT count(*) FROM run"), 2);
    let text = Ssel::new()
        .args(["report", ssel.folder().join("all.ssel").to_str().unwrap()])
        .said()
        .exits(0);
    assert_eq!(text.count("http_reqs"), counts[0] + counts[1]);
    assert!(text.stdout.contains("2 parts"), "{}", text.stdout);
}

#[test]
fn unrelated_runs_are_merged_only_when_forced() {
    let a = saving("function default() end").args(["-i", "2"]);
    let b = saving("function default() end -- another").args(["-i", "2"]);
    let c = saving("function default() end").args(["-i", "3"]);
    for ssel in [&a, &b, &c] {
        ssel.said().exits(0);
    }
    let (_, said) = merge(&[&a, &b], &[]);
    let said = said.exits(104);
    assert!(
        said.stderr.contains("they ran different scripts"),
        "{}",
        said.stderr
    );
    assert!(said.stderr.contains("--force"), "{}", said.stderr);
    let (_, said) = merge(&[&a, &c], &[]);
    assert!(
        said.exits(104)
            .stderr
            .contains("their options differ in `scenarios`")
    );
    let (ssel, said) = merge(&[&a, &b, &c], &["--force"]);
    said.exits(0);
    let db = super::database(&ssel.folder().join("all.ssel"));
    assert_eq!(
        one::<i64>(&db, "SELECT iterations_complete FROM outcome"),
        7
    );
}

#[test]
fn thresholds_are_evaluated_over_all_parts() {
    let script = "options = { thresholds = { iterations = 'count < 3' } } function default() end";
    let (a, b) = (
        saving(script).args(["-i", "2"]),
        saving(script).args(["-i", "2"]),
    );
    a.said().exits(0);
    b.said().exits(0);
    let (_, said) = merge(&[&a, &b], &[]);
    assert!(
        said.exits(99)
            .stderr
            .contains("thresholds on these metrics were crossed: iterations")
    );
}

#[test]
fn thresholds_of_a_script_are_applied_to_a_saved_run() {
    let a = saving(SCRIPT);
    a.said().exits(0);
    let check = |thresholds: &str| {
        let script =
            format!("options = {{ thresholds = {{ {thresholds} }} }} function default() end");
        with("check", &[&a])
            .file("goals.lua", script)
            .args(["goals.lua"])
            .said()
    };
    let said =
        check("http_req_failed = 'rate < 0.6', http_req_duration = 'p(99.9) < 60s'").exits(0);
    assert!(
        said.stdout.contains("✓ 'rate < 0.6' rate=50.00%"),
        "{}",
        said.stdout
    );
    let said = check("http_req_failed = 'rate < 0.1'").exits(99);
    assert!(said.stdout.contains("✗ 'rate < 0.1'"), "{}", said.stdout);
    let said = check("['http_reqs{status:200}'] = 'count > 1'").exits(104);
    assert!(
        said.stderr.contains("did not keep this sub-metric"),
        "{}",
        said.stderr
    );
}

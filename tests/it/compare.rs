//! `ssel compare`, and repeated runs for it.

use std::path::Path;

use crate::support::ssel::{Said, Ssel, run};

/// A run of a few seconds in which the server pauses before each event.
fn script(delay: &str) -> String {
    format!(
        "options = {{ vus = 2, duration = '5s' }}
function default()
  http.get(target.url('/delay/{delay}'))
  check(1, {{ one = function(v) return v == 1 end }})
end"
    )
}

fn saved(folder: &Path, name: &str, delay: &str) {
    let path = folder.join(name);
    run(&script(delay))
        .args(["--save", path.to_str().unwrap()])
        .said()
        .exits(0);
}

fn compared(folder: &Path, args: &[&str]) -> Said {
    let names =
        ["base.ssel", "new.ssel"].map(|name| folder.join(name).to_str().unwrap().to_owned());
    Ssel::new()
        .args(["compare"])
        .args(names.iter().map(String::as_str))
        .args(args.iter().copied())
        .said()
}

#[test]
fn a_slower_server_is_worse_and_fails_the_condition() {
    let folder = tempfile::tempdir().unwrap();
    saved(folder.path(), "base.ssel", "0.01");
    saved(folder.path(), "new.ssel", "0.05");
    let text = compared(folder.path(), &[]).exits(0).stdout;
    let row = text
        .lines()
        .find(|line| line.starts_with("avg http_req_duration"))
        .unwrap();
    assert!(row.ends_with("worse"), "{text}");
    let args = ["--fail-on", "avg http_req_duration > 5%", "-f", "json"];
    let said = compared(folder.path(), &args).exits(99);
    let json: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    let figures = json["figures"].as_array().unwrap();
    assert!(
        figures
            .iter()
            .any(|figure| figure["metric"] == "http_req_duration" && figure["verdict"] == "worse")
    );
    assert!(
        said.stderr.contains("avg http_req_duration > 5%: failed"),
        "{}",
        said.stderr
    );
    let markdown = compared(folder.path(), &["-f", "markdown"]).exits(0).stdout;
    assert!(markdown.contains("| avg http_req_duration |"), "{markdown}");
    let page = folder.path().join("page.html");
    compared(folder.path(), &["-f", "html", "-o", page.to_str().unwrap()]).exits(0);
    assert!(std::fs::read_to_string(page).unwrap().contains("worse"));
}

#[test]
fn incomparable_runs_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("base.ssel"), "nothing").unwrap();
    std::fs::write(folder.path().join("new.ssel"), "nothing").unwrap();
    let said = compared(folder.path(), &[]).exits(104);
    assert!(
        said.stderr.contains("is not a saved run"),
        "{}",
        said.stderr
    );
    let said = compared(folder.path(), &["--fail-on", "llm_ttft"]).exits(104);
    assert!(
        said.stderr.contains("p(99) http_req_duration > 5%"),
        "{}",
        said.stderr
    );
    let three = Ssel::new()
        .args(["compare", "a", "b", "c"])
        .said()
        .exits(104);
    assert!(three.stderr.contains("--new"), "{}", three.stderr);
}

#[test]
fn repeated_runs_are_saved_to_numbered_files() {
    let short: Ssel = run(
        "options = { vus = 1, iterations = 3 }\nfunction default() http.get(target.url('/status/200')) end",
    );
    let short = short.args([
        "--repeat", "2", "--save", "run.ssel", "--report", "run.html",
    ]);
    short.said().exits(0);
    let folder = short.folder();
    for name in ["run-1.ssel", "run-2.ssel", "run-1.html", "run-2.html"] {
        assert!(folder.join(name).exists(), "{name}");
    }
    run("function default() end")
        .args(["--repeat", "2"])
        .said()
        .exits(104);
    let outputs = run("function default() end").args([
        "--repeat",
        "2",
        "--save",
        "a.ssel",
        "-o",
        "json=a.json",
    ]);
    assert!(outputs.said().exits(104).stderr.contains("--repeat"));
}

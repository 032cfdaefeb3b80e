//! The summary, thresholds and exported results.

mod client;
mod control;
mod ends;
mod failures;
mod whole;

use crate::support::ssel::run;

const SCRIPT: &str = r#"
    local words = metrics.counter("words")
    local share = metrics.rate("share")
    local size = metrics.trend("size")
    options = { iterations = 4 }
    function default()
        words:add(2)
        share:add(exec.scenario.iteration_in_test < 3)
        size:add(exec.scenario.iteration_in_test + 1)
        check(exec.scenario.iteration_in_test, { ["is small"] = function(n) return n < 3 end, fine = true })
    end
"#;

/// The lines of the summary before those that depend on the speed of the machine.
fn lines(stdout: &str, from: &str, until: &str) -> String {
    let start = stdout.find(from).unwrap();
    let end = start + stdout[start..].find(until).unwrap();
    stdout[start..end]
        .lines()
        .map(str::trim_end)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn checks_and_metrics_are_shown_as_in_k6() {
    let said = run(SCRIPT).said().exits(0);
    let shown = lines(&said.stdout, "    ✓ fine", "    EXECUTION");
    let rates = regex_free(&shown);
    assert_eq!(
        rates,
        "    ✓ fine\n    ✗ is small\n      ↳  75% — ✓ 3 / ✗ 1\n\n    CUSTOM\n    \
         share................: 75.00% 3 out of 4\n    \
         size.................: avg=2.5 min=1 med=2.5 max=4 p(90)=3.7 p(95)=3.85\n    \
         words................: 8 N/s\n"
    );
}

/// Runs of spaces inside a line become one, and what is per second becomes N: it depends on the machine.
fn regex_free(text: &str) -> String {
    let word = |word: &str| match word.strip_suffix("/s") {
        Some(number) if number.parse::<f64>().is_ok() => "N/s".to_owned(),
        _ => word.to_owned(),
    };
    let line = |line: &str| {
        let indent: String = line.chars().take_while(|c| *c == ' ').collect();
        if line.contains('↳') {
            return line.to_owned();
        }
        indent
            + &line
                .split_whitespace()
                .map(word)
                .collect::<Vec<_>>()
                .join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn thresholds_decide_the_exit_code() {
    let with = |thresholds: &str| run(&format!("{SCRIPT} options.thresholds = {thresholds}"));
    with("{ size = 'max<5', words = 'count==8', share = 'rate>=0.75' }")
        .said()
        .exits(0);
    let said = with("{ size = { 'max<5', 'p(95)<1' } }").said().exits(99);
    assert!(
        said.stdout.contains("✗ 'p(95)<1' p(95)=3.85"),
        "{}",
        said.stdout
    );
    assert!(said.stdout.contains("✓ 'max<5' max=4"), "{}", said.stdout);
    assert!(said.stderr.contains("size"), "{}", said.stderr);
    let said =
        with("{ ['checks{check:fine}'] = 'rate==1', ['checks{check:is small}'] = 'rate==1' }")
            .said()
            .exits(99);
    assert!(
        said.stderr.contains("checks{check:is small}"),
        "{}",
        said.stderr
    );
    with("{ size = 'max<1' }")
        .args(["--no-thresholds"])
        .said()
        .exits(0);
}

#[test]
fn a_meaningless_threshold_is_refused_before_the_load() {
    let with = |thresholds: &str| {
        let script = format!("{SCRIPT} options.thresholds = {thresholds}");
        run(&script).said().exits(104).stderr
    };
    let unknown = with("{ sise = 'max<1' }");
    assert!(
        unknown.contains("sise") && unknown.contains("size"),
        "{unknown}"
    );
    let bare = with("{ iteration_duration = 'p(95)<200' }");
    assert!(bare.contains("200ms") && bare.contains("200s"), "{bare}");
}

#[test]
fn results_are_exported_as_json() {
    let ssel = run(SCRIPT).args(["--summary-export", "out.json"]);
    ssel.said().exits(0);
    let json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(ssel.folder().join("out.json")).unwrap()).unwrap();
    assert_eq!(json["metrics"]["words"]["values"]["count"], 8.0);
    assert_eq!(json["iterations_complete"], 4);
}

#[test]
fn the_summary_shows_the_requested_statistics() {
    let said = run(SCRIPT)
        .args([
            "--summary-trend-stats",
            "max,p(50)",
            "--summary-time-unit",
            "ms",
        ])
        .said();
    assert_eq!(said.metric("size").as_deref(), Some("max=4 p(50)=2.5"));
    let time = said.exits(0).metric("iteration_duration").unwrap();
    assert!(time.contains("ms") && !time.contains("µs"), "{time}");
    let said = run(SCRIPT).args(["--no-summary"]).said().exits(0);
    assert_eq!(said.stdout, "");
}

#[test]
fn unbounded_tags_cause_one_warning_and_bounded_memory() {
    let script = r#"
        local m = metrics.counter("m")
        function default() for i = 1, 5000 do m:add(1, { id = tostring(i), fixed = "x" }) end end
    "#;
    let said = run(script).said().exits(0);
    assert_eq!(said.count("m"), 5000);
    assert_eq!(said.stderr.matches("warning").count(), 1, "{}", said.stderr);
    assert!(
        said.stderr.contains('m') && said.stderr.contains("id"),
        "{}",
        said.stderr
    );
}

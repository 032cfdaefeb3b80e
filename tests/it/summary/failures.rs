use crate::support::ssel::{Ssel, run};

#[test]
fn failed_iterations_are_counted_and_shown() {
    let script = r#"
        options = { iterations = 8, thresholds = { iterations_failed = "rate<10%" } }
        function default()
            local n = exec.scenario.iteration_in_test
            if n < 6 then error("number " .. n % 2) end
        end
    "#;
    let said = run(script).said().exits(99);
    assert_eq!(
        said.metric("iterations_failed").unwrap(),
        "75.00% 6 out of 8"
    );
    let note = "6 of 8 iterations raised an error, so the figures say little about the server; the first: script.lua:5: number 0";
    assert!(said.stdout.contains(note), "{}", said.stdout);
    assert!(
        said.stderr
            .contains("error: 2 more times: script.lua:5: number 1"),
        "{}",
        said.stderr
    );
}

#[test]
fn a_run_without_failed_iterations_does_not_mention_them() {
    let said = run("options = { iterations = 3 } function default() end")
        .said()
        .exits(0);
    assert_eq!(said.metric("iterations_failed"), None);
    let said = run("options = { iterations = 3 } function default() end")
        .args(["--summary-mode", "full"])
        .said()
        .exits(0);
    assert_eq!(
        said.metric("iterations_failed").unwrap(),
        "0.00% 0 out of 3"
    );
}

#[test]
fn errors_that_are_not_shown_are_counted() {
    let script = r#"
        options = { iterations = 150 }
        function default() error("number " .. exec.scenario.iteration_in_test) end
    "#;
    let said = run(script).said().exits(0);
    assert_eq!(said.stderr.matches("error: script.lua").count(), 100);
    assert!(
        said.stderr
            .contains("error: 50 other script errors, not shown"),
        "{}",
        said.stderr
    );
}

#[test]
fn each_kind_of_failure_has_its_count_and_its_first_message() {
    let script = r#"
        options = { iterations = 4 }
        function default()
            sse.open(target.url("/status/503"), function() end)
            http.get(target.url("/status/404"))
            sse.open("http://127.0.0.1:1/", function() end)
        end
    "#;
    let ssel = run(script).args(["--summary-export", "out.json"]);
    let said = ssel.said().exits(0);
    let block = said
        .stdout
        .split("    FAILURES\n")
        .nth(1)
        .unwrap_or_else(|| panic!("{}", said.stdout));
    let lines: Vec<&str> = block.lines().map(str::trim).take(3).collect();
    for (start, part) in [
        ("✗ 4 connect: ", "127.0.0.1:1"),
        ("✗ 4 status", "404"),
        ("✗ 4 status", "503"),
    ] {
        let is_it = |line: &&&str| line.starts_with(start) && line.contains(part);
        assert_eq!(
            lines.iter().filter(is_it).count(),
            1,
            "{start} {part}: {lines:#?}"
        );
    }
    assert_eq!(said.stderr, "");
    let text = std::fs::read_to_string(ssel.folder().join("out.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
    let failures = summary["failures"].as_array().unwrap();
    let mut statuses: Vec<_> = failures
        .iter()
        .map(|failure| failure["status"].as_u64())
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [None, Some(404), Some(503)]);
}

#[test]
fn the_new_script_has_no_errors_for_a_dead_server() {
    let ssel = Ssel::new().args(["new", "start.lua"]);
    ssel.said().exits(0);
    let text = std::fs::read_to_string(ssel.folder().join("start.lua")).unwrap();
    let said = run(&text)
        .args(["-e", "SSE_URL=http://127.0.0.1:1/", "-i", "50"])
        .said()
        .exits(99);
    assert!(said.stdout.contains("✗ 50 connect: "), "{}", said.stdout);
    assert_eq!(
        said.stdout.matches("127.0.0.1:1").count(),
        1,
        "{}",
        said.stdout
    );
    assert_eq!(said.stderr.lines().count(), 1, "{}", said.stderr);
}

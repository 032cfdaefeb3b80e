use crate::support::ssel::run;

#[test]
fn handle_summary_replaces_the_summary_on_stdout() {
    let script = r#"
        options = { iterations = 3 }
        function default() end
        function handle_summary(summary)
            return { stdout = "iterations: " .. summary.metrics.iterations.values.count .. "\n" }
        end
    "#;
    let said = run(script).said().exits(0);
    assert_eq!(
        (said.stdout.as_str(), said.stderr.as_str()),
        ("iterations: 3\n", "")
    );
}

#[test]
fn handle_summary_writes_files_and_stderr() {
    let script = r#"
        function default() end
        function handle_summary(summary)
            return { ["out.json"] = json.encode(summary), stderr = "written\n" }
        end
    "#;
    let ssel = run(script);
    let said = ssel.said().exits(0);
    assert_eq!(
        (said.stdout.as_str(), said.stderr.as_str()),
        ("", "written\n")
    );
    let text = std::fs::read(ssel.folder().join("out.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(summary["metrics"]["iterations"]["values"]["count"], 1.0);
}

#[test]
fn nil_and_false_show_the_default_summary() {
    for value in ["nil", "false"] {
        let said = run(&format!(
            "function default() end\nfunction handle_summary() return {value} end"
        ))
        .said()
        .exits(0);
        assert_eq!(said.count("iterations"), 1, "{value}");
    }
}

#[test]
fn an_empty_table_shows_no_summary() {
    let said = run("function default() end\nfunction handle_summary() return {} end")
        .said()
        .exits(0);
    assert_eq!(said.stdout, "");
}

#[test]
fn a_failing_handle_summary_is_reported_and_the_default_summary_shown() {
    for (body, message) in [
        ("error('not today')", "script.lua:2: not today"),
        (
            "return 7",
            "handle_summary must return nil or a table such as { stdout = \"…\", [\"path/file\"] = \"…\" }, got 7",
        ),
        ("return { stdout = 7 }", "got 7 for \"stdout\""),
        ("coroutine.yield()", "handle_summary yielded"),
        ("sleep(1)", "sleep: cannot be used in handle_summary"),
    ] {
        let said = run(&format!(
            "function default() end\nfunction handle_summary() {body} end"
        ))
        .said()
        .exits(107);
        assert!(said.stderr.contains(message), "{body}: {}", said.stderr);
        assert_eq!(said.count("iterations"), 1, "{body}");
    }
}

#[test]
fn an_unwritable_file_is_reported_and_exits_with_1() {
    let script =
        "function default() end\nfunction handle_summary() return { ['no/such/folder'] = 'x' } end";
    let said = run(script).said().exits(1);
    assert!(
        said.stderr
            .starts_with("error: cannot write no/such/folder: "),
        "{}",
        said.stderr
    );
}

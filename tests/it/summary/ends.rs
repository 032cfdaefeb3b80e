use crate::support::ssel::run;

#[test]
fn a_threshold_may_end_the_run() {
    let script = r#"
        options = { duration = "10m", thresholds = { checks = { { threshold = "rate>0.5", abort_on_fail = true } } } }
        function default() check(1, { a = false }) sleep("10ms") end
        function teardown() print("teardown") end
    "#;
    let said = run(script).said().exits(99);
    assert!(
        said.stderr
            .contains("thresholds were crossed, ending the run: checks"),
        "{}",
        said.stderr
    );
    assert_eq!(said.printed(), "teardown");
    assert!(
        said.stdout.contains("✗ 'rate>0.5' rate=0.00%"),
        "{}",
        said.stdout
    );
}

#[test]
fn a_threshold_without_a_sample_neither_passes_nor_fails() {
    let script = r#"
        options = { thresholds = { sse_first_event = "p(95)<1ms", checks = "rate>0.5", sse_event = "count==0" } }
        function default() end
    "#;
    let said = run(script).said().exits(0);
    assert_eq!(said.stdout.matches("no data").count(), 2, "{}", said.stdout);
}

#[test]
fn the_last_value_of_vus_is_from_the_load() {
    let script = "options = { vus = 3, iterations = 3 } function default() sleep(0.5) end";
    let said = run(script).said().exits(0);
    for metric in ["vus", "vus_max"] {
        assert_eq!(said.metric(metric).unwrap(), "3 min=3 max=3", "{metric}");
    }
    // The load ends before the first progress; the VUs were active anyway, perhaps one after the other.
    let said = run("function default() end").said().exits(0);
    assert_eq!(said.metric("vus").unwrap(), "1 min=1 max=1");
}

#[test]
fn vus_shows_the_maximum_of_active_vus() {
    let script = r#"
        options = { scenarios = {
          a = { executor = "constant-arrival-rate", rate = 20, duration = "2s", pre_allocated_vus = 2, max_vus = 50 },
          b = { executor = "ramping-vus", start_vus = 3, stages = { "2s:3" } },
        } }
        function default() end
    "#;
    let ssel = run(script).args(["--summary-export", "out.json"]);
    let said = ssel.said().exits(0);
    let text = std::fs::read_to_string(ssel.folder().join("out.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let (vus, made) = (&json["vus"], &json["vus_max"]);
    // On a busy machine, a VU may have been created for a late start.
    assert_eq!(vus, made, "{text}");
    assert!((5..50).contains(&vus.as_u64().unwrap()), "{text}");
    let shown = said.metric("vus").unwrap();
    assert!(shown.ends_with(&format!("max={vus}")), "{shown}");
}

#[test]
fn exported_results_contain_sub_metrics_checks_and_thresholds() {
    let script = r#"
        options = { iterations = 2, thresholds = { ["c{part:a}"] = "count==2", c = "count>100" } }
        local c = metrics.counter("c")
        function default() c:add(1, { part = "a" }) c:add(1) check(1, { fine = true }) end
    "#;
    let ssel = run(script).args(["--summary-export", "out.json"]);
    ssel.said().exits(99);
    let text = std::fs::read_to_string(ssel.folder().join("out.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let c = &json["metrics"]["c"];
    assert_eq!(
        (&c["type"], &c["values"]["count"]),
        (&"counter".into(), &4.0.into())
    );
    let part = &json["metrics"]["c{part:a}"];
    assert_eq!(part["tags"]["part"], "a");
    assert_eq!(part["thresholds"]["count==2"]["ok"], true);
    assert_eq!(c["thresholds"]["count>100"]["ok"], false);
    let thresholds = json["thresholds"].as_array().unwrap();
    let held: Vec<(&str, bool)> = thresholds
        .iter()
        .map(|t| (t["source"].as_str().unwrap(), t["ok"].as_bool().unwrap()))
        .collect();
    assert!(
        held.contains(&("count==2", true)) && held.contains(&("count>100", false)),
        "{held:?}"
    );
    assert_eq!(json["checks"][0]["name"], "fine");
    assert!(json["duration"].as_f64().unwrap() > 0.0);
}

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
fn a_threshold_without_a_sample_is_neither_crossed_nor_kept() {
    let script = r#"
        options = { thresholds = { sse_first_event = "p(95)<1ms", checks = "rate>0.5", sse_event = "count==0" } }
        function default() end
    "#;
    let said = run(script).said().exits(0);
    assert_eq!(said.stdout.matches("no data").count(), 2, "{}", said.stdout);
}

#[test]
fn the_last_look_at_vus_is_one_while_they_were_at_work() {
    for body in ["", "sleep(0.2)"] {
        let script =
            format!("options = {{ vus = 3, iterations = 3 }} function default() {body} end");
        let said = run(&script).said().exits(0);
        for metric in ["vus", "vus_max"] {
            assert_eq!(
                said.metric(metric).unwrap(),
                "3 min=3 max=3",
                "{metric} {body}"
            );
        }
    }
}

#[test]
fn exported_results_hold_sub_metrics_checks_and_thresholds() {
    let script = r#"
        options = { iterations = 2, thresholds = { ["c{part:a}"] = "count==2", c = "count>100" } }
        local c = metrics.counter("c")
        function default() c:add(1, { part = "a" }) c:add(1) check(1, { fine = true }) end
    "#;
    let ssel = run(script).args(["--summary-export", "out.json"]);
    ssel.said().exits(99);
    let text = std::fs::read_to_string(ssel.folder().join("out.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let metrics = json["metrics"].as_array().unwrap();
    let c = metrics.iter().find(|metric| metric["name"] == "c").unwrap();
    assert_eq!(
        (&c["kind"], &c["values"]["count"]),
        (&"counter".into(), &4.0.into())
    );
    assert!(
        c["sub_metrics"].to_string().contains("part"),
        "{}",
        c["sub_metrics"]
    );
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

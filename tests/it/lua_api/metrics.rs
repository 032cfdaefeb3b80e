use crate::support::ssel::{init_raises, iteration_raises, run};

#[test]
fn every_kind_of_metric_shows_its_figures() {
    let script = r#"
        local counter, gauge = metrics.counter("my_counter"), metrics.gauge("my_gauge")
        local rate, trend, time = metrics.rate("my_rate"), metrics.trend("my_trend"), metrics.trend("my_time", true)
        function default()
            for i = 1, 4 do
                counter:add(i)
                gauge:add(i * 10)
                trend:add(i)
                time:add(0.25)
            end
            rate:add(true) rate:add(false) rate:add(1) rate:add(0)
        end
    "#;
    let said = run(script)
        .args(["--summary-trend-stats", "min,max,count"])
        .said()
        .exits(0);
    assert!(
        said.metric("my_counter").unwrap().starts_with("10 "),
        "{}",
        said.stdout
    );
    assert_eq!(said.metric("my_gauge").as_deref(), Some("40 min=10 max=40"));
    assert_eq!(said.metric("my_rate").as_deref(), Some("50.00% 2 out of 4"));
    assert_eq!(
        said.metric("my_trend").as_deref(),
        Some("min=1 max=4 count=4")
    );
    assert_eq!(
        said.metric("my_time").as_deref(),
        Some("min=250ms max=250ms count=4")
    );
}

#[test]
fn samples_of_all_vus_belong_to_one_metric() {
    let script = r#"
        options = { vus = 5, iterations = 50 }
        local c = metrics.counter("c")
        function default() c:add(2) end
    "#;
    assert_eq!(run(script).said().exits(0).count("c"), 100);
}

#[test]
fn samples_have_the_current_tags_and_their_own() {
    let script = r#"
        options = { tags = { run = "r" }, thresholds = {
            ["c{a:1,b:true}"] = "count==1", ["c{group:::g}"] = "count==2", ["c{vu:x}"] = "count==4",
            ["c{scenario:default,run:r}"] = "count==7",
        } }
        local c = metrics.counter("c")
        function default()
            c:add(1, { a = 1, b = true })
            group("g", function() c:add(2) end)
            exec.vu.tags.vu = "x"
            c:add(4)
        end
    "#;
    run(script).said().exits(0);
}

#[test]
fn a_repeated_name_is_the_same_metric_and_another_kind_is_refused() {
    let script = "local a, b = metrics.counter('c'), metrics.counter('c')\nfunction default() a:add(1) b:add(2) end";
    assert_eq!(run(script).said().exits(0).count("c"), 3);
    for second in [
        "metrics.rate('c')",
        "metrics.counter('c', true)",
        "metrics.trend('c')",
    ] {
        let said = init_raises(&format!("metrics.counter('c')\n{second}"));
        assert!(
            said.starts_with("error: script.lua:2: metrics.") && said.contains('c'),
            "{second}: {said}"
        );
    }
}

#[test]
fn the_names_of_built_in_metrics_are_refused() {
    for (call, name) in [
        ("metrics.counter('http_req_duration')", "http_req_duration"),
        (
            "metrics.trend('http_req_duration', true)",
            "http_req_duration",
        ),
        ("metrics.trend('llm_ttft', true)", "llm_ttft"),
    ] {
        let said = init_raises(call);
        let words = format!("{name} is a built-in metric; choose another name");
        assert!(said.contains(&words), "{said}");
    }
}

#[test]
fn each_misuse_in_init_is_reported() {
    for (call, message) in [
        (
            "metrics.counter()",
            "metrics.counter: argument 1 (name): expected a string, got nil",
        ),
        (
            "metrics.trend('t', 1)",
            "metrics.trend: argument 2 (is_time): expected true or false, got 1",
        ),
        ("metrics.trend('a b')", "metrics.trend: "),
        ("metrics.trend('1a')", "metrics.trend: "),
        ("metrics.trend('')", "metrics.trend: "),
        (
            "metrics.gauge('g'):add(1)",
            "g:add: samples cannot be added in the init stage",
        ),
    ] {
        let said = init_raises(call);
        assert!(
            said.starts_with(&format!("error: script.lua:1: {message}")),
            "{call}: {said}"
        );
    }
}

#[test]
fn each_misuse_of_add_is_reported() {
    for (call, message) in [
        (
            "c:add('x')",
            "c:add: argument 1 (value): expected a number, got \"x\"",
        ),
        (
            "c:add()",
            "c:add: argument 1 (value): expected a number, got nil",
        ),
        (
            "c:add(true)",
            "c:add: argument 1 (value): expected a number, got true",
        ),
        (
            "r:add('x')",
            "r:add: argument 1 (value): expected a boolean or a number, got \"x\"",
        ),
        (
            "c:add(-1)",
            "c:add: a counter only grows, got -1; a gauge can fall",
        ),
        (
            "g:add(0/0)",
            "g:add: nan is not a sample; the value must be a finite number",
        ),
        (
            "g:add(math.huge)",
            "g:add: inf is not a sample; the value must be a finite number",
        ),
        (
            "g:add(1, 'x')",
            "g:add: argument 2 (tags): expected a table of tags, got \"x\"",
        ),
        (
            "g:add(1, { x = print })",
            "g:add: argument 2 (tags).x: expected a string, got a function",
        ),
        (
            "metrics.counter('late')",
            "metrics.counter: only works in the init stage: create metrics at the script's top level",
        ),
    ] {
        let script = format!(
            "local c, g, r = metrics.counter('c'), metrics.gauge('g'), metrics.rate('r')\nfunction default() {call} end"
        );
        let said = run(&script).args(["--no-summary"]).said().exits(0);
        let first = said
            .stderr
            .lines()
            .next()
            .unwrap_or_default()
            .to_lowercase();
        assert_eq!(
            first,
            format!("error: script.lua:2: {message}").to_lowercase(),
            "{call}"
        );
    }
    let said = iteration_raises("local x = metrics.cuonter");
    assert_eq!(
        said,
        "error: script.lua:1: metrics.cuonter does not exist; did you mean metrics.counter?"
    );
}

use crate::support::ssel::{iteration_raises, run};

#[test]
fn exec_describes_where_the_code_runs() {
    let script = r#"
        options = { scenarios = { s = { executor = "per-vu-iterations", vus = 1, iterations = 2 } } }
        function setup() print(exec.vu.id_in_test, exec.vu.id_in_instance, exec.instance.iterations_completed) end
        function default()
            local s, v, i = exec.scenario, exec.vu, exec.instance
            print(s.name, s.executor, s.iteration_in_test, s.iteration_in_instance)
            print(v.id_in_test, v.id_in_instance, v.iteration_in_instance, v.iteration_in_scenario, v.tags.scenario)
            print(i.iterations_completed, i.iterations_interrupted, i.vus_active, i.vus_initialized)
            assert(s.progress >= 0 and s.progress <= 1, s.progress)
            assert(math.abs(s.start_time - os.time()) < 30, s.start_time)
            assert(i.current_test_run_duration > 0 and i.current_test_run_duration < 30)
        end
    "#;
    let said = run(script).args(["--no-summary"]).said().exits(0);
    insta::assert_snapshot!(said.stdout, @"
    0	0	0
    s	per-vu-iterations	0	0
    1	1	0	0	s
    0	0	1	1
    s	per-vu-iterations	1	1
    1	1	1	1	s
    1	0	1	1
    ");
    assert_eq!(said.stderr, "");
}

#[test]
fn iteration_numbers_are_unique_over_all_vus() {
    let script = r"
        options = { vus = 4, iterations = 40 }
        function default() print(exec.scenario.iteration_in_test) end
    ";
    let said = run(script).args(["--no-summary"]).said().exits(0);
    let mut numbers: Vec<u64> = said
        .stdout
        .lines()
        .map(|line| line.parse().unwrap())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..40).collect::<Vec<_>>());
}

#[test]
fn exec_has_the_resolved_options() {
    let script = r#"
        options = { vus = 2, iterations = 4, tags = { a = "b" } }
        function setup() print(exec.test.options.scenarios.default.executor, exec.test.options.tags.a) end
        function default()
            if exec.scenario.iteration_in_test == 0 then print(exec.test.options.scenarios.default.iterations) end
        end
    "#;
    let said = run(script)
        .args(["--no-summary", "-i", "8"])
        .said()
        .exits(0);
    assert_eq!(said.stdout, "shared-iterations\tb\n8\n");
}

#[test]
fn a_tag_of_a_vu_lasts_until_its_end() {
    let script = r#"
        options = { iterations = 3, thresholds = { ["iterations{plan:paid}"] = "count>=2", ["c{plan:paid,n:7}"] = "count==2" } }
        local c = metrics.counter("c")
        function default()
            if exec.vu.iteration_in_scenario == 1 then exec.vu.tags.plan, exec.vu.tags.n = "paid", 7 end
            c:add(1)
            print(exec.vu.tags.plan, exec.vu.tags.n)
        end
    "#;
    let said = run(&script.replace("[\"iterations{plan:paid}\"] = \"count>=2\", ", ""))
        .said()
        .exits(0);
    assert_eq!(said.printed(), "nil\tnil\npaid\t7\npaid\t7");
}

#[test]
fn each_misuse_of_exec_is_reported() {
    for (call, message) in [
        (
            "print(exec.scenario.nmae)",
            "exec.scenario: unknown field 'nmae'; did you mean 'name'?",
        ),
        ("print(exec.vu.id)", "exec.vu: unknown field 'id'; "),
        ("print(exec.test.stop)", "exec.test: unknown field 'stop'; "),
        (
            "exec.vu.id_in_test = 7",
            "exec.vu: \"id_in_test\" cannot be written",
        ),
        (
            "exec.vu.tags.a = {}",
            "exec.vu.tags: a: expected a string, got a table",
        ),
    ] {
        let said = iteration_raises(call);
        assert!(
            said.starts_with(&format!("error: script.lua:1: {message}")),
            "{call}: {said}"
        );
    }
}

#[test]
fn a_field_without_a_value_in_a_stage_is_an_error() {
    for (script, message) in [
        (
            "local x = exec.scenario.name",
            "exec.scenario: name has no value in the init stage (the script's top level)",
        ),
        (
            "local x = exec.vu.iteration_in_instance",
            "exec.vu: iteration_in_instance has no value in the init stage",
        ),
        (
            "local x = exec.test.options",
            "exec.test: options are not available in the init stage",
        ),
    ] {
        let said = run(&format!("{script}\nfunction default() end"))
            .said()
            .exits(107);
        assert!(
            said.stderr
                .starts_with(&format!("error: script.lua:1: {message}")),
            "{script}: {}",
            said.stderr
        );
    }
    let said = run("function setup() print(exec.scenario.name) end\nfunction default() end")
        .said()
        .exits(107);
    assert!(
        said.stderr
            .contains("exec.scenario: name has no value in setup"),
        "{}",
        said.stderr
    );
}

#[test]
fn iterations_and_responses_have_their_planned_start() {
    let script = r#"
        options = { scenarios = {
            open = { executor = "constant-arrival-rate", rate = 100, iterations = 50, pre_allocated_vus = 5 },
            closed = { executor = "shared-iterations", exec = "loop" },
        } }
        local function delays()
            local stream = sse.open(target.url("/.sse?n=1"), function() end)
            local page = http.get(target.url("/status/200"))
            return exec.vu.schedule_delay, stream.timings.schedule_delay, page.timings.schedule_delay
        end
        function default()
            local own, stream, page = delays()
            if not (own >= 0 and own == stream and own == page) then fail("different delays") end
        end
        function loop()
            for _, delay in pairs { delays() } do fail("no start was planned: " .. delay) end
        end
        function handle_summary(summary)
            local counts = {}
            for name, metric in pairs(summary.metrics) do counts[name] = metric.values.count end
            local iterations = counts.iterations - 1
            return { stdout = tostring(iterations > 0
                and counts.http_req_duration_scheduled == 2 * iterations
                and counts.sse_first_event_scheduled == iterations) }
        end
    "#;
    let said = run(script).said().exits(0);
    assert!(!said.stderr.contains("error"), "{}", said.stderr);
    assert_eq!(said.stdout, "true", "{}", said.stderr);
}

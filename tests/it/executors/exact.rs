use crate::support::ssel::run;

/// Completed and dropped iterations of a scenario with these keys.
#[track_caller]
fn counts(keys: &str, body: &str) -> (u64, u64) {
    let script = format!(
        "options = {{ scenarios = {{ a = {{ {keys} }} }} }}\nfunction default() {body} end"
    );
    let said = run(&script).said().exits(0);
    (said.count("iterations"), said.count("dropped_iterations"))
}

#[test]
fn a_ramping_arrival_rate_starts_the_area_under_its_curve() {
    // 0 to 100 a second in one second is 50 starts; then one second of 100.
    let keys = "executor = 'ramping-arrival-rate', start_rate = 0, pre_allocated_vus = 20, \
                stages = { '1s:100', '1s:100' }";
    let (made, dropped) = counts(keys, "");
    assert!(
        (149..=151).contains(&(made + dropped)),
        "{made} made, {dropped} dropped"
    );
}

#[test]
fn starts_without_an_idle_vu_are_dropped_with_one_warning() {
    let script = "options = { scenarios = { a = { executor = 'constant-arrival-rate', rate = 20, duration = '1s', \
                  pre_allocated_vus = 3, graceful_stop = '0s' } } } function default() sleep(60) end";
    let said = run(script).said().exits(0);
    assert_eq!(
        (said.count("iterations"), said.count("dropped_iterations")),
        (0, 17)
    );
    assert_eq!(said.stderr.matches("warning").count(), 1, "{}", said.stderr);
}

#[test]
fn vus_are_added_up_to_their_limit() {
    let keys = "executor = 'constant-arrival-rate', rate = 20, duration = '1s', pre_allocated_vus = 1, max_vus = 20, \
                graceful_stop = '5s'";
    let script = format!(
        "options = {{ scenarios = {{ a = {{ {keys} }} }} }}\nfunction default() sleep(1.5) end"
    );
    let said = run(&script).said().exits(0);
    let made = said.count("iterations");
    assert_eq!(made + said.count("dropped_iterations"), 20);
    assert!(made > 1, "{}", said.stdout);
}

#[test]
fn a_seed_repeats_poisson_arrivals() {
    let script = "options = { arrival = 'poisson', scenarios = { a = { executor = 'constant-arrival-rate', rate = 100, \
                  duration = '1s', pre_allocated_vus = 10 } } } function default() end";
    let total = |seed: &str| {
        let said = run(script).args(["--seed", seed]).said().exits(0);
        said.count("iterations") + said.count("dropped_iterations")
    };
    let totals = [total("1"), total("1"), total("2"), total("3")];
    assert_eq!(totals[0], totals[1]);
    // The number of independent users varies.
    assert!(totals.iter().any(|total| *total != totals[0]), "{totals:?}");
    assert!(
        totals.iter().all(|total| (50..=150).contains(total)),
        "{totals:?}"
    );
}

#[test]
fn a_number_of_starts_ends_an_arrival_rate() {
    let keys = "executor = 'constant-arrival-rate', rate = 100, iterations = 30, pre_allocated_vus = 5, \
                arrival = 'poisson', burstiness = 0.5";
    let (made, dropped) = counts(keys, "");
    assert_eq!(made + dropped, 30);
}

#[test]
fn iterations_that_do_not_start_in_time_are_dropped() {
    let keys = "executor = 'shared-iterations', vus = 1, iterations = 1000, max_duration = '1s', graceful_stop = '0s'";
    let (made, dropped) = counts(keys, "sleep(0.3)");
    assert!((1..=4).contains(&made), "{made}");
    // One was interrupted: it is neither completed nor dropped.
    assert_eq!(made + dropped, 999);
}

#[test]
fn ramping_vus_follow_their_stages() {
    let script = r#"
        options = { scenarios = { a = {
            executor = "ramping-vus", start_vus = 0, graceful_ramp_down = "0s", graceful_stop = "0s",
            stages = { "1s:6", "1s:0" },
        } } }
        function default() sleep("20ms") end
        function teardown() print(exec.instance.vus_initialized) end
    "#;
    let said = run(script).said().exits(0);
    assert_eq!(said.printed(), "6");
    assert!(said.count("iterations") > 6, "{}", said.stdout);
}

#[test]
fn flags_replace_the_load_of_the_script() {
    let script = "options = { scenarios = { a = { executor = 'constant-vus', duration = '10m' } } } function default() end";
    let said = run(script).args(["-u", "2", "-i", "6"]).said().exits(0);
    assert_eq!(said.count("iterations"), 6);
}

#[test]
fn any_number_of_workers_runs_the_same_iterations() {
    for workers in ["1", "3", "8"] {
        let script = "options = { scenarios = { a = { executor = 'per-vu-iterations', vus = 5, iterations = 4 } } } \
                      function default() end";
        assert_eq!(
            run(script)
                .args(["--workers", workers])
                .said()
                .exits(0)
                .count("iterations"),
            20
        );
    }
}

#[test]
fn a_minimum_duration_spaces_iterations() {
    let script = "options = { iterations = 5, min_iteration_duration = '40ms' } function default() end \
                  function teardown() print(exec.instance.current_test_run_duration >= 0.16) end";
    assert_eq!(run(script).said().exits(0).printed(), "true");
}

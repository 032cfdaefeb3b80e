//! Executors and their shortcuts.

mod exact;
mod replay;

use crate::support::ssel::run;

/// The number of completed iterations of a run with these options.
#[track_caller]
fn iterations(options: &str, flags: &[&str]) -> u64 {
    let script = format!("options = {options} function default() end");
    let said = run(&script).args(flags.iter().copied()).said().exits(0);
    said.count("iterations")
}

#[test]
fn a_script_without_options_runs_once() {
    assert_eq!(iterations("nil", &[]), 1);
}

#[test]
fn iterations_are_shared_among_the_vus() {
    assert_eq!(iterations("{ vus = 3, iterations = 100 }", &[]), 100);
    assert_eq!(iterations("nil", &["-u", "4", "-i", "10"]), 10);
}

#[test]
fn every_vu_runs_its_own_iterations() {
    let options =
        "{ scenarios = { a = { executor = 'per-vu-iterations', vus = 3, iterations = 7 } } }";
    assert_eq!(iterations(options, &[]), 21);
}

#[test]
fn constant_vus_loop_for_the_duration() {
    let script = "options = { vus = 2, duration = '1s' } function default() sleep(0.1) end";
    let said = run(script).said().exits(0);
    let made = said.count("iterations");
    // Two VUs with at most ten iterations each; fewer on a busy machine.
    assert!((4..=20).contains(&made), "{made}");
}

#[test]
fn every_planned_start_of_an_arrival_rate_is_made_or_dropped() {
    let script = "options = { scenarios = { open = { executor = 'constant-arrival-rate', rate = 200, \
                  duration = '1s', pre_allocated_vus = 5 } } } function default() end";
    let said = run(script).said().exits(0);
    assert_eq!(
        said.count("iterations") + said.count("dropped_iterations"),
        200
    );
}

#[test]
fn stages_on_the_command_line_ramp_vus() {
    let script = "function default() sleep(0.05) end";
    let said = run(script)
        .args(["-s", "500ms:3", "-s", "500ms:0"])
        .said()
        .exits(0);
    assert!(said.count("iterations") > 0);
}

#[test]
fn scenarios_run_their_own_function_with_their_own_env_and_tags() {
    let script = r#"
        options = { scenarios = {
            a = { executor = "shared-iterations", exec = "first", env = { WHO = "a" } },
            b = { executor = "shared-iterations", exec = "second", start_time = "100ms", tags = { part = "b" } },
        } }
        function first() print(exec.scenario.name, env.WHO) end
        function second() print(exec.scenario.name, env.WHO, exec.vu.tags.part) end
    "#;
    let said = run(script).args(["--no-summary"]).said().exits(0);
    assert_eq!(said.stdout, "a\ta\nb\tnil\tb\n");
}

#[test]
fn a_missing_function_is_named_with_the_most_similar_one() {
    let script = "options = { scenarios = { a = { executor = 'shared-iterations', exec = 'browze' } } } \
                  function browse() end";
    let said = run(script).said().exits(107);
    assert!(
        said.stderr.contains("does not export the function browze")
            && said.stderr.contains("browse?"),
        "{}",
        said.stderr
    );
}

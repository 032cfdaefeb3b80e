use crate::support::ssel::{Ssel, run};

#[test]
fn starts_are_read_from_a_list_or_a_file() {
    let script = |data: &str| {
        format!(
            "options = {{ scenarios = {{ a = {{ executor = 'replay', data = {data}, speed = 2, pre_allocated_vus = 3 }} }} }}
             function default() print('start ' .. exec.scenario.start_in_test) end"
        )
    };
    for data in [
        "{ 0, 0.1, '200ms' }",
        "'starts.csv'",
        "data.shared('s', function() return { 0, 0.1, 0.2 } end)",
    ] {
        let said = Ssel::new()
            .file("folder/starts.csv", "start,note\n0,a\n\n0.1,b\n200ms,c\n")
            .file("folder/a.lua", script(data))
            .args(["run", "folder/a.lua"])
            .said()
            .exits(0);
        assert_eq!(
            said.count("iterations") + said.count("dropped_iterations"),
            3
        );
        // No start occurs twice, even if a busy machine drops some.
        for n in 0..3 {
            let made = said.stdout.matches(&format!("start {n}\n")).count();
            assert!(made <= 1, "{data}: {}", said.stdout);
        }
        assert_eq!(
            said.stdout.matches("start ").count() as u64,
            said.count("iterations")
        );
    }
}

#[test]
fn a_dropped_start_keeps_its_number() {
    let script = "options = { scenarios = { a = { executor = 'replay', data = { 0, 0.05, 0.1, 0.15, 2 }, pre_allocated_vus = 1 } } }
        function default() print('start ' .. exec.scenario.start_in_test) sleep(1.2) end";
    let said = run(script).said().exits(0);
    let (made, dropped) = (said.count("iterations"), said.count("dropped_iterations"));
    assert_eq!(made + dropped, 5);
    // The VU is busy when the next starts are due.
    assert!(dropped >= 2, "{}", said.stdout);
    let numbers: Vec<u64> = said
        .stdout
        .lines()
        .filter_map(|line| line.strip_prefix("start ")?.parse().ok())
        .collect();
    assert_eq!(numbers.len() as u64, made);
    assert!(numbers.is_sorted() && numbers.iter().all(|number| *number < 5));
}

#[test]
fn a_mistake_in_a_file_is_reported_with_its_line() {
    let script = "options = { scenarios = { a = { executor = 'replay', data = 'starts.txt', pre_allocated_vus = 1 } } }
        function default() end";
    let said = Ssel::new()
        .file("starts.txt", "0\nnoon\n")
        .file("a.lua", script)
        .args(["run", "a.lua"])
        .said()
        .exits(104);
    assert!(
        said.stderr
            .contains("starts.txt: line 2: \"noon\" is not a start time: write seconds"),
        "{}",
        said.stderr
    );
    let said = run(&script.replace("'starts.txt'", "{}")).said();
    assert!(
        said.stderr.contains("`scenarios.a.data`")
            && said
                .stderr
                .contains("use a list of start times in ascending order"),
        "{}",
        said.stderr
    );
}

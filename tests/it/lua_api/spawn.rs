use crate::support::ssel::{iteration_prints, prints, run};

#[test]
fn two_thousand_tasks_run_concurrently_and_another_one_is_refused() {
    let script = r#"
        function default()
            local tasks = {}
            for i = 1, 2000 do tasks[i] = spawn(function() sleep("50ms") return i end) end
            print(select(2, pcall(spawn, function() end)))
            local sum = 0
            for i = 1, #tasks do sum = sum + tasks[i]:wait() end
            print(sum)
            print(spawn(function() return "again" end):wait())
        end
    "#;
    let said = run(script).args(["--no-summary"]).said().exits(0);
    assert_eq!(
        said.stdout,
        "script.lua:5: spawn: 2000 tasks are running, the most that a VU can have: wait for some of them, or use more VUs\n2001000\nagain\n"
    );
    assert_eq!(said.stderr, "");
}

#[test]
fn finished_tasks_do_not_count_against_the_limit() {
    let body = "for i = 1, 5000 do spawn(function() end) if i % 1000 == 0 then sleep(0) end end print('done')";
    assert_eq!(iteration_prints(body), "done\n");
}

#[test]
fn arguments_of_tasks_do_not_count_against_the_limit() {
    let script = "function default()
        local function body(...) sleep(0.01) return select('#', ...) end
        local tasks = {}
        for i = 1, 1999 do tasks[i] = spawn(body, 1, {}, 'x', function() end, nil, {}, nil) end
        local given = 0
        for _, task in ipairs(tasks) do given = given + task:wait() end
        print(given)
      end";
    assert_eq!(prints(script), "13993\n");
}

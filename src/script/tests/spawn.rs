//! `spawn`: concurrent tasks in one VU.

use std::time::Duration;

use super::kit::{Bench, misuse, printed};
use crate::error::ScriptErrorKind;
use crate::vu::IterationError;

fn offline(text: &str) -> Bench {
    Bench::without_network(text)
}

#[test]
fn tasks_wait_concurrently_and_return_all_their_results() {
    let mut bench = offline(
        "function default()
           local a = spawn(function(...) sleep(10) return select('#', ...), ... end, 'x', nil, 'z', nil)
           local b = spawn(function() sleep(10) end)
           print(a:done(), b:done())
           print(a:wait())
           print(a:done(), b:done(), select('#', b:wait()))
           print(a:wait())
         end",
    );
    assert_eq!(bench.time(), Duration::from_secs(10));
    let results = "4\tx\tnil\tz\tnil\n";
    assert_eq!(
        bench.printed(),
        format!("false\tfalse\n{results}true\ttrue\t0\n{results}")
    );
}

#[test]
fn a_task_starts_when_its_spawner_waits_and_tasks_run_in_order() {
    let mut bench = offline(
        "function default()
           for i = 1, 3 do
             spawn(function() print('begins', i) sleep(4 - i) print('ends', i) end)
           end
           print 'main'
           sleep(10)
           print 'main again'
         end",
    );
    bench.iterate().unwrap();
    let expected = "main\nbegins\t1\nbegins\t2\nbegins\t3\nends\t3\nends\t2\nends\t1\nmain again\n";
    assert_eq!(bench.printed(), expected);
}

#[test]
fn an_iteration_waits_for_its_tasks_and_their_tasks() {
    let mut bench = offline(
        "function default()
           spawn(function()
             sleep(1)
             spawn(function() sleep(2) print 'grandchild' end)
             print 'child'
           end)
           print 'parent'
         end",
    );
    assert_eq!(bench.time(), Duration::from_secs(3));
    assert_eq!(bench.printed(), "parent\nchild\ngrandchild\n");
}

#[test]
fn a_thousand_tasks_run_in_turn() {
    let mut bench = offline(
        "function default()
           local sum, tasks = 0, {}
           for i = 1, 1000 do
             tasks[i] = spawn(function()
               for _ = 1, 10 do sleep(math.random()) end
               return i
             end)
             if i % 100 == 0 then sleep(2) end
           end
           for i = 1, 1000 do sum = sum + tasks[i]:wait() end
           print(sum)
         end",
    );
    bench.iterate().unwrap();
    assert_eq!(bench.printed(), "500500\n");
}

#[test]
fn wait_raises_the_error_of_the_task_unchanged() {
    let mut bench = offline(
        "function default()
           local thing = {}
           print(select(2, pcall(spawn(function() error(thing) end).wait)) ~= nil)
           local task = spawn(function() sleep(1) error(thing) end)
           for _ = 1, 2 do
             local ok, raised = pcall(task.wait, task)
             print(ok, raised == thing)
           end
           local task = spawn(function() sleep(1) error('boom') end)
           print(pcall(function() return task:wait() end))
           print(pcall(function() return spawn(sleep, 'soon'):wait() end))
         end",
    );
    // The first line called `wait` without a task, so nothing has waited for that task.
    let error = bench.error();
    assert_eq!(error.lines().next(), Some("{}"));
    let printed = bench.printed();
    let mut lines = printed.lines();
    assert_eq!(lines.next(), Some("true"));
    assert_eq!(lines.next(), Some("false\ttrue"));
    assert_eq!(lines.next(), Some("false\ttrue"));
    assert_eq!(lines.next(), Some("false\ts.lua:9: boom"));
    let last = lines.next().unwrap();
    assert!(
        last.starts_with("false\t") && last.contains("sleep: argument 1 (seconds)"),
        "{last}"
    );
}

#[test]
fn an_unclaimed_error_of_a_task_fails_the_iteration_with_its_line() {
    let text = "local function inner() error('boom') end
         function default()
           spawn(function() sleep(1) inner() end)
           spawn(function() sleep(5) print 'the other one goes on' end)
         end";
    let mut bench = offline(text);
    let error = bench.error();
    assert!(error.starts_with("s.lua:1: boom\n"), "{error}");
    assert!(error.contains("s.lua:3:"), "{error}");
    assert_eq!(bench.printed(), "the other one goes on\n");

    let waited = text.replace(
        "spawn(function() sleep(1)",
        "return spawn(function() sleep(1)",
    );
    let waited = waited.replace("inner() end)\n", "inner() end):wait()\n");
    let error = offline(&waited.replace("spawn(function() sleep(5)", "--")).error();
    assert!(error.starts_with("s.lua:1: boom\n"), "{error}");
    assert!(error.contains("s.lua:3:"), "{error}");
}

#[test]
fn a_function_that_raises_does_not_wait_for_its_tasks() {
    let mut bench = offline(
        "function default()
           kept = kept or spawn(function() sleep(60) print 'never' end)
           if exec.vu.iteration_in_scenario == 0 then sleep(1) error 'gave up' end
           print(kept:done(), pcall(kept.wait, kept))
         end",
    );
    let error = bench.error();
    assert!(error.starts_with("s.lua:3: gave up"), "{error}");
    bench.iterate().unwrap();
    let end = "task:wait: the task was cut off at the end of its iteration\n";
    assert_eq!(bench.printed(), format!("true\tfalse\t{end}"));
}

#[test]
fn tasks_end_with_an_interrupted_iteration() {
    let mut bench = offline(
        "function default()
           for _ = 1, 3 do spawn(function() while true do sleep(1) print 'alive' end end) end
           sleep(60)
         end",
    );
    assert!(bench.iterate_for(Duration::from_millis(1500)).is_none());
    assert_eq!(bench.printed(), "alive\nalive\nalive\n");
    bench.settle(Duration::from_mins(5));
    assert_eq!(bench.printed(), "");
}

#[test]
fn groups_and_their_tags_belong_to_a_task() {
    let mut bench = offline(
        "local seen = metrics.counter('seen')
         function default()
           group('outer', function()
             for _, name in ipairs { 'a', 'b' } do
               spawn(function()
                 group(name, function() sleep(1) seen:add(1) sleep(1) seen:add(1) end)
                 seen:add(1)
               end)
             end
             sleep(1.5)
             seen:add(1)
           end)
           exec.vu.tags.late = 'yes'
           sleep(0.1)
           seen:add(1)
         end",
    )
    .watching(&[
        "seen{group:::outer::a}",
        "seen{group:::outer::b}",
        "seen{group:::outer}",
        "seen{group:}",
        "seen{late:yes}",
        "group_duration{group:::outer::a}",
    ]);
    bench.iterate().unwrap();
    assert_eq!(bench.samples("seen{group:::outer::a}").0, 2);
    assert_eq!(bench.samples("seen{group:::outer::b}").0, 2);
    assert_eq!(bench.samples("seen{group:::outer}").0, 3);
    assert_eq!(bench.samples("seen").0, 8);
    // Tags that are set while tasks wait apply to them: to the second sample of each, the third, and the last.
    assert_eq!(bench.samples("seen{late:yes}").0, 5);
    assert_eq!(bench.samples("group_duration{group:::outer::a}").0, 1);
}

#[test]
fn abort_in_a_task_ends_the_iteration_immediately() {
    let mut bench = offline(
        "function default()
           spawn(function() sleep(1) exec.test.abort('enough') end)
           sleep(60)
           print 'never'
         end",
    );
    assert_eq!(bench.iterate(), Err(IterationError::Aborted));
    assert_eq!(bench.run.abort_reason().as_deref(), Some("enough"));
    assert_eq!(bench.printed(), "");
}

#[test]
fn tasks_work_in_setup_but_not_in_init() {
    let bench = Bench::new(
        "function setup()
           local task = spawn(function() sleep(0) return 'from a task' end)
           print(task:wait())
           spawn(function() error('in setup', 0) end)
         end
         print(pcall(spawn, print))
         function default() end",
    );
    let error = bench.setup().unwrap_err();
    assert_eq!(error.kind, ScriptErrorKind::Setup);
    assert_eq!(error.message, "in setup");
    let refusal = "s.lua:6: spawn: cannot be used in the init stage (the script's top level): call it in setup or default";
    assert_eq!(bench.printed(), format!("false\t{refusal}\nfrom a task\n"));
}

#[test]
fn a_task_may_use_coroutines_but_not_yield_outside_of_them() {
    let mut bench = offline(
        "function default()
           local numbers = coroutine.wrap(function() for i = 1, 3 do sleep(1) coroutine.yield(i) end end)
           local task = spawn(function() return numbers() + numbers() end)
           print(task:wait())
           print(pcall(function() return spawn(coroutine.yield, 1):wait() end))
         end",
    );
    bench.iterate().unwrap();
    assert_eq!(
        bench.printed(),
        "3\nfalse\tattempt to yield from outside a coroutine\n"
    );
}

#[test]
fn misuse_is_named() {
    assert_eq!(
        misuse("spawn(5)"),
        "spawn: argument 1: expected a function, got 5"
    );
    assert_eq!(
        misuse("spawn()"),
        "spawn: argument 1: expected a function, got nil"
    );
    let expected =
        "task:wait: the task: expected a task made by spawn; call it with a colon, got nil";
    assert_eq!(misuse("spawn(print).wait()"), expected);
}

#[test]
fn streams_of_one_vu_are_open_at_the_same_time() {
    // No stream ends before all of them are open.
    let text = "function default()
           local open, tasks = 0, {}
           for i = 1, 3 do
             tasks[i] = spawn(function()
               return sse.open(target.url('/.sse?interval=1ms'), function(client)
                 client:on('open', function() open = open + 1 end)
                 client:on('event', function() if open == 3 then client:close() end end)
               end)
             end)
           end
           for i = 1, 3 do
             local res = tasks[i]:wait()
             print(res.status, res.error)
           end
         end";
    let mut bench = Bench::new(text);
    bench.iterate().unwrap();
    assert_eq!(bench.printed(), "200\tnil\n".repeat(3));
    assert_eq!(bench.samples("http_reqs").0, 3);
    assert_eq!(bench.samples("sse_streams"), (1, 0.0));
}

#[test]
fn a_task_may_close_a_stream_that_another_waits_for() {
    let text = "function default()
           local open
           local reader = spawn(function()
             return sse.open(target.url('/.sse?first=1h'), function(client)
               client:on('open', function() open = client end)
               client:on('close', function(res) print('closed', res.error) end)
             end)
           end)
           while not open do sleep('1ms') end
           open:close()
           print('status', reader:wait().error)

           local stream = sse.connect(target.url('/.sse?first=1h'))
           local reader = spawn(function() return stream:next() end)
           sleep('1ms')
           print(pcall(stream.next, stream))
           print(stream:close().status, reader:wait())
         end";
    let busy = "s.lua:16: stream:next: another task is waiting for the next event of this stream";
    assert_eq!(
        printed(text),
        format!("closed\tnil\nstatus\tnil\nfalse\t{busy}\n200\tnil\tnil\n")
    );
}

//! Open streams at the end of a run are counted like all others.

use super::started_with;
use crate::support::ssel::{Said, run};

const VUS: u64 = 100;

/// Each VU holds a stream that does not end.
fn script() -> String {
    format!(
        "local opened = 0
         options = {{ scenarios = {{ a = {{ executor = 'constant-vus', vus = {VUS}, duration = DURATION }} }} }}
         function default()
           sse.open(target.url('/.sse?n=1000000&interval=1s'), function(events)
             events:on('event', function() print('ready') end)
           end)
         end"
    )
}

fn all_are_counted(said: &Said) {
    for metric in ["http_reqs", "sse_event"] {
        assert!(said.count(metric) >= VUS, "{metric}: {}", said.stdout);
    }
    assert_eq!(said.count("http_reqs"), VUS, "{}", said.stdout);
}

#[test]
fn streams_are_recorded_at_the_end_of_the_duration() {
    let text = script().replace("DURATION", "'2s', graceful_stop = '0s'");
    for workers in ["1", "2"] {
        let said = run(&text).args(["--workers", workers]).said().exits(0);
        all_are_counted(&said);
    }
}

#[test]
fn streams_are_recorded_after_one_signal_and_after_two() {
    let text = script().replace("DURATION", "'10m'");
    for second in [false, true] {
        let mut run = started_with(run(&text).args(["--graceful-stop", "2s"]));
        for n in 0..VUS {
            let all = "ready\n".repeat(usize::try_from(n).unwrap() + 1);
            run.prints(&all);
        }
        run.signal("-INT");
        if second {
            std::thread::sleep(std::time::Duration::from_millis(150));
            run.signal("-INT");
        }
        all_are_counted(&run.said().exits(105));
    }
}

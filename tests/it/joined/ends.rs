//! Early ends of a joined run.

use std::time::Duration;

use super::*;

/// A load that continues until something ends it.
const LONG: [&str; 4] = ["--vus", "4", "--duration", "10m"];

fn long(server: &Counting, more: &[&str]) -> Team {
    let arguments: Vec<&str> = LONG.iter().chain(more).copied().collect();
    let team = Team::start(4, SCRIPT, server, &arguments);
    loaded(server, 50);
    team
}

#[test]
fn an_interrupt_of_part_0_ends_all_parts() {
    let server = server(Duration::from_millis(5));
    let team = long(&server, &[]);
    team.parts[0].signal("-INT");
    let all = team.said();
    for (said, _) in &all {
        assert_eq!(said.code, Some(105), "{said:?}");
    }
    assert!(
        all[1].0.stderr.contains("part 0 was interrupted"),
        "{:?}",
        all[1].0
    );
    let result = summary(&all[0].1);
    let ended = result["parts"].as_array().unwrap().iter();
    assert!(ended.clone().all(|part| part["end"] == "ended"), "{result}");
    assert_eq!(
        result["client"]["limits"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|l| l["cause"] == "lost_parts")
            .count(),
        0
    );
}

#[test]
fn an_interrupt_of_another_part_ends_that_part() {
    let server = server(Duration::from_millis(5));
    let mut team = long(&server, &[]);
    team.parts[2].signal("-INT");
    team.parts[0].tells("part 2");
    let seen = server.requests();
    loaded(&server, seen + 50);
    team.parts[0].signal("-INT");
    let all = team.said();
    assert_eq!(all[2].0.code, Some(105), "{:?}", all[2].0);
    assert!(
        all[2]
            .0
            .stderr
            .contains("the result of the run is on part 0"),
        "{:?}",
        all[2].0
    );
    let result = summary(&all[0].1);
    assert_eq!(result["parts"][2]["end"], "interrupted");
    assert_eq!(result["client"]["verdict"], "limited");
}

#[test]
fn a_threshold_over_all_parts_ends_all_parts() {
    let server = server(Duration::from_millis(5));
    // No single part has as many requests.
    let script = format!(
        "options = {{ thresholds = {{ http_reqs = {{ {{ threshold = 'count<400', abort_on_fail = true }} }} }} }}\n{SCRIPT}"
    );
    let team = Team::start(4, &script, &server, &LONG);
    let all = team.said();
    for (said, _) in &all {
        assert_eq!(said.code, Some(99), "{said:?}");
    }
    assert!(
        all[3].0.stderr.contains("thresholds were crossed"),
        "{:?}",
        all[3].0
    );
    let result = summary(&all[0].1);
    assert!(count(&result, "http_reqs") >= 400, "{result}");
}

#[test]
fn a_part_that_aborts_ends_all_parts() {
    let server = server(Duration::from_millis(5));
    let script = format!(
        "{SCRIPT}\nlocal usual = default\nfunction default(data) usual(data) if env.ABORT then exec.test.abort('enough') end end"
    );
    let address = format!("127.0.0.1:{}", free_port());
    let parts = (0..3).map(|number| {
        let call = part(number, 3, &address, &script, &server).args(LONG);
        Part::start(if number == 2 {
            call.env("ABORT", "1")
        } else {
            call
        })
    });
    let team = Team {
        parts: parts.collect(),
    };
    let all = team.said();
    assert!(
        all.iter().all(|(said, _)| said.code == Some(108)),
        "{:?}",
        all.iter().map(|(said, _)| said).collect::<Vec<_>>()
    );
    assert!(all[0].0.stderr.contains("part 2: enough"), "{:?}", all[0].0);
}

#[test]
fn a_killed_part_is_named_and_the_others_continue() {
    let server = server(Duration::from_millis(5));
    let mut team = long(&server, &[]);
    loaded(&server, 400);
    team.parts[3].signal("-KILL");
    team.parts[0].tells("part 3");
    let seen = server.requests();
    loaded(&server, seen + 50);
    team.parts[0].signal("-INT");
    let all = team.said();
    let result = summary(&all[0].1);
    assert_eq!(result["parts"][3]["end"], "lost");
    assert!(result["parts"][3]["iterations"].as_u64().unwrap() > 0);
    assert_eq!(result["client"]["verdict"], "limited");
    assert!(
        all[0].0.stdout.contains("client: limited by"),
        "{:?}",
        all[0].0
    );
    assert!(all[0].0.stdout.contains("lost_parts"), "{:?}", all[0].0);
    assert!(all[0].0.stdout.contains("lost after"), "{:?}", all[0].0);
}

#[test]
fn a_stopped_part_does_not_delay_the_others_for_long() {
    let server = server(Duration::from_millis(5));
    let team = Team::start(2, SCRIPT, &server, &["--vus", "2", "--duration", "3s"]);
    loaded(&server, 10);
    team.parts[1].signal("-STOP");
    let mut parts = team.parts.into_iter();
    let (first, mut second) = (parts.next().unwrap(), parts.next().unwrap());
    let (said, folder) = first.said();
    let result = summary(&folder);
    assert_eq!(result["parts"][1]["end"], "lost", "{said:?}");
    second.signal("-CONT");
    second.tells("part 0");
    let (said, _) = second.said();
    assert_eq!(said.code, Some(111), "{said:?}");
}

#[test]
fn a_part_that_pauses_briefly_is_not_lost() {
    let server = server(Duration::from_millis(5));
    let team = Team::start(2, SCRIPT, &server, &["--vus", "2", "--duration", "4s"]);
    loaded(&server, 10);
    team.parts[1].signal("-STOP");
    std::thread::sleep(Duration::from_secs(2));
    team.parts[1].signal("-CONT");
    let all = team.said();
    let result = summary(&all[0].1);
    assert_eq!(result["parts"][1]["end"], "ended");
    assert_eq!(count(&result, "http_reqs"), server.requests());
}

#[test]
fn without_part_0_each_part_has_its_own_result() {
    let server = server(Duration::from_millis(5));
    let mut team = long(&server, &["--save", "part-{part}.ssel"]);
    team.parts[0].signal("-KILL");
    let first = team.parts.remove(0);
    first.said();
    for (number, (said, folder)) in (1..).zip(team.said()) {
        assert_eq!(said.code, Some(111), "{said:?}");
        assert!(said.stderr.contains("part 0 has ended"), "{said:?}");
        assert!(said.stdout.contains("http_reqs"), "{said:?}");
        assert!(folder.folder().join(format!("part-{number}.ssel")).exists());
    }
}

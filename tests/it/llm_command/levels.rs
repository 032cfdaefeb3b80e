use super::llm;

#[test]
fn a_sweep_shows_and_saves_each_level() {
    let ssel = llm("target?ttft=20ms&tokens=2&slots=2").args([
        "--sweep",
        "concurrency=1..4",
        "-n",
        "8",
        "-o",
        "vllm=sweep.json",
    ]);
    let said = ssel.said().exits(0);
    let lines: Vec<&str> = said
        .stdout
        .lines()
        .filter(|line| !line.is_empty())
        .collect();
    assert!(
        lines[0].trim_start().starts_with("concurrency"),
        "{}",
        said.stdout
    );
    let levels: Vec<&str> = lines[1..4]
        .iter()
        .map(|line| line.split_whitespace().next().unwrap())
        .collect();
    assert_eq!(levels, ["1", "2", "4"]);
    let saved = std::fs::read_to_string(ssel.folder().join("sweep.json")).unwrap();
    let saved: Vec<serde_json::Value> = saved
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |key: &str| -> Vec<u64> {
        saved
            .iter()
            .map(|line| line[key].as_u64().unwrap())
            .collect()
    };
    assert_eq!(of("max_concurrency"), [1, 2, 4]);
    assert_eq!(of("completed"), [8, 8, 8]);
    assert!(
        said.stderr
            .contains("1, 2, 4 concurrent requests; each 8 requests"),
        "{}",
        said.stderr
    );
}

#[cfg(target_os = "linux")]
#[test]
fn the_result_is_shown_even_if_it_cannot_be_saved() {
    let saves = |flags: &[&str], code| {
        let said = llm("target?ttft=50ms&tokens=1")
            .args(flags.iter().copied())
            .args(["-o", "vllm=/dev/full"])
            .said()
            .exits(code);
        let words = "error: cannot write /dev/full: No space left on device";
        assert!(said.stderr.contains(words), "{}", said.stderr);
        said.stdout
    };
    assert!(saves(&["-n", "2"], 1).contains("TTFT"));
    let curve = saves(&["--sweep", "concurrency=1,2", "-n", "2"], 1);
    let levels = curve.lines().skip_while(|line| line.is_empty()).skip(1);
    let levels: Vec<_> = levels
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(levels[..2], ["1", "2"], "{curve}");
    // That no rate was found weighs more.
    let goal = "max(ttft)<1ms";
    let found = saves(&["--find-max-rate", goal, "--rate", "64", "-n", "1"], 99);
    assert!(found.starts_with("max rate: none found"), "{found}");
}

#[test]
fn a_sweep_of_rates_has_the_rate_as_its_level() {
    let said = llm("target?tokens=1")
        .args([
            "--sweep",
            "rate=50,100",
            "-n",
            "10",
            "--goodput",
            "ttft:60s",
        ])
        .said()
        .exits(0);
    assert!(said.stdout.contains("good/s"), "{}", said.stdout);
    let levels: Vec<&str> = said
        .stdout
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(levels[..3], ["rate", "50", "100"]);
}

/// Four replies at a time, each of 200 ms: 20 a second. Of a machine that is busy, the target gets its share as well, so the
/// bounds are wide. Probes are short, so that a queue which grows slowly is not seen.
#[test]
fn the_highest_rate_is_the_capacity_of_the_server() {
    let said = llm("target?slots=4&ttft=100ms&itl=10ms&tokens=11")
        .args(["--find-max-rate", "p95(ttft) < 400ms"])
        .args(["--rate", "16", "-d", "1s", "--burstiness", "100"])
        .said()
        .exits(0);
    let mut lines = said.stdout.lines();
    let line = lines.next().unwrap();
    let rate: f64 = line
        .strip_prefix("max rate: ")
        .and_then(|rest| {
            rest.trim_start_matches("at least ")
                .split(' ')
                .next()?
                .parse()
                .ok()
        })
        .unwrap_or_else(|| panic!("{line}"));
    assert!(
        (12.0..34.0).contains(&rate),
        "{}{}",
        said.stderr,
        said.stdout
    );
    assert!(
        line.contains(" requests/s keep p95(ttft)<400ms; "),
        "{line}"
    );
    let words = "at most 30 probes, each 1s: up to 30s and the last answers";
    assert!(said.stderr.contains(words), "{}", said.stderr);
    for verdict in [" requests  kept: p95(ttft) ", " requests  missed: "] {
        assert!(said.stderr.contains(verdict), "{}", said.stderr);
    }
}

#[test]
fn a_goal_that_no_rate_meets_is_a_failed_threshold() {
    let said = llm("target?ttft=900ms&tokens=1")
        .args(["--find-max-rate", "max(ttft)<20ms"])
        .args(["--rate", "64", "-n", "3"])
        .said()
        .exits(99);
    // A lower rate does not help where no request is fast enough.
    let words = "max rate: none found: not even 32 requests/s keep max(ttft)<20ms: max(ttft) ";
    assert!(said.stdout.starts_with(words), "{}", said.stdout);
    let why = ", and even the fastest request is too slow\n";
    assert!(said.stdout.ends_with(why), "{}", said.stdout);
}

#[test]
fn a_rate_at_which_requests_fail_is_too_high() {
    let said = llm("target?tokens=1&fail=status:503&fail_rate=0.5")
        .args([
            "--find-max-rate",
            "p99(ttft)<60s",
            "--rate",
            "20",
            "-n",
            "4",
            "--warmup",
            "0",
        ])
        .said()
        .exits(99);
    assert!(
        said.stdout.contains(" requests failed: status 503"),
        "{}",
        said.stdout
    );
}

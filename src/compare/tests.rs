use std::time::Duration;

use super::*;
use crate::metrics::{Catalog, MetricKind, Registry, RunFacts, Tags, Totals, Unit};
use crate::record::{ClientUse, Frame, RunEnd, RunMetadata, VerdictKind};

/// A run of as many seconds as there are levels: in each second requests that take about the level, and a share that fails.
pub(crate) fn run(levels: &[f64], failed: f64) -> Record {
    const EACH: u32 = 40;
    let registry = Registry::new(Vec::new());
    let recorder = registry.recorder();
    let builtin = *registry.builtin();
    let own = registry
        .register("own", MetricKind::Trend, Unit::Plain)
        .unwrap();
    let none = Tags::new();
    let (mut catalog, mut totals, mut interval) =
        (Catalog::default(), Totals::new(), Totals::new());
    let mut frames = Vec::new();
    for (second, level) in (0_u64..).zip(levels) {
        let add = |metric, value| recorder.add(&recorder.series(metric, &none), value);
        for n in 0..EACH {
            let spread = 0.8 + 0.4 * f64::from(n * 7 % EACH) / f64::from(EACH);
            add(builtin.http_req_duration, level * spread);
            add(own, level * spread);
            add(builtin.http_reqs, 1.0);
            add(
                builtin.http_req_failed,
                f64::from(u8::from(f64::from(n) < failed * f64::from(EACH))),
            );
        }
        add(builtin.vus, 3.0);
        interval.clear();
        interval.collect(&registry);
        totals.merge(&interval);
        catalog.update(&registry);
        let time = (Duration::from_secs(second), Duration::from_secs(1));
        let client = ClientUse {
            cpu: Duration::from_millis(100),
            memory: 1 << 24,
        };
        frames.push(Frame::of(&catalog, &interval, time, client));
    }
    let mut run = RunMetadata::default();
    (run.command, run.name) = ("run".into(), "script.lua".into());
    run.end = Some(RunEnd::new(VerdictKind::Passed, ""));
    Record {
        runs: vec![run],
        series: catalog.series().to_vec(),
        totals: catalog
            .iter()
            .map(|(_, sink)| totals.sink(sink).cloned())
            .collect(),
        frames,
        facts: RunFacts {
            duration: Duration::from_secs(levels.len() as u64),
            ..RunFacts::default()
        },
        ..Record::default()
    }
}

/// Levels that wander a little around `level`.
pub(crate) fn wandering(level: f64, seconds: u32) -> Vec<f64> {
    let at = |second: u32| level * (1.0 + 0.02 * f64::from(second * 5 % 7) - 0.06);
    (0..seconds).map(at).collect()
}

fn find<'a>(comparison: &'a Comparison, selector: &str, stat: Stat) -> &'a ComparedFigure {
    let is_it = |row: &&ComparedFigure| row.selector == selector && row.stat == stat;
    comparison.rows.iter().find(is_it).unwrap()
}

#[test]
fn a_run_compared_with_itself_shows_no_difference() {
    let record = run(&wandering(0.1, 30), 0.1);
    let comparison = compare(std::slice::from_ref(&record), std::slice::from_ref(&record));
    assert!(!comparison.rows.is_empty());
    assert!(
        comparison
            .rows
            .iter()
            .all(|row| row.verdict == ChangeVerdict::Same),
        "{:#?}",
        comparison.rows
    );
    assert_eq!(comparison.doubts, Vec::<String>::new());
}

#[test]
fn a_change_is_found_with_its_size_and_direction() {
    let (base, new) = (
        run(&wandering(0.1, 30), 0.1),
        run(&wandering(0.13, 30), 0.1),
    );
    let slower = compare(std::slice::from_ref(&base), std::slice::from_ref(&new));
    let row = find(&slower, "http_req_duration", Stat::Percentile(99.0));
    assert_eq!(row.verdict, ChangeVerdict::Worse);
    let FigureChange::Ratio(ratio) = row.change else {
        panic!("{row:?}");
    };
    assert!(
        (ratio.value - 1.3).abs() < 0.01 && ratio.low > 1.2 && ratio.high < 1.4,
        "{ratio:?}"
    );
    let faster = compare(std::slice::from_ref(&new), std::slice::from_ref(&base));
    assert_eq!(
        find(&faster, "http_req_duration", Stat::Avg).verdict,
        ChangeVerdict::Better
    );
    assert_eq!(
        find(&faster, "own", Stat::Avg).verdict,
        ChangeVerdict::Different,
        "nobody knows what is good"
    );
    assert_eq!(
        find(&faster, "http_reqs", Stat::Rate).verdict,
        ChangeVerdict::Same
    );
}

#[test]
fn a_share_that_begins_at_zero_is_compared_in_points() {
    let (base, new) = (
        run(&wandering(0.1, 30), 0.0),
        run(&wandering(0.1, 30), 0.05),
    );
    let comparison = compare(&[base], &[new]);
    let row = find(&comparison, "http_req_failed", Stat::Rate);
    assert_eq!(row.verdict, ChangeVerdict::Worse);
    assert!(
        matches!(row.change, FigureChange::Difference(by) if (by.value - 0.05).abs() < 1e-9),
        "{row:?}"
    );
}

#[test]
fn short_runs_and_few_samples_are_reported() {
    let short = run(&wandering(0.1, 3), 0.1);
    let comparison = compare(std::slice::from_ref(&short), std::slice::from_ref(&short));
    let row = find(&comparison, "http_req_duration", Stat::Percentile(99.0));
    assert_eq!(
        (row.verdict, row.base),
        (ChangeVerdict::NotEnough, None),
        "120 samples carry no p99"
    );
    assert_eq!(
        find(&comparison, "http_req_duration", Stat::Avg).verdict,
        ChangeVerdict::NotEnough
    );
}

#[test]
fn repeated_runs_are_compared_by_ranks() {
    let side = |level: f64| -> Vec<Record> {
        (0..5)
            .map(|n| run(&wandering(level * (1.0 + 0.01 * f64::from(n)), 10), 0.0))
            .collect()
    };
    let comparison = compare(&side(0.1), &side(0.12));
    assert_eq!(comparison.runs, (5, 5));
    assert_eq!(
        find(&comparison, "http_req_duration", Stat::Avg).verdict,
        ChangeVerdict::Worse
    );
    let few = compare(&side(0.1)[..3], &side(0.2)[..3]);
    assert_eq!(
        find(&few, "http_req_duration", Stat::Avg).verdict,
        ChangeVerdict::NotEnough
    );
}

#[test]
fn reasons_to_doubt_a_comparison_are_reported() {
    let (base, mut new) = (run(&wandering(0.1, 10), 0.0), run(&wandering(0.1, 10), 0.0));
    new.runs[0].script_hash = "other".into();
    new.runs[0].options = serde_json::json!({ "vus": 5, "seed": 1 });
    new.runs[0].machine.host = "elsewhere".into();
    new.runs[0].end = None;
    let doubts = compare(&[base], &[new]).doubts.join("\n");
    for part in [
        "scripts differ",
        "options differ: vus",
        "different machines",
        "did not finish",
    ] {
        assert!(doubts.contains(part), "{part}: {doubts}");
    }
}

#[test]
fn a_condition_fails_only_if_the_whole_interval_does() {
    let sides = |level: f64, spread: bool| {
        let new: Vec<f64> = if spread {
            // Half of the run is much slower: the mean has changed, but from one to the other half of the run as well.
            (0..30)
                .map(|second| if second < 15 { 0.1 } else { level * 2.0 - 0.1 })
                .collect()
        } else {
            wandering(level, 30)
        };
        ([run(&wandering(0.1, 30), 0.0)], [run(&new, 0.0)])
    };
    let condition: FailOn = "avg http_req_duration > 5%".parse().unwrap();
    let judge = |(base, new): &([Record; 1], [Record; 1])| condition.judge(base, new).unwrap().0;
    assert_eq!(judge(&sides(0.1, false)), FailOnResult::Holds);
    assert_eq!(judge(&sides(0.12, false)), FailOnResult::Fails);
    assert_eq!(judge(&sides(0.12, true)), FailOnResult::Warns);
    let shrinks: FailOn = "rate http_reqs < -3%".parse().unwrap();
    let (base, new) = sides(0.1, false);
    assert_eq!(shrinks.judge(&base, &new).unwrap().0, FailOnResult::Holds);
    let missing: FailOn = "avg nothing > 5%".parse().unwrap();
    assert!(missing.judge(&base, &new).is_err());
}

#[test]
fn an_invalid_condition_names_the_remedy() {
    for text in [
        "",
        "p(99) llm_ttft",
        "p(99) llm_ttft > 5",
        "p(99) > 5%",
        "llm_ttft > 5%",
        "p(99) llm_ttft > -5%",
        "p(999) x > 5%",
        "avg x < 5%",
    ] {
        let error = text.parse::<FailOn>().unwrap_err().to_string();
        assert!(
            error.contains("'p(99) http_req_duration > 5%'"),
            "{text}: {error}"
        );
    }
}

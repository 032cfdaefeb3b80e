use std::time::Duration;

use super::*;
use crate::metrics::{
    Catalog, MetricKind, Registry, RunFacts, Selector, Summary, Tags, Threshold, Totals, Unit,
};
use crate::record::{ClientUse, Frame, Record, RunEnd, RunMetadata, VerdictKind};
use crate::report::Palette;

/// A run of two seconds with a threshold that fails, checks and failures, whose names are not harmless.
fn record() -> Record {
    let registry = Registry::new(Vec::new());
    let recorder = registry.recorder();
    let time = registry
        .register("time", MetricKind::Trend, Unit::Time)
        .unwrap();
    let metrics = registry.builtin();
    let threshold = Threshold::bind(
        &registry,
        Selector::parse("time").unwrap(),
        "p(95) < 1ms".parse().unwrap(),
    );
    let (mut catalog, mut totals) = (Catalog::default(), Totals::new());
    let mut frames = Vec::new();
    for second in 0..2_u32 {
        let own = Tags::new().with("page", "a, <b> | c");
        recorder.add_tagged(time, &Tags::new(), &own, 0.002 * f64::from(second + 1));
        let check = Tags::new().with("check", "is \"5 < 6\" & more");
        let ok = f64::from(second);
        recorder.add(&recorder.series(metrics.checks, &check), ok);
        recorder.fail("http", "status", Some(500), || {
            "it said <no> | \u{1}\nand more".to_owned()
        });
        let mut interval = Totals::new();
        interval.collect(&registry);
        totals.merge(&interval);
        catalog.update(&registry);
        let span = (Duration::from_secs(second.into()), Duration::from_secs(1));
        frames.push(Frame::of(&catalog, &interval, span, ClientUse::default()));
    }
    let facts = RunFacts {
        duration: Duration::from_secs(2),
        ..RunFacts::default()
    };
    let summary = Summary::new(&registry, &totals, facts, &[threshold.unwrap()]);
    let run = RunMetadata {
        command: "run".to_owned(),
        name: "a|b.lua".to_owned(),
        started: Duration::from_millis(1_769_860_800_500),
        end: Some(RunEnd::new(VerdictKind::Thresholds, "time")),
        ..RunMetadata::default()
    };
    let failures = summary.failures.iter();
    let failures = failures.map(|failure| (Duration::ZERO, failure.clone()));
    let sinks = catalog.iter().map(|(_, sink)| totals.sink(sink).cloned());
    Record {
        runs: vec![run],
        series: catalog.series().to_vec(),
        totals: sinks.collect(),
        frames,
        facts,
        failures: failures.collect(),
        thresholds: summary.thresholds,
        ..Record::default()
    }
}

#[test]
fn text_is_the_summary_under_a_line_about_the_run() {
    let text = record_text(&record(), &Palette::PLAIN);
    assert!(
        text.starts_with("\n  ssel run a|b.lua · 2026-01-31 12:00:00 UTC · 2s · thresholds\n"),
        "{text}"
    );
    assert!(text.contains("✗ 'p(95) < 1ms' p(95)=3.9ms"), "{text}");
}

#[test]
fn junit_has_a_case_for_each_threshold_and_check_and_is_well_formed() {
    insta::assert_snapshot!(junit(&record()), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites tests="2" failures="2" time="2.000">
      <testsuite name="ssel run a|b.lua · 2026-01-31 12:00:00 UTC · 2s · thresholds" tests="2" failures="2" time="2.000" timestamp="2026-01-31T12:00:00">
        <testcase classname="thresholds" name="time: p(95) &lt; 1ms">
          <failure message="p(95)=3.9ms"/>
        </testcase>
        <testcase classname="checks" name="is &quot;5 &lt; 6&quot; &amp; more">
          <failure message="1 of 2 did not hold"/>
        </testcase>
        <system-out>http status 500: 2 times: it said &lt;no&gt; | 
    and more</system-out>
      </testsuite>
    </testsuites>
    "#);
}

#[test]
fn markdown_has_tables_that_no_name_breaks() {
    let text = markdown(&record());
    insta::assert_snapshot!(text, @r#"
    ### ❌ ssel run a\|b.lua · 2026-01-31 12:00:00 UTC · 2s · thresholds

    | | threshold | figure |
    |---|---|--:|
    | ❌ | `time` `p(95) < 1ms` | 3.9ms |

    | | check | passed | failed |
    |---|---|--:|--:|
    | ❌ | is "5 &lt; 6" &amp; more | 1 | 1 |

    | failures | | first message |
    |--:|---|---|
    | 2 | http status 500 | it said &lt;no&gt; \|  |

    <details><summary>Metrics</summary>

    | | avg | min | med | max | p(90) | p(95) |
    |---|--:|--:|--:|--:|--:|--:|
    | `time` | 3ms | 2ms | 3ms | 4ms | 3.8ms | 3.9ms |


    </details>
    "#);
}

#[test]
fn csv_has_a_line_for_each_series_and_second() {
    let csv = frames_csv(&record());
    let mut lines = csv.lines();
    assert!(
        lines
            .next()
            .unwrap()
            .starts_with("time,length,metric,tags,kind,unit,count,sum")
    );
    let part: Vec<&str> = lines.filter(|line| line.contains("page:")).collect();
    assert_eq!(part.len(), 2);
    assert!(
        part[1].starts_with("1,1,time,\"page:a, <b> | c\",trend,time,1,0.004,0.004,0.004,,0.004,"),
        "{}",
        part[1]
    );
}

#[test]
fn an_hdr_log_has_a_line_for_each_trend_and_second() {
    let log = hdr_log(&record());
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines[0], "#[Histogram log format version 1.3]");
    assert_eq!(
        lines[1],
        "#[StartTime: 1769860800.500 (seconds since epoch), 2026-01-31 12:00:00 UTC]"
    );
    let second = lines
        .iter()
        .find(|line| line.starts_with("Tag=time,1.000,1.000,4.000000,HISTFAAA"));
    assert!(second.is_some(), "{log}");
    assert!(
        lines
            .iter()
            .skip(3)
            .all(|line| line.split(',').count() == 5),
        "{log}"
    );
}

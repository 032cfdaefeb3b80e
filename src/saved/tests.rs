use std::time::Duration;

use super::error::SaveError;
use super::*;
use crate::metrics::{
    Catalog, Keep, MetricKind, Registry, RunFacts, SampledStream, Selector, Sink, Stat, Summary,
    Tags, Threshold, Totals, Unit,
};
use crate::record::{ClientUse, Frame, Record, RunEnd, RunMetadata, VerdictKind};

struct Load {
    registry: std::sync::Arc<Registry>,
    catalog: Catalog,
    totals: Totals,
    second: u64,
    sent: usize,
}

impl Load {
    fn new() -> Self {
        let tags = Tags::new().with("color", "red");
        let metric = "trend".to_owned();
        let registry = Registry::new(vec![Selector::Filter { metric, tags }]);
        registry
            .register("trend", MetricKind::Trend, Unit::Time)
            .unwrap();
        registry.keep_streams(Keep::Sample, 1);
        Self {
            registry,
            catalog: Catalog::default(),
            totals: Totals::new(),
            second: 0,
            sent: 0,
        }
    }

    /// What a second of a run leaves.
    fn second(&mut self) -> SavedSecond {
        let recorder = self.registry.recorder();
        let trend = self.registry.metric("trend").unwrap();
        let own = Tags::new().with(
            "color",
            if self.second.is_multiple_of(2) {
                "red"
            } else {
                "blue"
            },
        );
        for n in 0..50 {
            recorder.add_tagged(trend, &Tags::new(), &own, 0.001 * f64::from(n) - 0.002);
        }
        let metrics = self.registry.builtin();
        recorder.add(&recorder.series(metrics.vus, &Tags::new()), 3.0);
        recorder.add_n(&recorder.series(metrics.http_reqs, &Tags::new()), 1.0, 50);
        let check = Tags::new().with("check", "is fine");
        recorder.add(&recorder.series(metrics.checks, &check), 1.0);
        recorder.fail("http", "status", Some(503), || "no \"room\"".to_owned());
        let ticket = self.registry.begin_stream().unwrap();
        self.registry.end_stream(ticket, false, || SampledStream {
            source: "sse".into(),
            start: Duration::from_secs(self.second),
            event_times: vec![Duration::from_millis(125)],
            end: "ok".into(),
            ..SampledStream::default()
        });
        let mut interval = Totals::new();
        interval.collect(&self.registry);
        self.totals.merge(&interval);
        self.catalog.update(&self.registry);
        let time = (Duration::from_secs(self.second), Duration::from_secs(1));
        let client = ClientUse {
            cpu: Duration::from_millis(20),
            memory: 1 << 20,
        };
        let frame = Frame::of(&self.catalog, &interval, time, client);
        let series = self.catalog.series()[self.sent..].to_vec();
        self.sent += series.len();
        self.second += 1;
        let (streams, gone) = self.registry.stream_changes();
        SavedSecond {
            series,
            frames: vec![frame],
            streams,
            gone,
        }
    }

    fn summary(&self) -> Summary {
        let threshold = Threshold::bind(
            &self.registry,
            Selector::parse("trend{color:red}").unwrap(),
            "p(90) < 1s".parse().unwrap(),
        );
        let facts = RunFacts {
            duration: Duration::from_secs(self.second),
            iterations_complete: 7,
            ..RunFacts::default()
        };
        Summary::new(&self.registry, &self.totals, facts, &[threshold.unwrap()])
    }

    fn end(&self) -> Record {
        let summary = self.summary();
        let failures = summary.failures.iter();
        let totals = self.catalog.iter();
        Record {
            runs: vec![RunMetadata {
                end: Some(RunEnd::new(VerdictKind::Passed, "")),
                ..RunMetadata::default()
            }],
            facts: RunFacts {
                duration: summary.duration,
                iterations_complete: 7,
                ..RunFacts::default()
            },
            totals: totals
                .map(|(_, sink)| self.totals.sink(sink).cloned())
                .collect(),
            failures: failures
                .map(|failure| (Duration::ZERO, failure.clone()))
                .collect(),
            thresholds: summary.thresholds,
            notes: vec!["a note".to_owned()],
            client: Some(summary.client),
            streams_seen: self.second,
            ..Record::default()
        }
    }
}

fn opening(load: &Load) -> RunStart {
    let run = RunMetadata {
        command: "run".to_owned(),
        name: "a.lua".to_owned(),
        options: serde_json::json!({"vus": 3}),
        seed: Some(u64::MAX),
        started: Duration::from_millis(1_700_000_000_250),
        labels: vec![("branch".to_owned(), "main".to_owned())],
        ..RunMetadata::default()
    };
    RunStart {
        runs: vec![run],
        thresholds: load.summary().thresholds,
    }
}

fn saved(path: &std::path::Path, seconds: u64) -> Load {
    let mut load = Load::new();
    let saver = Saver::create(path, &opening(&load), |error| panic!("{error}")).unwrap();
    for _ in 0..seconds {
        saver.second(load.second());
    }
    saver.close(load.end()).unwrap();
    load
}

fn text(summary: &Summary) -> String {
    serde_json::to_string_pretty(summary).unwrap()
}

#[test]
fn a_saved_run_has_the_summary_of_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ssel");
    let load = saved(&path, 5);
    let record = read(&path).unwrap();
    let mut shown = load.summary();
    shown.notes.push("a note".to_owned());
    assert_eq!(text(&record.summary()), text(&shown));
    assert!(record.is_finished());
    let run = &record.runs[0];
    assert_eq!((run.name.as_str(), run.seed), ("a.lua", Some(u64::MAX)));
    assert_eq!(run.started, Duration::from_millis(1_700_000_000_250));
    assert_eq!(record.frames.len(), 5);
    assert_eq!(record.frames[0].client.memory, 1 << 20);
    let status = record.frames[2].failures.iter().next().unwrap();
    assert_eq!((status.key.status, status.count), (Some(503), 1));
    let trend = record.find("trend", &Tags::new()).unwrap();
    let counts: Vec<_> = record
        .points(trend)
        .map(|(_, point)| point.count())
        .collect();
    assert_eq!(counts, [50; 5]);
    // A percentile of samples that are kept is exact, below zero too.
    assert_eq!(
        record
            .total("trend", &Tags::new())
            .and_then(|sink| match sink {
                Sink::Trend(trend) => trend.stat(Stat::Percentile(0.0)),
                _ => None,
            }),
        Some(-0.002)
    );
    assert_eq!(record.streams.len(), 5);
    assert_eq!(record.streams[1].event_times, [Duration::from_millis(125)]);
    // Nothing is left beside the file.
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_rewritten_record_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (folder.path().join("a.ssel"), folder.path().join("b.ssel"));
    saved(&first, 3);
    let record = read(&first).unwrap();
    write(&second, &record).unwrap();
    let again = read(&second).unwrap();
    assert_eq!(text(&again.summary()), text(&record.summary()));
    assert_eq!(again.frames, record.frames);
    assert_eq!(again.streams, record.streams);
    assert_eq!(again.runs, record.runs);
}

#[test]
fn a_run_that_was_cut_off_has_everything_but_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ssel");
    let mut load = Load::new();
    let saver = Saver::create(&path, &opening(&load), |error| panic!("{error}")).unwrap();
    for _ in 0..3 {
        saver.second(load.second());
    }
    drop(saver);
    let record = read(&path).unwrap();
    assert!(!record.is_finished());
    assert_eq!(record.facts.duration, Duration::from_secs(3));
    assert_eq!(
        record.summary().metric("http_reqs").unwrap().count(),
        Some(150.0)
    );
    assert_eq!(record.thresholds[0].ok, Some(true));
    assert_eq!(
        record.notes,
        ["the run was cut off; the figures cover the first 3s"]
    );
    assert_eq!(record.failures[0].1.message, "no \"room\"");
}

#[test]
fn a_run_that_did_not_start_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ssel");
    let load = Load::new();
    drop(Saver::create(&path, &opening(&load), |_| {}).unwrap());
    assert!(!path.exists());
}

#[test]
fn an_existing_file_is_described_and_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ssel");
    let load = Load::new();
    let create = |path: &std::path::Path| Saver::create(path, &opening(&load), |_| {});
    let error = |path: &std::path::Path| create(path).map(drop).unwrap_err();
    let first = create(&path).unwrap();
    assert!(matches!(error(&path), SaveError::Busy { .. }));
    drop(first);
    saved(&path, 1);
    assert!(matches!(error(&path), SaveError::Exists { .. }));
    let other = folder.path().join("notes.txt");
    std::fs::write(&other, "mine").unwrap();
    assert!(matches!(error(&other), SaveError::Other { .. }));
    assert_eq!(std::fs::read_to_string(&other).unwrap(), "mine");
    assert!(matches!(
        error(&folder.path().join("no/such/folder.ssel")),
        SaveError::Io { .. }
    ));
}

#[test]
fn each_kind_of_invalid_file_has_its_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.ssel");
    saved(&path, 2);
    let whole = std::fs::read(&path).unwrap();
    let with = |bytes: &[u8]| {
        let path = folder.path().join("b.ssel");
        std::fs::write(&path, bytes).unwrap();
        read(&path).map(|_| ()).unwrap_err().kind()
    };
    assert_eq!(with(b""), "empty");
    assert_eq!(with(b"metric,value\n"), "no_run");
    assert_eq!(with(&whole[..whole.len() / 2]), "truncated");
    let mut newer = whole.clone();
    newer[63] = 9;
    assert_eq!(with(&newer), "newer");
    let mut other = whole.clone();
    other[68..72].fill(0);
    assert_eq!(with(&other), "no_run");
    let mut damaged = whole.clone();
    damaged[100..].fill(0x55);
    assert_eq!(with(&damaged), "damaged");
    assert_eq!(
        read(&folder.path().join("none.ssel"))
            .map(|_| ())
            .unwrap_err()
            .kind(),
        "io"
    );
    let record: Record = read(&path).unwrap();
    assert_eq!(record.frames.len(), 2);
}

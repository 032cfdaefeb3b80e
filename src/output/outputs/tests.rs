use std::sync::Mutex;
use std::sync::mpsc::SyncSender;

use super::super::{TerminalSettings, TerminalStream};
use super::*;
use crate::metrics::{Recorder, RunFacts, Sample, Series, Tags, Totals};

/// The calls of an output, in order.
type Told = Arc<Mutex<Vec<String>>>;

#[derive(Default)]
struct Probe {
    told: Told,
    /// What to fail at.
    fails_at: &'static str,
    /// Says that samples arrived and waits until it may take them.
    gate: Option<SyncSender<()>>,
}

impl Probe {
    fn hear(&self, what: String) -> OutputResult {
        let fails = what == self.fails_at;
        self.told.lock().unwrap().push(what);
        if fails {
            return Err("it is full".into());
        }
        Ok(())
    }
}

impl Output for Probe {
    fn name(&self) -> String {
        "probe".into()
    }

    fn start(&mut self, run: &RunInfo) -> OutputResult {
        self.hear(format!("start {}", run.script))
    }

    fn samples(&mut self, samples: &[Sample<'_>]) -> OutputResult {
        if let Some(gate) = &self.gate {
            // Twice: once to report, once to wait for the signal.
            let _ = gate.send(());
            let _ = gate.send(());
        }
        assert_ne!(self.fails_at, "panic", "at the disco");
        self.hear(format!("{} samples", samples.len()))
    }

    fn finish(&mut self, summary: &Summary) -> OutputResult {
        self.hear(format!("finish {}", summary.iterations_complete))
    }
}

struct Bench {
    registry: Arc<Registry>,
    recorder: Recorder,
    series: Series,
    terminal: Terminal,
    said: Said,
}

#[derive(Clone, Default)]
struct Said(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Said {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Bench {
    fn new() -> Self {
        let registry = Registry::new(Vec::new());
        keep_samples(&registry);
        let recorder = registry.recorder();
        let said = Said::default();
        let stream = |writer: Said| TerminalStream {
            writer: Box::new(writer),
            tty: false,
        };
        let terminal = Terminal::new(
            TerminalSettings::default(),
            stream(Said::default()),
            stream(said.clone()),
            Duration::default,
            || None,
        );
        Self {
            series: recorder.series(registry.builtin().sse_event_gap, &Tags::new()),
            registry,
            recorder,
            terminal,
            said,
        }
    }

    fn start(&self, outputs: Vec<Box<dyn Output>>) -> Result<Outputs, String> {
        let run = RunInfo {
            script: "a.lua".into(),
            ..RunInfo::default()
        };
        Outputs::start(outputs, &run, &self.registry, &self.terminal)
    }

    fn begin(&self, outputs: Vec<Box<dyn Output>>) -> Outputs {
        let outputs = self.start(outputs).unwrap();
        outputs.begin();
        outputs
    }

    fn summary(&self) -> Summary {
        let facts = RunFacts {
            iterations_complete: 7,
            ..RunFacts::default()
        };
        Summary::new(&self.registry, &Totals::new(), facts, &[])
    }

    fn said(&self) -> String {
        assert!(self.terminal.finish());
        String::from_utf8(self.said.0.lock().unwrap().clone()).unwrap()
    }
}

fn told(told: &Told) -> Vec<String> {
    told.lock().unwrap().clone()
}

#[test]
fn an_output_receives_start_samples_and_end() {
    let bench = Bench::new();
    let probe = Probe::default();
    let log = Arc::clone(&probe.told);
    let outputs = bench.begin(vec![Box::new(probe)]);
    bench.recorder.add(&bench.series, 1.0);
    assert!(outputs.finish(&bench.summary(), || false).is_empty());
    assert_eq!(told(&log), ["start a.lua", "1 samples", "finish 7"]);
    assert_eq!(bench.said(), "");
}

#[test]
fn an_output_that_cannot_start_prevents_the_run() {
    let bench = Bench::new();
    let probe = Probe {
        fails_at: "start a.lua",
        ..Probe::default()
    };
    let error = bench.start(vec![Box::new(probe)]).err();
    assert_eq!(
        error.as_deref(),
        Some("cannot write the output probe: it is full")
    );
}

#[test]
fn a_failed_output_is_reported_once_and_the_others_continue() {
    for (fails_at, reason) in [
        ("1 samples", "it is full"),
        (
            "panic",
            "it panicked: assertion `left != right` failed: at the disco",
        ),
    ] {
        let bench = Bench::new();
        let (good, log) = (Probe::default(), Told::default());
        let good_log = Arc::clone(&good.told);
        let bad = Probe {
            fails_at,
            told: Arc::clone(&log),
            gate: None,
        };
        let outputs = bench.begin(vec![Box::new(bad), Box::new(good)]);
        bench.recorder.add(&bench.series, 1.0);
        let faults = outputs.finish(&bench.summary(), || false);
        assert_eq!(faults.len(), 1);
        assert!(
            faults[0].starts_with(&format!("cannot write the output probe: {reason}")),
            "{faults:?}"
        );
        assert_eq!(bench.said(), format!("error: {}\n", faults[0]));
        assert!(!told(&log).contains(&"finish 7".to_owned()));
        assert_eq!(told(&good_log), ["start a.lua", "1 samples", "finish 7"]);
    }
}

#[test]
fn a_slow_output_delays_nothing_and_dropped_samples_are_reported() {
    let bench = Bench::new();
    let (gate, arrivals) = mpsc::sync_channel(0);
    let probe = Probe {
        gate: Some(gate),
        ..Probe::default()
    };
    let outputs = bench.begin(vec![Box::new(probe)]);
    bench.recorder.add(&bench.series, 1.0);
    arrivals.recv().unwrap();
    // The output blocks with the first sample, while recording continues.
    for _ in 0..Registry::MAX_WAITING + 5 {
        bench.recorder.add(&bench.series, 1.0);
    }
    drop(arrivals);
    let faults = outputs.finish(&bench.summary(), || false);
    assert_eq!(
        faults,
        [
            "5 samples are missing from the outputs, which could not keep up; the summary is complete"
        ]
    );
    assert!(bench.said().starts_with("warning: outputs cannot keep up"));
}

#[test]
fn the_samples_of_a_run_that_ends_early_are_written() {
    let bench = Bench::new();
    let probe = Probe::default();
    let log = Arc::clone(&probe.told);
    let outputs = bench.begin(vec![Box::new(probe)]);
    bench.recorder.add(&bench.series, 1.0);
    drop(outputs);
    assert_eq!(told(&log), ["start a.lua", "1 samples"]);
}

#[test]
fn a_run_without_a_load_writes_no_samples() {
    let bench = Bench::new();
    let probe = Probe::default();
    let log = Arc::clone(&probe.told);
    let outputs = bench.start(vec![Box::new(probe)]).unwrap();
    bench.recorder.add(&bench.series, 1.0);
    drop(outputs);
    assert_eq!(told(&log), ["start a.lua"]);
}

#[test]
fn waiting_for_an_output_without_a_reader_can_be_stopped() {
    let bench = Bench::new();
    let (gate, arrivals) = mpsc::sync_channel(0);
    let probe = Probe {
        gate: Some(gate),
        ..Probe::default()
    };
    let outputs = bench.begin(vec![Box::new(probe)]);
    bench.recorder.add(&bench.series, 1.0);
    arrivals.recv().unwrap();
    let faults = outputs.finish(&bench.summary(), || true);
    assert_eq!(
        faults,
        ["stopped waiting for the outputs: samples that were not yet written are missing"]
    );
    assert_eq!(bench.said(), format!("error: {}\n", faults[0]));
    drop(arrivals);
}

//! The cost of a sample in nanoseconds: recorded one by one, and many under one lock, as streams do; without an output, and
//! with one.
//!
//! `cargo bench --bench samples`

#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::hint::black_box;
use std::time::Instant;

use ssel::internals::{JsonLines, keep_samples};
use ssel::metrics::{Registry, Tags};

const SAMPLES: u64 = 2_000_000;

fn main() {
    let tags: Tags = [
        ("scenario", "default"),
        ("method", "GET"),
        ("status", "200"),
    ]
    .into_iter()
    .collect();
    for kept in [false, true] {
        let registry = Registry::new(Vec::new());
        if kept {
            keep_samples(&registry);
        }
        let recorder = registry.recorder();
        let builtin = registry.builtin();
        for (name, metric) in [
            ("counter", builtin.sse_event),
            ("trend", builtin.sse_event_gap),
        ] {
            let series = recorder.series(metric, &tags);
            let value = |n: u64| black_box(n) as f64 * 1e-6;
            let one = median(&registry, || {
                for n in 0..SAMPLES / 2 {
                    black_box(recorder.add(black_box(&series), value(n)));
                }
                SAMPLES / 2
            });
            let many = median(&registry, || {
                for block in 0..SAMPLES / 16 {
                    let mut batch = recorder.batch();
                    for n in 0..8 {
                        black_box(batch.add(black_box(&series), value(block * 8 + n)));
                    }
                }
                SAMPLES / 2
            });
            let outputs = if kept {
                "kept for an output"
            } else {
                "no output"
            };
            println!(
                "{outputs:>18}, {name:>7}: one by one {one:5.1} ns, eight at a time {many:5.1} ns"
            );
        }
    }
    lines(&tags);
}

/// The cost of writing a sample on the thread of the outputs.
fn lines(tags: &Tags) {
    let registry = Registry::new(Vec::new());
    keep_samples(&registry);
    let recorder = registry.recorder();
    let series = recorder.series(registry.builtin().sse_event_gap, tags);
    let json = median(&registry, || {
        let mut lines = JsonLines::new(std::io::sink(), Vec::new());
        for n in 0..SAMPLES / 4 {
            recorder.add(&series, n as f64 * 1.1e-6);
        }
        registry.take_samples(|samples| {
            for sample in samples {
                lines.write(sample).expect("a sink takes everything");
            }
        });
        SAMPLES / 4
    });
    println!("\nrecorded, taken and written as a line of JSON: {json:5.1} ns");
}

/// Nanoseconds per sample that `work` records: the median of nine runs. Waiting samples are removed between runs.
fn median(registry: &Registry, mut work: impl FnMut() -> u64) -> f64 {
    let mut figures: Vec<f64> = (0..9)
        .map(|_| {
            let start = Instant::now();
            let count = work();
            let time = start.elapsed().as_nanos() as f64 / count as f64;
            registry.take_samples(|_| ());
            time
        })
        .collect();
    figures.sort_by(f64::total_cmp);
    figures[4]
}

//! Receives every sample during the run, here to show how the time to the first event changes from second to second.
//!
//! `cargo run --example custom_output`

#![allow(clippy::print_stdout, reason = "an example shows what it has found")]

use std::collections::BTreeMap;

use ssel::metrics::Sample;
use ssel::output::{Output, OutputResult};
use ssel::{Run, Source, Summary};

/// Sum and number of samples by second.
#[derive(Default)]
struct BySecond(BTreeMap<u64, (f64, u32)>);

impl Output for BySecond {
    fn name(&self) -> String {
        "by-second".to_owned()
    }

    fn samples(&mut self, samples: &[Sample<'_>]) -> OutputResult {
        for sample in samples.iter().filter(|s| s.name == "sse_first_event") {
            let (sum, count) = self.0.entry(sample.time.as_secs()).or_default();
            *sum += sample.value;
            *count += 1;
        }
        Ok(())
    }

    fn finish(&mut self, summary: &Summary) -> OutputResult {
        let Some(first) = self.0.keys().next() else {
            return Err("no stream had an event".into());
        };
        for (second, (sum, count)) in &self.0 {
            let mean = sum / f64::from(*count) * 1000.0;
            println!("second {}: {count} streams, {mean:.1} ms", second - first);
        }
        println!("{} iterations in all", summary.iterations_complete);
        Ok(())
    }
}

fn main() -> Result<(), ssel::Error> {
    let script =
        "function default() sse.open(target.url('/.sse?n=1&interval=5ms'), function() end) end";
    let ended = Run::script(Source::text("first.lua", script))
        .option("vus", 2)
        .option("iterations", 50)
        .output(BySecond::default())
        .run()?;
    println!("{:?}", ended.verdict);
    Ok(())
}

//! Runs a Lua script and reads its figures. The library itself prints nothing.
//!
//! `cargo run --example run_script`

#![allow(clippy::print_stdout, reason = "an example shows what it has found")]

use ssel::metrics::MetricSummary;
use ssel::{Run, Source, Verdict};

const SCRIPT: &str = r#"
    options = { thresholds = { sse_first_event = "p(95)<5s", checks = "rate==1" } }

    function default()
      local res = sse.open(env.SSE_URL or target.url("/.sse?n=5&interval=2ms"), function(client)
        client:on("event", function(event) print(event.id, event.data) end)
      end)
      check(res, { ["ended well"] = res.error == nil })
    end
"#;

fn main() -> Result<(), ssel::Error> {
    let ended = Run::script(Source::text("events.lua", SCRIPT))
        .option("vus", 3)
        .option("iterations", 12)
        .run()?;

    let figure = |metric: &str, percent| {
        let metric = ended.summary.metric(metric)?;
        metric.p(percent)
    };
    let events = ended
        .summary
        .metric("sse_event")
        .and_then(MetricSummary::count);
    println!("events: {}", events.unwrap_or_default());
    println!(
        "the first one came in time: {}",
        figure("sse_first_event", 99.0).is_some_and(|seconds| seconds < 5.0)
    );
    match ended.verdict {
        Verdict::Passed => println!("passed"),
        Verdict::Thresholds(failed) => println!("failed: {}", failed.join(", ")),
        other => println!("{other:?}"),
    }
    Ok(())
}

//! The report of `ssel wrk`, in the layout of wrk.

mod spectrum;
mod units;

use std::fmt::Write as _;
use std::time::Duration;

use self::units::{binary, column, metric, micros, seconds};
use crate::metrics::{Distribution, StreamTally, WrkTally};

/// The content of the report.
#[derive(Debug)]
pub(crate) struct WrkReport<'a> {
    /// How long the load lasted.
    pub runtime: Duration,
    /// What was counted in that time.
    pub tally: &'a WrkTally,
    /// Whether the distribution of latencies is shown.
    pub latency: bool,
    /// Whether requests had planned times; their latencies are then shown in the manner of wrk2.
    pub planned: bool,
}

/// The length of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WrkLength {
    /// A duration.
    Time(Duration),
    /// A number of requests.
    Requests(u64),
}

/// The two lines above a run.
pub(crate) fn wrk_header(
    length: WrkLength,
    url: &str,
    threads: usize,
    connections: usize,
) -> String {
    let length = match length {
        WrkLength::Time(duration) => seconds(duration),
        WrkLength::Requests(1) => "1 request".to_owned(),
        WrkLength::Requests(count) => format!("{count} requests"),
    };
    format!("Running {length} test @ {url}\n  {threads} threads and {connections} connections\n")
}

/// The report after a run.
pub(crate) fn wrk(report: &WrkReport<'_>) -> String {
    let tally = report.tally;
    let mut text = format!(
        "  Thread Stats{:>6}{:>11}{:>8}{:>12}\n",
        "Avg", "Stdev", "Max", "+/- Stdev"
    );
    row(&mut text, "Latency", &tally.latency, micros);
    row(&mut text, "Req/Sec", &tally.rate, metric);
    if tally.streams.opened > 0 {
        row(&mut text, "1st event", &tally.streams.first_event, micros);
        row(&mut text, "Event gap", &tally.streams.gaps, micros);
    }
    if report.latency {
        distributions(&mut text, report);
    }
    let runtime = report.runtime.as_secs_f64();
    let took = micros(runtime * 1e6);
    let _ = writeln!(
        text,
        "  {} requests in {took}, {}B read",
        tally.requests,
        binary(tally.bytes as f64)
    );
    let StreamTally { opened, events, .. } = tally.streams;
    if opened > 0 {
        let _ = writeln!(text, "  {events} events of {opened} streams");
    }
    let errors = &tally.errors;
    let [connect, read, write] = errors.of_sockets().map(|(_, error)| error.count);
    if connect + read + write + errors.timeout > 0 {
        let _ = writeln!(
            text,
            "  Socket errors: connect {connect}, read {read}, write {write}, timeout {}",
            errors.timeout
        );
    }
    if errors.status > 0 {
        let _ = writeln!(text, "  Non-2xx or 3xx responses: {}", errors.status);
    }
    if tally.script_errors > 0 {
        let _ = writeln!(text, "  Script errors: {}", tally.script_errors);
    }
    let per_second = |count: u64| count as f64 / runtime.max(1e-9);
    let _ = writeln!(text, "Requests/sec: {:>9.2}", per_second(tally.requests));
    if opened > 0 {
        let _ = writeln!(text, "Events/sec:   {:>9.2}", per_second(events));
    }
    let _ = writeln!(
        text,
        "Transfer/sec: {:>10}B",
        binary(per_second(tally.bytes))
    );
    text
}

/// One line of the table.
fn row(text: &mut String, name: &str, of: &Distribution, show: fn(f64) -> String) {
    let _ = writeln!(
        text,
        "    {name:<10}{}{}{}{:>8.2}%",
        column(&show(of.mean()), 8),
        column(&show(of.stdev()), 10),
        column(&show(of.max() as f64), 9),
        of.within_stdev()
    );
}

fn distributions(text: &mut String, report: &WrkReport<'_>) {
    let tally = report.tally;
    if report.planned {
        text.push_str("  Latency Distribution (HdrHistogram - Recorded Latency)\n");
        for percent in [50.0, 75.0, 90.0, 99.0, 99.9, 99.99, 99.999, 100.0] {
            let latency = micros(tally.latency.percentile(percent) as f64);
            let _ = writeln!(text, "{percent:>7.3}%{}", column(&latency, 10));
        }
        text.push('\n');
        text.push_str(&spectrum::spectrum(&tally.latency));
    } else {
        quarters(text, "Latency", &tally.latency);
    }
    if tally.streams.opened > 0 {
        quarters(text, "1st event", &tally.streams.first_event);
        quarters(text, "Event gap", &tally.streams.gaps);
    }
}

fn quarters(text: &mut String, name: &str, of: &Distribution) {
    let _ = writeln!(text, "  {name} Distribution");
    for percent in [50.0, 75.0, 90.0, 99.0] {
        let value = micros(of.percentile(percent) as f64);
        let _ = writeln!(text, "{percent:>7.0}%{}", column(&value, 10));
    }
}

#[cfg(test)]
mod tests;

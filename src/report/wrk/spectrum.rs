//! The percentile spectrum in HdrHistogram's text format, as wrk2 prints it.

use std::fmt::Write as _;

use crate::metrics::Distribution;

/// Values in milliseconds, shares from 0 to 1.
pub(super) fn spectrum(latency: &Distribution) -> String {
    let mut text = String::from(
        "  Detailed Percentile spectrum:\n       Value   Percentile   TotalCount 1/(1-Percentile)\n\n",
    );
    let millis = |micros: f64| micros / 1e3;
    for (value, share, count) in latency.spectrum(5) {
        let value = millis(value as f64);
        let _ = write!(text, "{value:>12.3} {share:>12.6} {count:>12}");
        let _ = if share < 1.0 {
            writeln!(text, " {:>14.2}", 1.0 / (1.0 - share))
        } else {
            writeln!(text, " {:>14}", "inf")
        };
    }
    let _ = writeln!(
        text,
        "#[Mean    = {:>12.3}, StdDeviation   = {:>12.3}]",
        millis(latency.mean()),
        millis(latency.stdev())
    );
    let _ = writeln!(
        text,
        "#[Max     = {:>12.3}, Total count    = {:>12}]",
        millis(latency.max() as f64),
        latency.count()
    );
    text.push_str("----------------------------------------------------------\n");
    text
}

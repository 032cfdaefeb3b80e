//! The steady part of a load, as lines of the result of `ssel llm`.

use crate::llm::Steady;

/// Minimum duration in seconds for the remark that the load was never steady.
pub(super) const JUDGED_FROM: f64 = 5.0;

/// The remark if the load was never steady.
pub(super) const NEVER: &str =
    "never steady (90 % of the most requests in flight): try a longer --duration";

/// The length of the steady time, and the throughput in it.
pub(super) fn words(steady: &Steady) -> String {
    format!(
        "{:.1}s of it: {:.2} requests/s, {:.2} output tokens/s",
        steady.until - steady.from,
        steady.request_throughput,
        steady.output_throughput
    )
}

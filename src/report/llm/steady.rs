use crate::llm::Steady;

/// Shorter runs are not told that their load was never steady, in seconds.
pub(super) const JUDGED_FROM: f64 = 5.0;

/// What is said where there is no steady time.
pub(super) const NEVER: &str = "the load was never steady: fewer than 90 % of the most requests were in flight for long; \
                                a longer --duration shows the server under its load";

/// How long the load was steady, and what the server did in that time.
pub(super) fn words(steady: &Steady) -> String {
    format!(
        "{:.1}s of it: {:.2} requests/s, {:.2} output tokens/s",
        steady.until - steady.from,
        steady.request_throughput,
        steady.output_throughput
    )
}

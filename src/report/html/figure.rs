//! Numbers on the page.

use crate::metrics::Stat;

/// The percentiles of most tables.
pub(super) const P50: Stat = Stat::Percentile(50.0);
pub(super) const P95: Stat = Stat::Percentile(95.0);
pub(super) const P99: Stat = Stat::Percentile(99.0);

/// A moment of the run: `42s`, `3:07`, `1:02:03`.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times of a run are not negative, and a cast from a float saturates"
)]
pub(super) fn clock(seconds: f64) -> String {
    let whole = seconds.max(0.0) as u64;
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        (0, 0, _) => format!("{}s", (seconds * 10.0).round() / 10.0),
        (0, minutes, seconds) => format!("{minutes}:{seconds:02}"),
        (hours, minutes, seconds) => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

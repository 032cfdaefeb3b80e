//! The line `client` of a summary: whether its figures are those of the server.

use super::number::{figure, share};
use super::style::{Palette, paint};
use crate::metrics::{ClientAudit, ClientLimit, LimitCause, TimeUnit, Unit};
use crate::units::counted;

/// The verdict in one line, and one line for each exceeded limit.
pub(super) fn lines(
    client: &ClientAudit,
    times: Option<TimeUnit>,
    palette: &Palette,
) -> Vec<String> {
    if client.limits.is_empty() {
        return vec![format!("client: {}", paint(palette.good, "ok"))];
    }
    let causes: Vec<_> = client.limits.iter().map(|l| l.cause.name()).collect();
    let verdict = format!("limited by {}", causes.join(", "));
    let mut lines = vec![format!("client: {}", paint(palette.bad, &verdict))];
    let limits = client.limits.iter();
    lines.extend(limits.map(|limit| format!("  {}", sentence(limit, times))));
    lines
}

/// The measured figure, its limit, and the figures to distrust.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "some figures are counts, and a cast from a float saturates"
)]
fn sentence(limit: &ClientLimit, times: Option<TimeUnit>) -> String {
    let ClientLimit { value, at_most, .. } = *limit;
    let count = |one: &str| counted(value as u64, one);
    let part = share(value);
    let late = figure(value, Unit::Time, times);
    let percent = at_most * 100.0;
    let at_most = figure(at_most, Unit::Time, times);
    match limit.cause {
        LimitCause::StuckVus => format!(
            "ssel abandoned {} that never yielded the thread; distrust all figures",
            count("VU")
        ),
        LimitCause::ClientErrors => format!(
            "{} found no file descriptor, port or memory on this machine; distrust http_req_failed and errors",
            count("request")
        ),
        LimitCause::Cpu => format!(
            "a worker was busy {part} of the time (at most {percent}%); distrust rates, they may be those of ssel, and latencies: {}",
            read_late(limit)
        ),
        LimitCause::Lag => format!(
            "1% of the time, data was read {late} late or more (at most {at_most}); distrust latencies: {}",
            read_late(limit)
        ),
        LimitCause::LateStarts => format!(
            "1% of the iterations started {late} late or more (at most {at_most}); distrust the rate of iterations, and latencies: those from schedule include that wait, the others hide it"
        ),
        LimitCause::LostParts => format!(
            "{} of the run did not reach the end; distrust rates, the load was lower than planned",
            count("part")
        ),
        LimitCause::DroppedStarts => format!(
            "{part} of the planned starts found no VU (at most {percent}%); distrust rates, the load was lower than planned"
        ),
    }
}

/// Explains how late reading distorts latencies.
fn read_late(limit: &ClientLimit) -> &'static str {
    let has = |metric: &str| limit.bias.contains_key(metric);
    if has("llm_ttft") {
        "TTFT and E2E are too long, ITL and TPOT too long or too short"
    } else if has("sse_event_gap") {
        "they are too long, but gaps between events are too long or too short"
    } else {
        "they are too long"
    }
}

use super::Mode;
use crate::metrics::{MetricSummary, Summary, SummarySection, builtin};
use crate::scrape;

/// The section of a metric.
pub(super) fn section_of(metric: &str) -> SummarySection {
    match builtin(metric) {
        Some(metric) => metric.section,
        None if scrape::is_known(metric) => SummarySection::Server,
        None => SummarySection::Custom,
    }
}

/// The title of a section.
pub(super) fn title(section: SummarySection) -> &'static str {
    match section {
        SummarySection::Custom => "CUSTOM",
        SummarySection::Llm => "LLM",
        SummarySection::Server => "SERVER",
        SummarySection::Sse => "SSE",
        SummarySection::Http => "HTTP",
        SummarySection::Execution => "EXECUTION",
        SummarySection::Network => "NETWORK",
    }
}

/// Whether a summary lists a metric in one of its sections. Checks have a block of their own.
pub(super) fn is_listed(metric: &str, mode: Mode) -> bool {
    let is_detail = match builtin(metric) {
        Some(metric) => metric.is_detail,
        // The block of the server has the figures computed from them.
        None => scrape::is_known(metric),
    };
    !matches!(metric, "checks" | "group_duration") && (mode == Mode::Full || !is_detail)
}

/// A latency from schedule is listed if its 95th percentile is more than this factor above that of the latency from send.
const WORTH_LISTING: f64 = 1.1;

/// Whether a metric adds information to the metric it belongs to: a latency from schedule does if iterations start late, and
/// equals the latency from send if they start on time.
pub(super) fn is_informative(metric: &MetricSummary, summary: &Summary) -> bool {
    match metric.name.as_str() {
        // Without reasoning, the first output is the first token.
        "llm_ttfo" => summary.metric("llm_ttft").map(MetricSummary::avg) != Some(metric.avg()),
        "iterations_failed" => metric.rate() != Some(0.0),
        name => {
            let from_send = builtin(name).and_then(|metric| metric.from_send);
            let from_send = from_send.and_then(|name| summary.metric(name));
            let p95 = |metric: &MetricSummary| metric.p(95.0);
            match (p95(metric), from_send.and_then(p95)) {
                (Some(scheduled), Some(sent)) => scheduled > WORTH_LISTING * sent,
                _ => true,
            }
        }
    }
}

use super::Mode;
use crate::metrics::{MetricSummary, Stat, Summary, is_builtin};
use crate::scrape;

/// The sections of metrics, in the order in which they are shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Section {
    Custom,
    Llm,
    Server,
    Sse,
    Http,
    Execution,
    Network,
}

impl Section {
    pub(super) fn of(metric: &str) -> Self {
        match metric {
            "http_reqs"
            | "http_reconnects"
            | "http_req_failed"
            | "http_req_duration"
            | "http_req_duration_scheduled"
            | "http_req_blocked"
            | "http_req_connecting"
            | "http_req_tls_handshaking"
            | "http_req_sending"
            | "http_req_waiting"
            | "http_req_receiving" => Self::Http,
            "iterations" | "iterations_failed" | "iteration_duration" | "dropped_iterations"
            | "vus" | "vus_max" | "schedule_delay" | "client_lag" | "client_errors" => {
                Self::Execution
            }
            "data_sent" | "data_received" => Self::Network,
            _ if scrape::is_known(metric) => Self::Server,
            // A script may choose names that look like those of ssel.
            _ if !is_builtin(metric) => Self::Custom,
            _ if metric.starts_with("sse_") => Self::Sse,
            _ if metric.starts_with("llm_") => Self::Llm,
            _ => Self::Custom,
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Custom => "CUSTOM",
            Self::Llm => "LLM",
            Self::Server => "SERVER",
            Self::Sse => "SSE",
            Self::Http => "HTTP",
            Self::Execution => "EXECUTION",
            Self::Network => "NETWORK",
        }
    }
}

/// Whether a metric has a place among the sections at all: checks have a block of their own.
pub(super) fn listed(metric: &str, mode: Mode) -> bool {
    match metric {
        "checks" | "group_duration" => false,
        "http_req_blocked"
        | "http_req_connecting"
        | "http_req_tls_handshaking"
        | "http_req_sending"
        | "http_req_waiting"
        | "http_req_receiving"
        | "schedule_delay"
        | "client_lag" => mode == Mode::Full,
        // What they come to has lines of its own.
        _ if scrape::is_known(metric) => mode == Mode::Full,
        _ => true,
    }
}

/// How much more than the latency from send one from schedule has to be, at its 95th percentile, to be worth a line.
const WORTH_TELLING: f64 = 1.1;

/// Whether a metric says something that the one beside it does not. A latency from schedule does where iterations start
/// late; where they start on time it is the latency from send once more.
pub(super) fn tells(metric: &MetricSummary, summary: &Summary) -> bool {
    if metric.name == "llm_ttfo" {
        // Without reasoning, the first output is the first token.
        let avg = |metric: &MetricSummary| metric.values.stat(Stat::Avg);
        return summary.metric("llm_ttft").map(avg) != Some(avg(metric));
    }
    let built_in = Section::of(&metric.name) != Section::Custom;
    let from_send = metric.name.strip_suffix("_scheduled");
    let from_send = from_send
        .filter(|_| built_in)
        .and_then(|name| summary.metric(name));
    if metric.name == "iterations_failed" {
        return metric.values.stat(Stat::Rate) != Some(0.0);
    }
    let p95 = |metric: &MetricSummary| metric.values.stat(Stat::Percentile(95.0));
    match from_send.map(|from_send| (p95(metric), p95(from_send))) {
        Some((Some(scheduled), Some(sent))) => scheduled > WORTH_TELLING * sent,
        _ => true,
    }
}

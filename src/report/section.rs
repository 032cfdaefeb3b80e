use super::Mode;

/// The sections of metrics, in the order in which they are shown.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Section {
    Custom,
    Llm,
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
            | "http_req_blocked"
            | "http_req_connecting"
            | "http_req_tls_handshaking"
            | "http_req_sending"
            | "http_req_waiting"
            | "http_req_receiving" => Self::Http,
            "iterations" | "iteration_duration" | "dropped_iterations" | "vus" | "vus_max"
            | "schedule_delay" | "client_lag" => Self::Execution,
            "data_sent" | "data_received" => Self::Network,
            _ if metric.starts_with("sse_") => Self::Sse,
            _ if metric.starts_with("llm_") => Self::Llm,
            _ => Self::Custom,
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Custom => "CUSTOM",
            Self::Llm => "LLM",
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
        _ => true,
    }
}

//! The built-in metrics: name, kind, unit, section of the summary.

use super::split::{BOUND, Split};
use super::{MetricId, MetricKind, Unit};

/// A built-in metric: how it is recorded and how it is reported.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BuiltinMetric {
    /// Its name.
    pub name: &'static str,
    /// Its section of the summary.
    pub section: SummarySection,
    /// The direction in which it improves; `None` if neither is better.
    pub better: Option<Better>,
    /// Whether it is shown only in the full summary.
    pub is_detail: bool,
    /// The metric of the same time measured from the send, if this one is measured from the planned start of the iteration.
    pub from_send: Option<&'static str>,
    pub(super) kind: MetricKind,
    pub(super) unit: Unit,
    /// The tags by which it is always split.
    split: &'static [&'static str],
    /// The maximum number of sub-metrics of that split.
    bound: usize,
}

/// A section of the summary, in display order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SummarySection {
    /// Metrics of the script.
    Custom,
    /// Language models.
    Llm,
    /// Metrics scraped from servers.
    Server,
    /// Event streams.
    Sse,
    /// HTTP requests.
    Http,
    /// VUs and iterations.
    Execution,
    /// Bytes sent and received.
    Network,
}

/// The direction in which a figure improves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Better {
    /// Less is better.
    Lower,
    /// More is better.
    Higher,
}

/// Maximum length of the name of a metric.
const LONGEST_NAME: usize = 128;

/// Whether a metric can have the name: `[A-Za-z_][A-Za-z0-9_]{0,127}`.
pub(super) fn valid_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && name.bytes().next().is_some_and(|b| !b.is_ascii_digit())
}

/// The built-in metric of that name. Scripts cannot add samples to it.
pub(crate) fn builtin(name: &str) -> Option<&'static BuiltinMetric> {
    let mut all = Builtin::METRICS.iter().chain(Llm::METRICS);
    all.find(|metric| metric.name == name)
}

/// Whether this is a built-in metric of language models, which are registered on first use.
pub(crate) fn is_llm(name: &str) -> bool {
    builtin(name).is_some_and(|metric| metric.section == SummarySection::Llm)
}

/// The maximum number of checks that are reported separately.
const CHECKS: usize = 10_000;

const fn metric(section: SummarySection, kind: MetricKind, unit: Unit) -> BuiltinMetric {
    BuiltinMetric {
        name: "",
        section,
        better: None,
        is_detail: false,
        from_send: None,
        kind,
        unit,
        split: &[],
        bound: BOUND,
    }
}

const fn counter(section: SummarySection) -> BuiltinMetric {
    metric(section, MetricKind::Counter, Unit::Plain)
}

const fn data(section: SummarySection) -> BuiltinMetric {
    metric(section, MetricKind::Counter, Unit::Data)
}

const fn gauge(section: SummarySection) -> BuiltinMetric {
    metric(section, MetricKind::Gauge, Unit::Plain)
}

const fn rate(section: SummarySection) -> BuiltinMetric {
    metric(section, MetricKind::Rate, Unit::Plain)
}

const fn time(section: SummarySection) -> BuiltinMetric {
    metric(section, MetricKind::Trend, Unit::Time)
}

const fn trend(section: SummarySection) -> BuiltinMetric {
    metric(section, MetricKind::Trend, Unit::Plain)
}

impl BuiltinMetric {
    const fn higher(self) -> Self {
        Self {
            better: Some(Better::Higher),
            ..self
        }
    }

    const fn lower(self) -> Self {
        Self {
            better: Some(Better::Lower),
            ..self
        }
    }

    const fn detail(self) -> Self {
        Self {
            is_detail: true,
            ..self
        }
    }

    const fn scheduled(self, from_send: &'static str) -> Self {
        Self {
            from_send: Some(from_send),
            ..self
        }
    }

    const fn by(self, split: &'static [&'static str]) -> Self {
        Self { split, ..self }
    }

    /// The split of this metric.
    pub(super) fn split(&self) -> Option<Split> {
        let is_split = !self.split.is_empty();
        is_split.then(|| Split::by_keys(self.split, self.bound))
    }
}

/// Declares a struct of metrics from one table: a line with the name and the definition of each.
macro_rules! metrics {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $metric:expr,)* }) => {
        $(#[$about])*
        #[allow(clippy::struct_field_names, reason = "the fields are called as the metrics are")]
        #[derive(Debug, Clone, Copy)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$doc])* pub $field: MetricId,)*
        }

        impl $name {
            const METRICS: &[BuiltinMetric] = &[
                $(BuiltinMetric { name: stringify!($field), ..$metric }),*
            ];

            /// Registers them all, in the order of the table.
            pub(super) fn register<E>(
                mut register: impl FnMut(&BuiltinMetric) -> Result<MetricId, E>,
            ) -> Result<Self, E> {
                Ok(Self {
                    $($field: register(&BuiltinMetric { name: stringify!($field), ..$metric })?,)*
                })
            }
        }
    };
}

metrics! {
    /// The metrics of every run. Times are in seconds, data in bytes.
    Builtin {
        /// Events received.
        sse_event: counter(SummarySection::Sse).higher(),
        /// From the start of a request to its first event.
        sse_first_event: time(SummarySection::Sse),
        /// The same from the planned start of the iteration; only for iterations with a planned start.
        sse_first_event_scheduled: time(SummarySection::Sse).scheduled("sse_first_event"),
        /// Between one event of a stream and the next.
        sse_event_gap: time(SummarySection::Sse),
        /// Comment lines received.
        sse_comments: counter(SummarySection::Sse),
        /// Streams that failed, by the tag `kind`.
        sse_errors: counter(SummarySection::Sse).lower().by(&["kind"]),
        /// Reconnects of streams.
        sse_reconnects: counter(SummarySection::Sse),
        /// Streams that are open.
        sse_streams: gauge(SummarySection::Sse),
        /// Requests, each counted once.
        http_reqs: counter(SummarySection::Http).higher(),
        /// Requests sent again because their server cannot have seen them. These are not failures.
        http_reconnects: counter(SummarySection::Http).lower(),
        /// The time for sending a request, waiting for its response and receiving it, as in k6.
        http_req_duration: time(SummarySection::Http),
        /// The same plus the delay of the iteration after its planned start; only for iterations with a planned start.
        http_req_duration_scheduled: time(SummarySection::Http).scheduled("http_req_duration"),
        /// The share of requests that failed.
        http_req_failed: rate(SummarySection::Http).lower(),
        /// Waiting for a connection to be free.
        http_req_blocked: time(SummarySection::Http).detail(),
        /// Connecting over TCP.
        http_req_connecting: time(SummarySection::Http).detail(),
        /// Shaking hands over TLS.
        http_req_tls_handshaking: time(SummarySection::Http).detail(),
        /// Sending the request.
        http_req_sending: time(SummarySection::Http).detail(),
        /// From the request sent to the first byte of the answer.
        http_req_waiting: time(SummarySection::Http).detail(),
        /// From the first byte of the answer to its end.
        http_req_receiving: time(SummarySection::Http).detail(),
        /// Completed iterations.
        iterations: counter(SummarySection::Execution).higher(),
        /// The share of iterations that raised an error.
        iterations_failed: rate(SummarySection::Execution).lower(),
        /// The duration of iterations.
        iteration_duration: time(SummarySection::Execution),
        /// Planned starts that found no idle VU.
        dropped_iterations: counter(SummarySection::Execution).lower(),
        /// Active VUs.
        vus: gauge(SummarySection::Execution),
        /// VUs created.
        vus_max: gauge(SummarySection::Execution),
        /// The share of checks that passed, by the tags `check` and `group`.
        // The tag `check` comes first, because a sample without it is not a check. Groups may have checks of the same name.
        checks: BuiltinMetric {
            bound: CHECKS,
            ..rate(SummarySection::Custom).higher().by(&["check", "group"])
        },
        /// The duration of groups.
        group_duration: time(SummarySection::Custom),
        /// Bytes sent.
        data_sent: data(SummarySection::Network),
        /// Bytes received.
        data_received: data(SummarySection::Network).higher(),
        /// From the planned start of an iteration to its start.
        schedule_delay: time(SummarySection::Execution).detail(),
        /// The delays that the load generator itself caused.
        client_lag: time(SummarySection::Execution).detail(),
        /// Requests that found no file descriptor, local port or memory on this machine.
        client_errors: counter(SummarySection::Execution).lower(),
    }
}

metrics! {
    /// The metrics of language models, only in runs that use one. Times are in seconds.
    Llm {
        /// From the start of a request to the first chunk with content or reasoning.
        llm_ttft: time(SummarySection::Llm),
        /// From the start of a request to the first chunk with content that is not reasoning.
        llm_ttfo: time(SummarySection::Llm),
        /// Between one content chunk and the next.
        llm_itl: time(SummarySection::Llm),
        /// From the first content chunk to the last, divided by the completion tokens less one.
        llm_tpot: time(SummarySection::Llm),
        /// From the start of a request to the last content chunk.
        llm_e2e: time(SummarySection::Llm),
        /// As `llm_ttft`, from the planned start of the iteration; at arrival rates only.
        llm_ttft_scheduled: time(SummarySection::Llm).scheduled("llm_ttft"),
        /// As `llm_e2e`, from the planned start of the iteration; at arrival rates only.
        llm_e2e_scheduled: time(SummarySection::Llm).scheduled("llm_e2e"),
        /// Tokens of a prompt, by the tag `prompt_tokens_from` if they are estimated.
        llm_prompt_tokens: trend(SummarySection::Llm).by(&["prompt_tokens_from"]),
        /// Tokens of all prompts that came from the cache, according to the server.
        llm_cached_tokens: counter(SummarySection::Llm),
        /// Tokens of a completion.
        llm_completion_tokens: trend(SummarySection::Llm),
        /// Requests.
        llm_requests: counter(SummarySection::Llm),
        /// Requests that failed, by the tag `kind`.
        llm_errors: counter(SummarySection::Llm).lower().by(&["kind"]),
        /// Requests that the client cancelled on purpose. These are not failures.
        llm_cancelled: counter(SummarySection::Llm),
        /// Tokens of all completions; per second, the output throughput. By the tag `tokens_from`: who counted them.
        llm_output_tokens: counter(SummarySection::Llm).higher().by(&["tokens_from"]),
        /// Replies whose tokens arrived in bunches, without times between them.
        llm_bunched: counter(SummarySection::Llm),
        /// Requests that met their objectives; per second, the goodput.
        llm_goodput: counter(SummarySection::Llm).higher(),
        /// Embedded texts and ranked documents.
        llm_items: counter(SummarySection::Llm),
    }
}

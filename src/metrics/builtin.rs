use super::split::BOUND;
use super::{Kind, MetricId, Unit};

/// What is known of a built-in metric before it is registered.
pub(super) struct Def {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) unit: Unit,
    /// Tags it is always broken down by, each set on its own.
    pub(super) split: &'static [&'static [&'static str]],
    /// How many parts such a split may have.
    pub(super) bound: usize,
}

/// Longest name of a metric.
const LONGEST_NAME: usize = 128;

/// Whether a metric can have the name: `[A-Za-z_][A-Za-z0-9_]{0,127}`.
pub(super) fn valid_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && name.bytes().next().is_some_and(|b| !b.is_ascii_digit())
}

/// Whether a metric is one of ssel's own, which nothing else may add to.
pub fn is_builtin(name: &str) -> bool {
    Builtin::NAMES.contains(&name) || Llm::NAMES.contains(&name)
}

/// How many different checks are told apart.
const CHECKS: usize = 10_000;

const fn def(name: &'static str, kind: Kind, unit: Unit) -> Def {
    Def {
        name,
        kind,
        unit,
        split: &[],
        bound: BOUND,
    }
}

const fn counter(name: &'static str) -> Def {
    def(name, Kind::Counter, Unit::Plain)
}

const fn data(name: &'static str) -> Def {
    def(name, Kind::Counter, Unit::Data)
}

const fn gauge(name: &'static str) -> Def {
    def(name, Kind::Gauge, Unit::Plain)
}

const fn rate(name: &'static str) -> Def {
    def(name, Kind::Rate, Unit::Plain)
}

const fn time(name: &'static str) -> Def {
    def(name, Kind::Trend, Unit::Time)
}

const fn trend(name: &'static str) -> Def {
    def(name, Kind::Trend, Unit::Plain)
}

impl Def {
    const fn by_kind(self) -> Self {
        Self {
            split: &[&["kind"]],
            ..self
        }
    }

    const fn by_token_source(self) -> Self {
        Self {
            split: &[&["tokens_from"]],
            ..self
        }
    }

    const fn by_prompt_source(self) -> Self {
        Self {
            split: &[&["prompt_tokens_from"]],
            ..self
        }
    }

    const fn by_check(self) -> Self {
        // The name comes first: a sample without one is not a check. The same name may stand in several groups.
        Self {
            split: &[&["check", "group"]],
            bound: CHECKS,
            ..self
        }
    }
}

/// Declares a struct of metrics from one table, so that field, name, kind and unit stand in one line.
macro_rules! metrics {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $field:ident: $def:expr,)* }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$doc])* pub $field: MetricId,)*
        }

        impl $name {
            pub(super) const NAMES: &[&str] = &[$(stringify!($field)),*];

            fn try_register<E>(
                mut register: impl FnMut(Def) -> Result<MetricId, E>,
            ) -> Result<Self, E> {
                Ok(Self { $($field: register(($def)(stringify!($field)))?,)* })
            }
        }
    };
}

metrics! {
    /// The metrics every run has. Times are in seconds, data is in bytes.
    Builtin {
        /// Events received.
        sse_event: counter,
        /// From the start of a request to its first event.
        sse_first_event: time,
        /// The same from the planned start of the iteration: its delay is added. Of iterations with a planned start only.
        sse_first_event_scheduled: time,
        /// Between one event of a stream and the next.
        sse_event_gap: time,
        /// Comment lines received.
        sse_comments: counter,
        /// Streams that failed, by the tag `kind`.
        sse_errors: |name| counter(name).by_kind(),
        /// Times a stream was taken up again.
        sse_reconnects: counter,
        /// Streams that are open.
        sse_streams: gauge,
        /// Requests made, each once.
        http_reqs: counter,
        /// Requests sent once more because their server cannot have seen them. No failures.
        http_reconnects: counter,
        /// Sending a request, waiting for its answer and receiving it, as in k6.
        http_req_duration: time,
        /// The same with the delay of the iteration after its planned start. Of iterations with a planned start only.
        http_req_duration_scheduled: time,
        /// The share of requests that failed.
        http_req_failed: rate,
        /// Waiting for a connection to be free.
        http_req_blocked: time,
        /// Connecting over TCP.
        http_req_connecting: time,
        /// Shaking hands over TLS.
        http_req_tls_handshaking: time,
        /// Sending the request.
        http_req_sending: time,
        /// From the request sent to the first byte of the answer.
        http_req_waiting: time,
        /// From the first byte of the answer to its end.
        http_req_receiving: time,
        /// Iterations that ran to their end.
        iterations: counter,
        /// The share of them that raised.
        iterations_failed: rate,
        /// How long they took.
        iteration_duration: time,
        /// Iterations that were due with no VU free to run them.
        dropped_iterations: counter,
        /// VUs at work.
        vus: gauge,
        /// VUs made.
        vus_max: gauge,
        /// The share of checks that passed, by the tags `check` and `group`.
        checks: |name| rate(name).by_check(),
        /// How long groups took.
        group_duration: time,
        /// Bytes sent.
        data_sent: data,
        /// Bytes received.
        data_received: data,
        /// From the planned start of an iteration to its start.
        schedule_delay: time,
        /// How late the load generator itself was.
        client_lag: time,
        /// Requests that found no file descriptor, local port or memory on this machine.
        client_errors: counter,
    }
}

metrics! {
    /// The metrics of language models, which only runs that talk to one have. Times are in seconds.
    Llm {
        /// From the start of a request to the first chunk with content or reasoning.
        llm_ttft: time,
        /// From the start of a request to the first chunk with content that is not reasoning.
        llm_ttfo: time,
        /// Between one content chunk and the next.
        llm_itl: time,
        /// From the first content chunk to the last, divided by the completion tokens less one.
        llm_tpot: time,
        /// From the start of a request to the last content chunk.
        llm_e2e: time,
        /// As `llm_ttft`, from the planned start of the iteration; at arrival rates only.
        llm_ttft_scheduled: time,
        /// As `llm_e2e`, from the planned start of the iteration; at arrival rates only.
        llm_e2e_scheduled: time,
        /// Tokens of a prompt. Those of the tag `prompt_tokens_from` are estimates.
        llm_prompt_tokens: |name| trend(name).by_prompt_source(),
        /// Tokens of all prompts that the server says it had in its cache.
        llm_cached_tokens: counter,
        /// Tokens of a completion.
        llm_completion_tokens: trend,
        /// Requests made.
        llm_requests: counter,
        /// Requests that failed, by the tag `kind`.
        llm_errors: |name| counter(name).by_kind(),
        /// Requests that the client gave up on purpose. No failures.
        llm_cancelled: counter,
        /// Tokens of all completions; per second, the output throughput. By the tag `tokens_from`: who counted them.
        llm_output_tokens: |name| counter(name).by_token_source(),
        /// Replies that came in bunches, which have no time between tokens.
        llm_bunched: counter,
        /// Requests that met their objectives; per second, the goodput.
        llm_goodput: counter,
        /// Texts that became vectors, and documents that were ranked.
        llm_items: counter,
    }
}

impl Builtin {
    pub(super) fn register(mut register: impl FnMut(Def) -> MetricId) -> Self {
        let done: Result<Self, std::convert::Infallible> =
            Self::try_register(|def| Ok(register(def)));
        match done {
            Ok(builtin) => builtin,
        }
    }
}

impl Llm {
    pub(super) fn register<E>(register: impl FnMut(Def) -> Result<MetricId, E>) -> Result<Self, E> {
        Self::try_register(register)
    }
}

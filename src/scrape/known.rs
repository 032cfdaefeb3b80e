//! The server metrics that matter for a benchmark, by name.

use crate::units::nearest;

/// What a metric says, whatever its server calls it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Requests that are being answered.
    Running,
    /// Requests that wait.
    Waiting,
    /// Share of the KV cache in use.
    KvUsage,
    /// Prompt tokens looked up in the prefix cache.
    CacheQueries,
    /// Prompt tokens found there.
    CacheHits,
    /// Share of prompt tokens found there, over a time of the server's own.
    HitRate,
    /// Requests that had to give up their place in the batch.
    Preemptions,
    /// Tokens of all prompts.
    PromptTokens,
    /// Tokens of prompts that were computed.
    ComputedTokens,
    /// Tokens of prompts that came from the cache.
    CachedTokens,
    /// Tokens generated.
    GeneratedTokens,
    /// Requests that ended.
    Requests,
    /// Requests whose client left.
    Aborted,
    /// Sum of times to first token.
    TtftSum,
    /// How many times to first token there were.
    TtftCount,
    /// Sum of times in the queue.
    QueueSum,
    /// How many times in the queue there were.
    QueueCount,
    /// Steps of speculative decoding.
    Drafts,
    /// Tokens drafted.
    DraftTokens,
    /// Drafted tokens that were accepted.
    AcceptedTokens,
    /// Tokens of a step, over a time of the server's own.
    AcceptLength,
    /// Energy, in millijoules.
    Energy,
    /// Power, in watts.
    Power,
    /// Worth recording, but part of no result.
    Other,
}

/// A metric of a server. Series that differ in labels are summed up, but for this one.
struct Known(&'static str, Role, Option<&'static str>);

const fn known(name: &'static str, role: Role) -> Known {
    Known(name, role, None)
}

/// vLLM 0.33's names are from its source, with those that versions before had; the others from their documentation.
const KNOWN: &[Known] = &[
    known("vllm:num_requests_running", Role::Running),
    known("vllm:num_requests_waiting", Role::Waiting),
    known("vllm:kv_cache_usage_perc", Role::KvUsage),
    known("vllm:gpu_cache_usage_perc", Role::KvUsage),
    known("vllm:prefix_cache_queries_total", Role::CacheQueries),
    known("vllm:prefix_cache_hits_total", Role::CacheHits),
    known("vllm:gpu_prefix_cache_queries_total", Role::CacheQueries),
    known("vllm:gpu_prefix_cache_hits_total", Role::CacheHits),
    known("vllm:num_preemptions_total", Role::Preemptions),
    known("vllm:prompt_tokens_total", Role::PromptTokens),
    known("vllm:prompt_tokens_cached_total", Role::CachedTokens),
    known("vllm:generation_tokens_total", Role::GeneratedTokens),
    Known(
        "vllm:request_success_total",
        Role::Requests,
        Some("finished_reason"),
    ),
    known("vllm:time_to_first_token_seconds_sum", Role::TtftSum),
    known("vllm:time_to_first_token_seconds_count", Role::TtftCount),
    known("vllm:request_queue_time_seconds_sum", Role::QueueSum),
    known("vllm:request_queue_time_seconds_count", Role::QueueCount),
    known("vllm:inter_token_latency_seconds_sum", Role::Other),
    known("vllm:inter_token_latency_seconds_count", Role::Other),
    known("vllm:e2e_request_latency_seconds_sum", Role::Other),
    known("vllm:e2e_request_latency_seconds_count", Role::Other),
    known("vllm:spec_decode_num_drafts_total", Role::Drafts),
    known("vllm:spec_decode_num_draft_tokens_total", Role::DraftTokens),
    known(
        "vllm:spec_decode_num_accepted_tokens_total",
        Role::AcceptedTokens,
    ),
    Known(
        "vllm:spec_decode_num_accepted_tokens_per_pos_total",
        Role::Other,
        Some("position"),
    ),
    known("llamacpp:requests_processing", Role::Running),
    known("llamacpp:requests_deferred", Role::Waiting),
    known("llamacpp:kv_cache_usage_ratio", Role::KvUsage),
    known("llamacpp:prompt_tokens_total", Role::ComputedTokens),
    known("llamacpp:prompt_tokens_cached_total", Role::CachedTokens),
    known("llamacpp:prompt_seconds_total", Role::Other),
    known("llamacpp:tokens_predicted_total", Role::GeneratedTokens),
    known("llamacpp:tokens_predicted_seconds_total", Role::Other),
    known("llamacpp:spec_decode_num_drafts_total", Role::Drafts),
    known(
        "llamacpp:spec_decode_num_draft_tokens_total",
        Role::DraftTokens,
    ),
    known(
        "llamacpp:spec_decode_num_accepted_tokens_total",
        Role::AcceptedTokens,
    ),
    known("sglang:num_running_reqs", Role::Running),
    known("sglang:num_queue_reqs", Role::Waiting),
    known("sglang:token_usage", Role::KvUsage),
    known("sglang:cache_hit_rate", Role::HitRate),
    known("sglang:num_retracted_reqs", Role::Other),
    known("sglang:spec_accept_length", Role::AcceptLength),
    known("sglang:gen_throughput", Role::Other),
    known("sglang:prompt_tokens_total", Role::PromptTokens),
    known("sglang:cached_tokens_total", Role::CachedTokens),
    known("sglang:generation_tokens_total", Role::GeneratedTokens),
    known("sglang:num_requests_total", Role::Requests),
    known("sglang:num_aborted_requests_total", Role::Aborted),
    known("sglang:time_to_first_token_seconds_sum", Role::TtftSum),
    known("sglang:time_to_first_token_seconds_count", Role::TtftCount),
    known("tgi_batch_current_size", Role::Running),
    known("tgi_queue_size", Role::Waiting),
    known("tgi_request_count", Role::Requests),
    known("tgi_request_input_length_sum", Role::PromptTokens),
    known("tgi_request_generated_tokens_sum", Role::GeneratedTokens),
    known("tgi_request_queue_duration_sum", Role::QueueSum),
    known("tgi_request_queue_duration_count", Role::QueueCount),
    known("tgi_request_mean_time_per_token_duration_sum", Role::Other),
    known(
        "tgi_request_mean_time_per_token_duration_count",
        Role::Other,
    ),
    known("DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION", Role::Energy),
    known("DCGM_FI_DEV_POWER_USAGE", Role::Power),
    Known("DCGM_FI_DEV_GPU_UTIL", Role::Other, Some("gpu")),
    Known("DCGM_FI_DEV_FB_USED", Role::Other, Some("gpu")),
    Known("DCGM_FI_DEV_SM_CLOCK", Role::Other, Some("gpu")),
    Known("DCGM_FI_DEV_XID_ERRORS", Role::Other, Some("gpu")),
    Known("DCGM_FI_PROF_SM_ACTIVE", Role::Other, Some("gpu")),
];

/// The names of the metrics that play a role.
pub(super) fn names(role: Role) -> impl Iterator<Item = &'static str> {
    let playing = KNOWN.iter().filter(move |known| known.1 == role);
    playing.map(|known| known.0)
}

/// Whether a metric is one that ssel knows of some server.
pub fn is_known(name: &str) -> bool {
    KNOWN.iter().any(|known| known.0 == name)
}

/// A chart: its id, its title, and its lines, each with the name of its metric and a word for it.
pub type ServerChart = (
    &'static str,
    &'static str,
    Vec<(&'static str, &'static str)>,
);

/// What is drawn over time.
pub fn charted() -> [ServerChart; 6] {
    let of = |roles: &[(Role, &'static str)]| {
        let lines = roles.iter();
        let lines = lines.flat_map(|(role, word)| names(*role).map(move |name| (name, *word)));
        lines.collect()
    };
    [
        (
            "server-requests",
            "Requests at the server",
            of(&[(Role::Running, "running"), (Role::Waiting, "waiting")]),
        ),
        (
            "server-kv",
            "KV cache in use",
            of(&[(Role::KvUsage, "share")]),
        ),
        (
            "server-cache",
            "Prompt tokens and the prefix cache",
            of(&[
                (Role::CacheQueries, "looked up"),
                (Role::CacheHits, "found"),
                (Role::CachedTokens, "cached"),
            ]),
        ),
        (
            "server-preemptions",
            "Preemptions",
            of(&[(Role::Preemptions, "preemptions")]),
        ),
        (
            "server-drafts",
            "Drafted tokens",
            of(&[
                (Role::DraftTokens, "drafted"),
                (Role::AcceptedTokens, "accepted"),
            ]),
        ),
        ("server-power", "Power", of(&[(Role::Power, "watts")])),
    ]
}

/// Which metrics of a server are recorded: those it is known for, and others by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Names, in which `*` stands for anything.
    pub patterns: Vec<String>,
}

impl Wanted {
    /// How a series is recorded: the labels that are kept; `None` if it is not.
    pub(super) fn keeps<'a>(
        &self,
        name: &str,
        labels: &'a [(String, String)],
    ) -> Option<Vec<(&'a str, &'a str)>> {
        let all = labels
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        if let Some(known) = KNOWN.iter().find(|known| known.0 == name) {
            return Some(all.filter(|(name, _)| known.2 == Some(*name)).collect());
        }
        let is_wanted = self.patterns.iter().any(|pattern| matches(pattern, name));
        is_wanted.then(|| all.collect())
    }

    /// The patterns that fit no name, each with a name that was perhaps meant.
    pub fn unmatched<'a>(&'a self, names: &'a [&str]) -> Vec<(&'a str, Option<&'a str>)> {
        let fits = |pattern: &str| names.iter().any(|name| matches(pattern, name));
        let missing = self.patterns.iter().filter(|pattern| !fits(pattern));
        missing
            .map(|pattern| (pattern.as_str(), nearest(pattern, names.iter().copied())))
            .collect()
    }
}

/// Whether `name` fits `pattern`, in which `*` stands for anything.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            let mut ends = (0..=name.len()).filter(|at| name.is_char_boundary(*at));
            ends.any(|at| matches(rest, &name[at..]))
        }),
    }
}

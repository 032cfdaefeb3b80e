//! Summarizes the metrics of a server over a run.

use super::known::{MetricRole, names};
use crate::metrics::{MetricSummary, Sink, Summary};

/// The server's own figures for a run. A figure that the server does not report is `None`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Findings {
    /// Mean time to first token, in seconds.
    pub ttft: Option<f64>,
    /// Mean time in the queue, in seconds.
    pub queue: Option<f64>,
    /// Completed requests, without those whose client disconnected.
    pub requests: Option<f64>,
    /// Requests whose client disconnected.
    pub aborted: Option<f64>,
    /// Tokens of prompts.
    pub prompt_tokens: Option<f64>,
    /// Tokens generated.
    pub generated_tokens: Option<f64>,
    /// Share of prompt tokens that came from the prefix cache.
    pub hit_rate: Option<f64>,
    /// The most of the KV cache that was in use, as a share.
    pub kv_peak: Option<f64>,
    /// The most requests that were running.
    pub running_peak: Option<f64>,
    /// The most requests that waited.
    pub waiting_peak: Option<f64>,
    /// Preemptions.
    pub preemptions: Option<f64>,
    /// Steps of speculative decoding.
    pub drafts: Option<f64>,
    /// Tokens drafted.
    pub draft_tokens: Option<f64>,
    /// Drafted tokens that were accepted.
    pub accepted_tokens: Option<f64>,
    /// Share of the steps in which the drafted token at each position was accepted.
    pub accepted_by_position: Vec<f64>,
    /// Tokens of a step.
    pub acceptance_length: Option<f64>,
    /// Energy, in joules.
    pub energy: Option<f64>,
    /// The most power drawn, in watts.
    pub power_peak: Option<f64>,
}

impl Findings {
    /// The figures in a summary; `None` if no metric of a server was recorded.
    pub(crate) fn of(summary: &Summary) -> Option<Self> {
        let sum = |role| sum(summary, role);
        let peak = |role| peak(summary, role);
        let ratio = |part: Option<f64>, whole: Option<f64>| {
            let (part, whole) = part.zip(whole)?;
            (whole > 0.0).then(|| part / whole)
        };
        let cached = sum(MetricRole::CachedTokens);
        let computed = sum(MetricRole::ComputedTokens);
        let prompt = match computed {
            Some(computed) => Some(computed + cached.unwrap_or(0.0)),
            None => sum(MetricRole::PromptTokens),
        };
        let by_reason = with_tag(
            summary,
            "vllm:request_success_total",
            "finished_reason",
            "abort",
        );
        let aborted = sum(MetricRole::Aborted).or(by_reason);
        let (drafts, accepted) = (sum(MetricRole::Drafts), sum(MetricRole::AcceptedTokens));
        let accepted_each = ratio(accepted, drafts);
        let findings = Self {
            ttft: ratio(sum(MetricRole::TtftSum), sum(MetricRole::TtftCount)),
            queue: ratio(sum(MetricRole::QueueSum), sum(MetricRole::QueueCount)),
            requests: sum(MetricRole::Requests).map(|all| all - aborted.unwrap_or(0.0)),
            aborted,
            prompt_tokens: prompt,
            generated_tokens: sum(MetricRole::GeneratedTokens),
            hit_rate: ratio(sum(MetricRole::CacheHits), sum(MetricRole::CacheQueries))
                .or_else(|| ratio(cached, prompt))
                .or_else(|| peak(MetricRole::HitRate)),
            kv_peak: peak(MetricRole::KvUsage),
            running_peak: peak(MetricRole::Running),
            waiting_peak: peak(MetricRole::Waiting),
            preemptions: sum(MetricRole::Preemptions),
            drafts,
            draft_tokens: sum(MetricRole::DraftTokens),
            accepted_tokens: accepted,
            accepted_by_position: by_position(summary, drafts),
            acceptance_length: accepted_each
                .map(|accepted| 1.0 + accepted)
                .or_else(|| peak(MetricRole::AcceptLength)),
            energy: sum(MetricRole::Energy).map(|millijoules| millijoules / 1e3),
            power_peak: peak(MetricRole::Power),
        };
        (findings != Self::default()).then_some(findings)
    }

    /// Share of the drafted tokens that were accepted.
    pub(crate) fn acceptance_rate(&self) -> Option<f64> {
        let (accepted, drafted) = self.accepted_tokens.zip(self.draft_tokens)?;
        (drafted > 0.0).then(|| accepted / drafted)
    }
}

/// The sum of the counters with a role.
fn sum(summary: &Summary, role: MetricRole) -> Option<f64> {
    let counts = names(role).filter_map(|name| summary.metric(name)?.count());
    counts.reduce(|a, b| a + b)
}

/// The largest value of the gauges with a role.
fn peak(summary: &Summary, role: MetricRole) -> Option<f64> {
    let metrics = names(role).filter_map(|name| summary.metric(name));
    let peaks = metrics.filter_map(|metric| match &metric.values {
        Sink::Gauge(gauge) if gauge.is_set() => Some(gauge.max),
        _ => None,
    });
    peaks.reduce(f64::max)
}

/// The share of accepted tokens at each position of a draft.
fn by_position(summary: &Summary, drafts: Option<f64>) -> Vec<f64> {
    const METRIC: &str = "vllm:spec_decode_num_accepted_tokens_per_pos_total";
    let Some(drafts) = drafts.filter(|drafts| *drafts > 0.0) else {
        return Vec::new();
    };
    let rate = |position: u32| {
        let count = with_tag(summary, METRIC, "position", &position.to_string())?;
        Some(count / drafts)
    };
    (0..).map_while(rate).collect()
}

/// The sum of the sub-metrics of a counter with this tag.
fn with_tag(summary: &Summary, metric: &str, tag: &str, value: &str) -> Option<f64> {
    let parts = summary.metric(metric)?.sub_metrics.iter();
    let parts = parts.filter(|part| part.tags.get(tag) == Some(value));
    parts.filter_map(MetricSummary::count).reduce(|a, b| a + b)
}

//! `/metrics` with the metric names of several servers.

use std::fmt::{Display, Write};
use std::time::Duration;

use super::engine::Counts;
use super::server_metrics::{BucketHistogram, EndReason, ServerTotals};

/// The server whose metric names are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MetricNames {
    Vllm,
    Llama,
    Sglang,
    Tgi,
    /// The exporter for GPUs that runs beside a server.
    Dcgm,
}

impl MetricNames {
    pub(super) const NAMES: [(&str, Self); 5] = [
        ("vllm", Self::Vllm),
        ("llama", Self::Llama),
        ("sglang", Self::Sglang),
        ("tgi", Self::Tgi),
        ("dcgm", Self::Dcgm),
    ];

    /// The prefix of each name, and the labels of each series.
    fn style(self) -> (&'static str, &'static str) {
        match self {
            Self::Vllm => ("vllm:", r#"model_name="ssel",engine="0""#),
            Self::Llama => ("llamacpp:", ""),
            Self::Sglang => ("sglang:", r#"model_name="ssel""#),
            Self::Tgi => ("tgi_", ""),
            Self::Dcgm => ("DCGM_FI_", r#"gpu="0",UUID="GPU-ssel",modelName="ssel""#),
        }
    }
}

/// The figures of a page.
pub(super) struct ServerFigures {
    pub(super) counts: Counts,
    pub(super) sums: ServerTotals,
    /// The time since the start of the server.
    pub(super) uptime: Duration,
    /// The power of the GPU.
    pub(super) watts: f64,
}

/// The page.
pub(super) fn document(names: MetricNames, figures: &ServerFigures) -> String {
    let ServerFigures { counts, sums, .. } = figures;
    let (prefix, labels) = names.style();
    let mut page = Page {
        prefix,
        labels,
        text: String::new(),
    };
    let accepted: u64 = sums.accepted.iter().sum();
    let kv_usage = ratio(counts.kv_used, counts.kv_size);
    match names {
        MetricNames::Vllm => {
            page.gauge("num_requests_running", counts.running);
            page.gauge("num_requests_waiting", counts.waiting);
            page.gauge("kv_cache_usage_perc", kv_usage);
            page.counter("prefix_cache_queries_total", counts.queried);
            page.counter("prefix_cache_hits_total", counts.hits);
            page.counter("num_preemptions_total", counts.preemptions);
            page.counter("prompt_tokens_total", sums.prompt_tokens);
            page.counter("prompt_tokens_cached_total", sums.cached_tokens);
            page.counter("generation_tokens_total", sums.generated_tokens);
            page.family("request_success_total", "counter");
            for (reason, count) in EndReason::NAMES.iter().zip(sums.ended) {
                let reason = format!(r#",finished_reason="{reason}""#);
                page.sample("request_success_total", &reason, count);
            }
            page.histogram("time_to_first_token_seconds", &sums.ttft);
            page.histogram("inter_token_latency_seconds", &sums.itl);
            page.histogram("e2e_request_latency_seconds", &sums.e2e);
            page.histogram("request_queue_time_seconds", &sums.queue);
            page.histogram("request_prefill_time_seconds", &sums.prefill);
            page.histogram("request_decode_time_seconds", &sums.decode);
            if sums.drafts > 0 {
                page.counter("spec_decode_num_drafts_total", sums.drafts);
                page.counter("spec_decode_num_draft_tokens_total", sums.drafted);
                page.counter("spec_decode_num_accepted_tokens_total", accepted);
                page.family("spec_decode_num_accepted_tokens_per_pos_total", "counter");
                for (position, count) in sums.accepted.iter().enumerate() {
                    let position = format!(r#",position="{position}""#);
                    page.sample(
                        "spec_decode_num_accepted_tokens_per_pos_total",
                        &position,
                        *count,
                    );
                }
            }
        }
        MetricNames::Llama => {
            let computed = sums.prompt_tokens - sums.cached_tokens;
            page.counter("prompt_tokens_total", computed);
            page.counter("prompt_tokens_cached_total", sums.cached_tokens);
            page.counter("prompt_seconds_total", sums.prefill.sum);
            page.counter("tokens_predicted_total", sums.generated_tokens);
            page.counter("tokens_predicted_seconds_total", sums.decode.sum);
            if sums.drafts > 0 {
                page.counter("spec_decode_num_drafts_total", sums.drafts);
                page.counter("spec_decode_num_draft_tokens_total", sums.drafted);
                page.counter("spec_decode_num_accepted_tokens_total", accepted);
            }
            page.gauge("requests_processing", counts.running);
            page.gauge("requests_deferred", counts.waiting);
        }
        MetricNames::Sglang => {
            page.gauge("num_running_reqs", counts.running);
            page.gauge("num_queue_reqs", counts.waiting);
            page.gauge("token_usage", kv_usage);
            page.gauge("cache_hit_rate", ratio(counts.hits, counts.queried));
            page.gauge("num_retracted_reqs", counts.preemptions);
            if sums.drafts > 0 {
                page.gauge("spec_accept_length", 1.0 + ratio(accepted, sums.drafts));
            }
            page.counter("prompt_tokens_total", sums.prompt_tokens);
            page.counter("cached_tokens_total", sums.cached_tokens);
            page.counter("generation_tokens_total", sums.generated_tokens);
            page.counter("num_requests_total", sums.ended.iter().sum::<u64>());
            page.counter("num_aborted_requests_total", sums.ended[2]);
            page.histogram("time_to_first_token_seconds", &sums.ttft);
            page.histogram("inter_token_latency_seconds", &sums.itl);
            page.histogram("e2e_request_latency_seconds", &sums.e2e);
        }
        MetricNames::Tgi => {
            page.gauge("queue_size", counts.waiting);
            page.gauge("batch_current_size", counts.running);
            let success = sums.ended[0] + sums.ended[1];
            page.counter("request_count", sums.ended.iter().sum::<u64>());
            page.counter("request_success", success);
            page.histogram("request_duration", &sums.e2e);
            page.histogram("request_queue_duration", &sums.queue);
            page.histogram("request_mean_time_per_token_duration", &sums.itl);
        }
        MetricNames::Dcgm => {
            let joules = figures.watts * figures.uptime.as_secs_f64();
            page.gauge("DEV_GPU_UTIL", if counts.running > 0 { 100 } else { 0 });
            page.gauge("DEV_POWER_USAGE", figures.watts);
            page.counter("DEV_TOTAL_ENERGY_CONSUMPTION", (joules * 1e3).floor());
        }
    }
    page.text
}

/// A page in the text format of Prometheus.
struct Page {
    prefix: &'static str,
    labels: &'static str,
    text: String,
}

impl Page {
    fn family(&mut self, name: &str, kind: &str) {
        let prefix = self.prefix;
        // Writing to a string cannot fail.
        let _ = writeln!(self.text, "# TYPE {prefix}{name} {kind}");
    }

    /// `labels` begin with a comma.
    fn sample(&mut self, name: &str, labels: &str, value: impl Display) {
        let all = format!("{}{labels}", self.labels);
        let all = all.trim_start_matches(',');
        let prefix = self.prefix;
        let _ = if all.is_empty() {
            writeln!(self.text, "{prefix}{name} {value}")
        } else {
            writeln!(self.text, "{prefix}{name}{{{all}}} {value}")
        };
    }

    fn gauge(&mut self, name: &str, value: impl Display) {
        self.family(name, "gauge");
        self.sample(name, "", value);
    }

    fn counter(&mut self, name: &str, value: impl Display) {
        self.family(name, "counter");
        self.sample(name, "", value);
    }

    fn histogram(&mut self, name: &str, histogram: &BucketHistogram) {
        self.family(name, "histogram");
        let bucket = format!("{name}_bucket");
        let mut count = 0;
        for (at, more) in histogram.counts.iter().enumerate() {
            count += more;
            let bound = histogram
                .bounds
                .get(at)
                .map_or("+Inf".to_owned(), f64::to_string);
            self.sample(&bucket, &format!(r#",le="{bound}""#), count);
        }
        self.sample(&format!("{name}_sum"), "", histogram.sum);
        self.sample(&format!("{name}_count"), "", count);
    }
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

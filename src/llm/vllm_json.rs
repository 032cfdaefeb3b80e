//! Writes a result in the JSON schema of `vllm bench serve --save-result`.
//!
//! Names and units are those of vLLM: milliseconds in `…_ms`, seconds in arrays. The numbers mean what [`BenchResult`] says
//! they mean; measure with [`Definition::Choices`](super::Definition::Choices) for numbers to compare with vLLM's.

use serde_json::{Map, Value, json};

use super::aggregate::{BenchResult, RequestRecord, ServerResult};
use super::hardware::Hardware;
use super::pool::Statistics;

/// What a result file says about how it came about.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Setup {
    /// When, as `20261124-142957`.
    pub date: String,
    /// vLLM's name for the kind of endpoint, such as `openai-chat`.
    pub backend: String,
    /// A name for the result.
    pub label: Option<String>,
    /// The model asked for.
    pub model_id: String,
    /// The tokenizer, if one was used.
    pub tokenizer_id: Option<String>,
    /// Requests planned.
    pub num_prompts: u64,
    /// Requests per second that were planned; `None` for as fast as they go, which is written `"inf"`.
    pub request_rate: Option<f64>,
    /// Requests per second that were offered in fact.
    pub offered_rate: Option<f64>,
    /// Shape of the gamma distribution of arrivals; 1 is a Poisson process.
    pub burstiness: f64,
    /// The limit on requests at once.
    pub max_concurrency: Option<u64>,
    /// What the server runs on.
    pub hardware: Option<Hardware>,
    /// More to say, at the top of the file.
    pub metadata: Vec<(String, String)>,
}

/// Writes a result. The arrays with an item per request are there if `is_detailed`, and then only filled if requests were kept.
pub fn to_json(setup: &Setup, result: &BenchResult, is_detailed: bool) -> Value {
    let mut file = Map::new();
    put_setup(&mut file, setup);
    put_totals(&mut file, result);
    if let Some(hardware) = &setup.hardware {
        put_economics(&mut file, hardware, result);
    }
    if is_detailed {
        put_requests(&mut file, &result.requests);
    }
    file.insert(
        "max_output_tokens_per_s".into(),
        json!(result.max_output_tokens_per_second),
    );
    file.insert(
        "max_concurrent_requests".into(),
        json!(result.max_concurrent_requests),
    );
    // Of audio, which is none of this; always there in vLLM's files.
    file.insert("rtfx".into(), json!(0.0));
    if result.servers.len() > 1 {
        file.insert(
            "servers".into(),
            result.servers.iter().map(server).collect(),
        );
    }
    put_statistics(&mut file, "ttft", &result.ttft);
    put_statistics(&mut file, "tpot", &result.tpot);
    put_statistics(&mut file, "itl", &result.itl);
    put_statistics(&mut file, "e2el", &result.e2e);
    if let Some(queued) = &result.queued {
        put_statistics(&mut file, "client_queue_time", queued);
    }
    if let Some(e2e_with_queue) = &result.e2e_with_queue {
        put_statistics(&mut file, "e2el_including_client_queue", e2e_with_queue);
    }
    Value::Object(file)
}

/// What one of several servers did, in the names of the whole.
fn server(server: &ServerResult) -> Value {
    let mut part = Map::new();
    let fields = [
        ("url", json!(server.server)),
        ("completed", json!(server.completed)),
        ("failed", json!(server.failed)),
        ("cancelled", json!(server.cancelled)),
        ("total_output_tokens", json!(server.output_tokens)),
    ];
    part.extend(fields.map(|(key, value)| (key.to_owned(), value)));
    put_statistics(&mut part, "ttft", &server.ttft);
    put_statistics(&mut part, "tpot", &server.tpot);
    put_statistics(&mut part, "e2el", &server.e2e);
    Value::Object(part)
}

fn put_setup(file: &mut Map<String, Value>, setup: &Setup) {
    let fields = [
        ("date", json!(setup.date)),
        ("endpoint_type", json!(setup.backend)),
        ("backend", json!(setup.backend)),
        ("label", json!(setup.label)),
        ("model_id", json!(setup.model_id)),
        ("tokenizer_id", json!(setup.tokenizer_id)),
        ("num_prompts", json!(setup.num_prompts)),
    ];
    file.extend(fields.map(|(key, value)| (key.to_owned(), value)));
    file.extend(
        setup
            .metadata
            .iter()
            .map(|(key, value)| (key.clone(), json!(value))),
    );
    let fields = [
        (
            "request_rate",
            setup.request_rate.map_or(json!("inf"), |rate| json!(rate)),
        ),
        ("burstiness", json!(setup.burstiness)),
        ("max_concurrency", json!(setup.max_concurrency)),
    ];
    file.extend(fields.map(|(key, value)| (key.to_owned(), value)));
    // Not a name of vLLM, which does not look whether it kept the rate.
    if let Some(rate) = setup.offered_rate {
        file.insert("offered_request_rate".to_owned(), json!(rate));
    }
}

/// Names of ssel's own: vLLM has none for these.
fn put_economics(file: &mut Map<String, Value>, hardware: &Hardware, result: &BenchResult) {
    let found = hardware.economics(result);
    let fields = [
        ("num_gpus", json!(hardware.gpus)),
        ("output_throughput_per_gpu", json!(found.output_per_gpu)),
        ("total_token_throughput_per_gpu", json!(found.total_per_gpu)),
        ("output_tokens_per_second_per_user", json!(found.per_user)),
        ("price_per_gpu_hour", json!(hardware.price)),
        ("cost_per_million_output_tokens", json!(found.cost)),
        ("watts_per_gpu", json!(hardware.power)),
        ("joules_per_output_token", json!(found.energy)),
    ];
    let known = fields.into_iter().filter(|(_, value)| !value.is_null());
    file.extend(known.map(|(key, value)| (key.to_owned(), value)));
}

fn put_totals(file: &mut Map<String, Value>, result: &BenchResult) {
    let fields = [
        ("duration", json!(result.duration)),
        ("completed", json!(result.completed)),
        ("failed", json!(result.failed)),
        ("cancelled", json!(result.cancelled)),
        ("bunched", json!(result.bunched)),
        ("total_input_tokens", json!(result.input_tokens)),
        (
            "estimated_input_tokens",
            json!(result.estimated_input_tokens),
        ),
        (
            "cached_input_tokens",
            json!((result.cache_reports > 0).then_some(result.cached_tokens)),
        ),
        ("total_output_tokens", json!(result.output_tokens)),
        ("request_throughput", json!(result.request_throughput)),
        ("request_goodput", json!(result.request_goodput)),
        ("output_throughput", json!(result.output_throughput)),
        (
            "total_token_throughput",
            json!(result.total_token_throughput),
        ),
    ];
    file.extend(fields.map(|(key, value)| (key.to_owned(), value)));
}

fn put_requests(file: &mut Map<String, Value>, requests: &[RequestRecord]) {
    let mut put = |key: &str, value: &dyn Fn(&RequestRecord) -> Value| {
        file.insert(key.to_owned(), requests.iter().map(value).collect());
    };
    put("input_lens", &|request| json!(request.prompt_tokens));
    put("are_input_lens_estimated", &|request| {
        json!(request.is_prompt_estimated)
    });
    put("output_lens", &|request| json!(request.completion_tokens));
    // What a request does not have is 0 in vLLM's files.
    put("ttfts", &|request| json!(request.ttft.unwrap_or(0.0)));
    put("itls", &|request| json!(request.gaps));
    put("are_bunched", &|request| json!(request.is_bunched));
    put("latencies", &|request| json!(request.e2e.unwrap_or(0.0)));
    put("start_times", &|request| json!(request.start));
    put("queue_times", &|request| json!(request.queued));
    put("generated_texts", &|request| json!(request.text));
    put("errors", &|request| match &request.failure {
        Some((kind, message)) => json!(format!("{kind}: {message}")),
        None => json!(""),
    });
}

fn put_statistics(file: &mut Map<String, Value>, name: &str, statistics: &Statistics) {
    let ms = |seconds: f64| json!(seconds * 1000.0);
    file.insert(format!("mean_{name}_ms"), ms(statistics.mean));
    file.insert(format!("median_{name}_ms"), ms(statistics.median));
    file.insert(format!("std_{name}_ms"), ms(statistics.std));
    for (p, value) in &statistics.percentiles {
        // 99.0 is written p99 and 99.9 is written p99.9, by Rust as by Python.
        file.insert(format!("p{p}_{name}_ms"), ms(*value));
    }
}

#[cfg(test)]
mod tests {
    use super::super::aggregate::tests::small_run;
    use super::*;

    #[test]
    fn a_result_is_written_in_vllms_schema() {
        let setup = Setup {
            date: "20261124-142957".to_owned(),
            backend: "openai-chat".to_owned(),
            model_id: "tiny-random".to_owned(),
            num_prompts: 4,
            burstiness: 1.0,
            max_concurrency: Some(8),
            metadata: vec![("gpu".to_owned(), "none".to_owned())],
            ..Setup::default()
        };
        let json = to_json(&setup, &small_run(), true);
        let text = serde_json::to_string_pretty(&json).unwrap() + "\n";
        assert_eq!(text, include_str!("vllm_json/golden.json"));
    }

    #[test]
    fn without_details_there_is_no_array() {
        let setup = Setup {
            request_rate: Some(12.5),
            ..Setup::default()
        };
        let json = to_json(&setup, &small_run(), false);
        let file = json.as_object().unwrap();
        assert!(file.values().all(|value| !value.is_array()));
        assert_eq!(file["request_rate"], 12.5);
        assert!(file["label"].is_null() && file["max_concurrency"].is_null());
    }
}

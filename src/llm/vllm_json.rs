//! Writes a result in the JSON schema of `vllm bench serve --save-result`.
//!
//! Names and units are those of vLLM: milliseconds in `…_ms`, seconds in arrays. The numbers have the
//! meaning that [`BenchResult`] documents.

use serde_json::{Map, Value, json};

use super::aggregate::{BenchResult, RequestRecord, ServerResult};
use super::hardware::Hardware;
use super::pool::Statistics;

/// The description of the run in a result file.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct VllmSetup {
    /// The date, such as `20261124-142957`.
    pub date: String,
    /// vLLM's name for the kind of endpoint, such as `openai-chat`.
    pub backend: String,
    /// The model.
    pub model_id: String,
    /// The planned number of requests.
    pub num_prompts: u64,
    /// The planned requests per second; `None` for no limit, which is written as `"inf"`.
    pub request_rate: Option<f64>,
    /// The requests per second that were offered.
    pub offered_rate: Option<f64>,
    /// The shape of the gamma distribution of arrivals; 1 is a Poisson process.
    pub burstiness: f64,
    /// The limit on concurrent requests.
    pub max_concurrency: u64,
    /// The hardware of the server.
    pub hardware: Option<Hardware>,
    /// The kind of the dataset.
    pub dataset: &'static str,
}

/// Writes a result. With `is_detailed`, it has arrays with an item per request, which are empty unless requests were kept.
pub(crate) fn to_json(setup: &VllmSetup, result: &BenchResult, is_detailed: bool) -> Value {
    let mut file = Map::new();
    put_setup(&mut file, setup);
    put_totals(&mut file, result);
    if let Some(hardware) = &setup.hardware {
        put_economics(&mut file, hardware, result);
    }
    if is_detailed {
        put_requests(&mut file, &result.requests);
    }
    let more = json!({
        "max_output_tokens_per_s": result.max_output_tokens_per_second,
        "max_concurrent_requests": result.max_concurrent_requests,
        // Always 0: the figure is for audio, but vLLM's files contain it.
        "rtfx": 0.0,
    });
    put(&mut file, more);
    if result.servers.len() > 1 {
        let servers: Value = result.servers.iter().map(server).collect();
        put(&mut file, json!({ "servers": servers }));
    }
    for (name, statistics) in [
        ("ttft", Some(&result.ttft)),
        ("tpot", Some(&result.tpot)),
        ("itl", Some(&result.itl)),
        ("e2el", Some(&result.e2e)),
        ("client_queue_time", result.queued.as_ref()),
        (
            "e2el_including_client_queue",
            result.e2e_with_queue.as_ref(),
        ),
    ] {
        if let Some(statistics) = statistics {
            put_statistics(&mut file, name, statistics);
        }
    }
    Value::Object(file)
}

/// Adds the fields of an object.
fn put(file: &mut Map<String, Value>, object: Value) {
    if let Value::Object(object) = object {
        file.extend(object);
    }
}

/// The figures of one of several servers, with the names of the totals.
fn server(server: &ServerResult) -> Value {
    let mut part = Map::new();
    let fields = json!({
        "url": server.server,
        "completed": server.completed,
        "failed": server.failed,
        "cancelled": server.cancelled,
        "total_output_tokens": server.output_tokens,
    });
    put(&mut part, fields);
    put_statistics(&mut part, "ttft", &server.ttft);
    put_statistics(&mut part, "tpot", &server.tpot);
    put_statistics(&mut part, "e2el", &server.e2e);
    Value::Object(part)
}

fn put_setup(file: &mut Map<String, Value>, setup: &VllmSetup) {
    let request = json!({
        "date": setup.date,
        "endpoint_type": setup.backend,
        "backend": setup.backend,
        "label": null,
        "model_id": setup.model_id,
        "tokenizer_id": null,
        "num_prompts": setup.num_prompts,
        // These two are additions of ssel.
        "tool": concat!("ssel ", env!("CARGO_PKG_VERSION")),
        "dataset": setup.dataset,
        "request_rate": setup.request_rate.map_or(json!("inf"), |rate| json!(rate)),
        "burstiness": setup.burstiness,
        "max_concurrency": setup.max_concurrency,
    });
    put(file, request);
    // An addition of ssel: vLLM does not measure the rate that it achieved.
    if let Some(rate) = setup.offered_rate {
        file.insert("offered_request_rate".to_owned(), json!(rate));
    }
}

/// Adds figures that vLLM does not have.
fn put_economics(file: &mut Map<String, Value>, hardware: &Hardware, result: &BenchResult) {
    let found = hardware.economics(result);
    let mut fields = json!({
        "num_gpus": hardware.gpus,
        "output_throughput_per_gpu": found.output_per_gpu,
        "total_token_throughput_per_gpu": found.total_per_gpu,
        "output_tokens_per_second_per_user": found.per_user,
        "price_per_gpu_hour": hardware.price,
        "cost_per_million_output_tokens": found.cost,
        "watts_per_gpu": hardware.power,
        "joules_per_output_token": found.energy,
    });
    if let Value::Object(fields) = &mut fields {
        fields.retain(|_, value| !value.is_null());
    }
    put(file, fields);
}

fn put_totals(file: &mut Map<String, Value>, result: &BenchResult) {
    let totals = json!({
        "duration": result.duration,
        "completed": result.completed,
        "failed": result.failed,
        "cancelled": result.cancelled,
        "bunched": result.bunched,
        "total_input_tokens": result.input_tokens,
        "estimated_input_tokens": result.estimated_input_tokens,
        "cached_input_tokens": (result.cache_reports > 0).then_some(result.cached_tokens),
        "total_output_tokens": result.output_tokens,
        "request_throughput": result.request_throughput,
        "request_goodput": result.request_goodput,
        "output_throughput": result.output_throughput,
        "total_token_throughput": result.total_token_throughput,
    });
    put(file, totals);
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
    // A missing latency is 0 in vLLM's files.
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
        // Rust, like Python, formats 99.0 as p99 and 99.9 as p99.9.
        file.insert(format!("p{p}_{name}_ms"), ms(*value));
    }
}

#[cfg(test)]
mod tests {
    use super::super::aggregate::tests::small_run;
    use super::*;

    #[test]
    fn a_result_is_written_in_vllms_schema() {
        let setup = VllmSetup {
            date: "20261124-142957".to_owned(),
            backend: "openai-chat".to_owned(),
            model_id: "tiny-random".to_owned(),
            num_prompts: 4,
            burstiness: 1.0,
            max_concurrency: 8,
            dataset: "random",
            ..VllmSetup::default()
        };
        let mut json = to_json(&setup, &small_run(), true);
        json["tool"] = json!("ssel");
        let text = serde_json::to_string_pretty(&json).unwrap() + "\n";
        assert_eq!(text, include_str!("vllm_json/golden.json"));
    }

    #[test]
    fn without_details_there_is_no_array() {
        let setup = VllmSetup {
            request_rate: Some(12.5),
            ..VllmSetup::default()
        };
        let json = to_json(&setup, &small_run(), false);
        let file = json.as_object().unwrap();
        assert!(file.values().all(|value| !value.is_array()));
        assert_eq!(file["request_rate"], 12.5);
        assert!(file["label"].is_null() && file["tokenizer_id"].is_null());
    }
}

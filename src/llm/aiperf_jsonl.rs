//! Writes requests in the schema of `AIPerf`'s `profile_export.jsonl`: a JSON object for each request, with metadata,
//! metrics and error.
//!
//! Names, units and nesting are those of `AIPerf`; the numbers have the meaning that [`RequestRecord`] documents.

use std::time::Duration;

use serde_json::{Value, json};

use super::aggregate::RequestRecord;
use super::outcome::kind;

/// A run as a phase of a profile.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ProfilePhase<'a> {
    /// The index of the phase.
    pub index: u64,
    /// The name of the phase, such as its load.
    pub name: &'a str,
    /// The start of the run since the Unix epoch.
    pub started: Duration,
}

/// A line for each request. `session_num` starts at `first`.
pub(crate) fn lines(phase: &ProfilePhase<'_>, requests: &[RequestRecord], first: u64) -> String {
    let lines = requests.iter().zip(first..);
    lines
        .map(|(request, number)| {
            let line = json!({
                "metadata": metadata(phase, request, number),
                "metrics": metrics(request),
                "error": error(request),
            });
            line.to_string() + "\n"
        })
        .collect()
}

fn metadata(phase: &ProfilePhase<'_>, request: &RequestRecord, number: u64) -> Value {
    let at = |seconds: f64| {
        let since = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        let at = phase.started.saturating_add(since).as_nanos();
        u64::try_from(at).unwrap_or(u64::MAX)
    };
    let end = at(request.start + request.end);
    let is_cancelled = is_cancelled(request);
    let mut metadata = json!({
        "session_num": number,
        "x_request_id": null,
        "x_correlation_id": null,
        "conversation_id": null,
        "turn_index": 0,
        "credit_issued_ns": at(request.start - request.queued),
        "request_start_ns": at(request.start),
        "request_ack_ns": null,
        "request_end_ns": end,
        "worker_id": "ssel",
        "record_processor_id": "ssel",
        "benchmark_phase": "profiling",
        "phase_index": phase.index,
        "profiling_index": phase.index,
        "phase_name": phase.name,
        "phase_kind": "profiling",
        "was_cancelled": is_cancelled,
        "cancellation_time_ns": is_cancelled.then_some(end),
    });
    if request.is_prompt_estimated
        && let Value::Object(metadata) = &mut metadata
    {
        // An addition to AIPerf's schema, whose models accept further fields.
        metadata.insert("input_sequence_length_is_estimate".to_owned(), true.into());
    }
    metadata
}

/// The metrics; empty for a failed request, as in `AIPerf`.
fn metrics(request: &RequestRecord) -> Value {
    if request.failure.is_some() {
        return json!({});
    }
    let ms = |seconds: f64| json!(seconds * 1e3);
    let tokens = request.completion_tokens;
    let gaps = Some(&request.gaps).filter(|gaps| !gaps.is_empty() && !request.is_bunched);
    let span = request.e2e.zip(request.ttft).map(|(e2e, ttft)| e2e - ttft);
    let itl = span.filter(|span| !request.is_bunched && tokens > 1 && *span > 0.0);
    let itl = itl.map(|span| span / (tokens - 1) as f64);
    let metrics = [
        ("time_to_first_token", "ms", request.ttft.map(ms)),
        ("time_to_second_token", "ms", gaps.map(|gaps| ms(gaps[0]))),
        ("request_latency", "ms", request.e2e.map(ms)),
        ("inter_token_latency", "ms", itl.map(ms)),
        (
            "output_token_throughput_per_user",
            "tokens/sec/user",
            itl.map(|itl| json!(1.0 / itl)),
        ),
        (
            "inter_chunk_latency",
            "ms",
            gaps.map(|gaps| gaps.iter().map(|gap| ms(*gap)).collect()),
        ),
        ("output_sequence_length", "tokens", Some(json!(tokens))),
        (
            "input_sequence_length",
            "tokens",
            Some(json!(request.prompt_tokens)),
        ),
    ];
    let known = metrics.into_iter().filter_map(|(name, unit, value)| {
        Some((name.to_owned(), json!({ "value": value?, "unit": unit })))
    });
    Value::Object(known.collect())
}

fn error(request: &RequestRecord) -> Value {
    match &request.failure {
        None => Value::Null,
        // AIPerf's own code for a request that it cancelled.
        Some((_, message)) if is_cancelled(request) => {
            json!({ "code": 499, "type": "RequestCancellationError", "message": message })
        }
        Some((kind, message)) => json!({ "code": null, "type": kind, "message": message }),
    }
}

fn is_cancelled(request: &RequestRecord) -> bool {
    let failure = request.failure.as_ref();
    failure.is_some_and(|(kind, _)| *kind == kind::CANCELLED)
}

#[cfg(test)]
mod tests {
    use super::super::aggregate::tests::small_run;
    use super::*;

    #[test]
    fn each_request_is_a_line_in_the_schema_of_aiperf() {
        let phase = ProfilePhase {
            index: 1,
            name: "8 concurrent requests",
            started: Duration::from_secs(1_700_000_000),
        };
        let text = lines(&phase, &small_run().requests, 10);
        let lines: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines.len(), 4);
        let (first, last) = (&lines[0], &lines[3]);
        assert_eq!(first["metadata"]["session_num"], 10);
        assert_eq!(
            first["metadata"]["request_start_ns"],
            1_700_000_000_000_000_000_u64
        );
        assert_eq!(first["metadata"]["benchmark_phase"], "profiling");
        assert_eq!(first["metadata"]["phase_name"], "8 concurrent requests");
        let metric = |name: &str| {
            let metric = &first["metrics"][name];
            (
                metric["value"].as_f64().unwrap().round(),
                metric["unit"].as_str().unwrap(),
            )
        };
        assert_eq!(metric("time_to_first_token"), (100.0, "ms"));
        assert_eq!(metric("request_latency"), (250.0, "ms"));
        // (250 − 100) / 2
        assert_eq!(metric("inter_token_latency"), (75.0, "ms"));
        assert_eq!(metric("output_sequence_length"), (3.0, "tokens"));
        assert_eq!(
            first["metrics"]["inter_chunk_latency"]["value"]
                .as_array()
                .unwrap()
                .len(),
            2
        );
        assert!(first["error"].is_null());
        assert_eq!(last["error"]["type"], "reset");
        assert_eq!(last["metrics"], json!({}));
    }
}

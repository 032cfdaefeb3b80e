//! The other APIs, and what all of them have in common.

use serde_json::{Value, json};

use super::{CHAT, assert_shape, events, outline};
use crate::serve::tests::client::{Answer, get, post, post_with, target};

#[tokio::test]
async fn messages_open_and_close_their_blocks() {
    let addr = target().await;
    let body =
        r#"{"model":"m","stream":true,"max_tokens":2,"messages":[{"role":"user","content":"hi"}]}"#;
    let answer = post(addr, "/v1/messages", body).await;
    assert_eq!(
        outline(&answer),
        "message_start|content_block_start|content_block_delta|content_block_delta|content_block_stop|message_delta|message_stop"
    );
    let vllm = events(&answer).concat();
    assert_shape(
        &vllm[2],
        r#"{"type":"content_block_delta","delta":{"type":"text_delta","text":"structure"},"index":0}"#,
    );
    assert_shape(
        &vllm[5],
        r#"{"type":"message_delta","delta":{"stop_reason":"max_tokens","stop_sequence":null},"usage":{"input_tokens":9,"output_tokens":4}}"#,
    );
    assert!(
        answer
            .content()
            .starts_with("event: message_start\ndata: {")
    );

    let answer = post(addr, "/v1/messages?server=llama", body).await;
    assert_eq!(
        outline(&answer),
        "message_start,content_block_start,content_block_delta|content_block_delta|content_block_stop,message_delta,message_stop"
    );
    let llama = events(&answer).concat();
    assert_shape(
        &llama[0],
        r#"{"type":"message_start","message":{"id":"chatcmpl-xlAa","type":"message","role":"assistant","content":[],"model":"tiny-random","stop_reason":null,"stop_sequence":null,"usage":{"cache_read_input_tokens":28,"input_tokens":1,"output_tokens":0}}}"#,
    );
    assert_shape(
        &llama[2],
        r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" Sau"}}"#,
    );
    assert_shape(
        &llama[5],
        r#"{"type":"message_delta","delta":{"stop_reason":"max_tokens","stop_sequence":null},"usage":{"output_tokens":3}}"#,
    );
}

#[tokio::test]
async fn thinking_and_tools_are_separate_blocks() {
    let addr = target().await;
    let body = r#"{"stream":true,"messages":[{"role":"user","content":"hi"}],"tools":[{"name":"look_up"}]}"#;
    let answer = post(addr, "/v1/messages?reasoning=1&tokens=1&tool=1", body).await;
    let events: Vec<Value> = events(&answer)
        .concat()
        .iter()
        .map(|event| serde_json::from_str(event).unwrap())
        .collect();
    let blocks: Vec<(u64, &str)> = events
        .iter()
        .filter(|event| event["type"] == "content_block_start")
        .map(|event| {
            (
                event["index"].as_u64().unwrap(),
                event["content_block"]["type"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(blocks, [(0, "thinking"), (1, "text"), (2, "tool_use")]);
    let deltas = events
        .iter()
        .filter_map(|event| event["delta"]["type"].as_str())
        .collect::<Vec<_>>()
        .join(" ");
    assert!(
        deltas.starts_with("thinking_delta signature_delta text_delta input_json_delta"),
        "{deltas}"
    );
    assert_eq!(events[events.len() - 2]["delta"]["stop_reason"], "tool_use");
}

#[tokio::test]
async fn responses_open_and_close_their_items() {
    let addr = target().await;
    let body = r#"{"model":"m","stream":true,"input":"say hello"}"#;
    let answer = post(addr, "/v1/responses?tokens=2&server=llama", body).await;
    assert_eq!(
        outline(&answer),
        "response.created|response.in_progress|response.output_item.added|response.content_part.added|\
         response.output_text.delta|response.output_text.delta|response.output_text.done|\
         response.content_part.done|response.output_item.done|response.completed"
    );
    let llama = events(&answer).concat();
    for (at, expected) in [
        (
            1,
            r#"{"type":"response.in_progress","response":{"id":"resp-gH","object":"response","created_at":1795530489,"model":"gpt-4o","status":"in_progress","output":[]}}"#,
        ),
        (
            2,
            r#"{"type":"response.output_item.added","output_index":0,"item":{"type":"message","id":"msg-WW","status":"in_progress","role":"assistant","content":[]}}"#,
        ),
        (
            3,
            r#"{"type":"response.content_part.added","item_id":"msg-WW","output_index":0,"content_index":0,"part":{"type":"output_text","text":"","annotations":[]}}"#,
        ),
        (
            4,
            r#"{"type":"response.output_text.delta","item_id":"msg-WW","output_index":0,"content_index":0,"delta":"Hello! H"}"#,
        ),
        (
            6,
            r#"{"type":"response.output_text.done","item_id":"msg-WW","output_index":0,"content_index":0,"text":"Hello"}"#,
        ),
        (
            8,
            r#"{"type":"response.output_item.done","output_index":0,"item":{"type":"message","id":"msg-WW","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hello","annotations":[]}]}}"#,
        ),
        (
            9,
            r#"{"type":"response.completed","response":{"id":"resp-gH","object":"response","created_at":1795530489,"model":"gpt-4o","status":"completed","output":[{"type":"message","id":"msg-WW","status":"completed","role":"assistant","content":[{"type":"output_text","text":"Hello","annotations":[]}]}],"usage":{"input_tokens":0,"output_tokens":0,"total_tokens":0}}}"#,
        ),
    ] {
        assert_shape(&llama[at], expected);
    }
    let vllm = events(&post(addr, "/v1/responses?tokens=2", body).await).concat();
    for (number, event) in (0..).zip(&vllm) {
        let event: Value = serde_json::from_str(event).unwrap();
        assert_eq!(event["sequence_number"], json!(number));
    }
}

#[tokio::test]
async fn a_response_cut_by_its_limit_is_incomplete_but_vllm_calls_it_complete() {
    let addr = target().await;
    let body = r#"{"stream":true,"input":"hi","max_output_tokens":2}"#;
    let vendor = events(&post(addr, "/v1/responses?server=vendor", body).await).concat();
    assert!(
        vendor
            .last()
            .unwrap()
            .starts_with(r#"{"type":"response.incomplete""#)
    );
    let vllm = events(&post(addr, "/v1/responses", body).await).concat();
    let last: Value = serde_json::from_str(vllm.last().unwrap()).unwrap();
    assert_eq!(last["type"], "response.completed");
    assert_eq!(
        last["response"]["incomplete_details"]["reason"],
        "max_output_tokens"
    );
}

#[tokio::test]
async fn ollama_sends_lines_of_json_and_streams_unasked() {
    let addr = target().await;
    let body = r#"{"model":"llama3","messages":[{"role":"user","content":"hello"}]}"#;
    let answer = post(addr, "/api/chat?tokens=2&ttft=3ms&itl=2ms", body).await;
    assert_eq!(
        answer.header("content-type").as_deref(),
        Some("application/x-ndjson")
    );
    let (lines, is_complete) = answer.chunks();
    assert!(is_complete && lines.len() == 3 && lines.iter().all(|line| line.ends_with("}\n")));
    assert_shape(
        &lines[0],
        r#"{"model":"llama3","created_at":"2026-11-24T14:28:10.338Z","message":{"role":"assistant","content":"Hello! H"},"done":false}"#,
    );
    assert_shape(
        &lines[2],
        r#"{"model":"llama3","created_at":"2026-11-24T14:28:10.338Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","total_duration":0,"load_duration":0,"prompt_eval_count":0,"prompt_eval_duration":0,"eval_count":0,"eval_duration":0}"#,
    );
    let last: Value = serde_json::from_str(&lines[2]).unwrap();
    assert_eq!(
        (&last["prompt_eval_duration"], &last["eval_duration"]),
        (&json!(3_000_000), &json!(2_000_000))
    );
}

/// The text of a streamed reply and that of a whole one, put together from their places.
fn texts(answer: &Answer, streamed: &[&str], whole: &str, body: &Value) -> (String, String) {
    let events = answer.content();
    let data = events
        .lines()
        .map(|line| line.strip_prefix("data: ").unwrap_or(line));
    let parsed = data.filter_map(|data| serde_json::from_str::<Value>(data).ok());
    let pieces = parsed.filter_map(|event| {
        streamed
            .iter()
            .find_map(|place| event.pointer(place)?.as_str().map(str::to_owned))
    });
    (
        pieces.collect(),
        body.pointer(whole).unwrap().as_str().unwrap().to_owned(),
    )
}

#[tokio::test]
async fn a_reply_without_streaming_has_the_same_text() {
    let addr = target().await;
    let messages = r#""messages":[{"role":"user","content":"hi"}]"#;
    for (path, prompt, streamed, whole) in [
        (
            "/v1/chat/completions",
            messages,
            "/choices/0/delta/content",
            "/choices/0/message/content",
        ),
        (
            "/v1/completions",
            r#""prompt":"hi""#,
            "/choices/0/text",
            "/choices/0/text",
        ),
        ("/v1/messages", messages, "/delta/text", "/content/0/text"),
        (
            "/v1/responses",
            r#""input":"hi""#,
            "/delta",
            "/output/0/content/0/text",
        ),
        (
            "/api/chat",
            messages,
            "/message/content",
            "/message/content",
        ),
    ] {
        for server in ["vllm", "llama", "vendor"] {
            let path = format!("{path}?tokens=40&tokens_per_chunk=3&server={server}");
            let stream = post(addr, &path, &format!(r#"{{"stream":true,{prompt}}}"#)).await;
            let body = post(addr, &path, &format!(r#"{{"stream":false,{prompt}}}"#)).await;
            assert_eq!(
                body.header("content-type").as_deref(),
                Some("application/json")
            );
            let (streamed, whole) = texts(&stream, &[streamed], whole, &body.json());
            assert_eq!(streamed, whole, "{path}");
            assert_eq!(whole.split_whitespace().count(), 40, "{path}");
        }
    }
}

#[tokio::test]
async fn tokens_can_contain_their_time_of_sending() {
    let addr = target().await;
    for path in ["/v1/chat/completions", "/v1/messages", "/api/chat"] {
        let plain = post(addr, &format!("{path}?tokens=2"), CHAT).await;
        assert!(!plain.text().contains("ssel_sent"), "{path}");
        let headers = "x-ssel-clock: 1\r\nconnection: close\r\n";
        let stamped = post_with(addr, &format!("{path}?tokens=2"), headers, CHAT)
            .await
            .content();
        let stamps: Vec<f64> = stamped
            .lines()
            .filter_map(|line| {
                serde_json::from_str::<Value>(line.strip_prefix("data: ").unwrap_or(line)).ok()
            })
            .filter_map(|event| event["ssel_sent"].as_f64())
            .collect();
        assert_eq!(stamps.len(), 2, "{path}: {stamped}");
        assert!(stamps[0] <= stamps[1] && stamps[0] > 1.7e9, "{path}");
    }
}

#[tokio::test]
async fn the_text_of_tokens_can_be_their_time_of_sending() {
    let addr = target().await;
    let path = "/v1/completions?stamp=1&tokens=3&reasoning=1&clock=1";
    let stream = post(addr, path, r#"{"stream":true,"prompt":"x"}"#).await;
    let text = stream.text();
    let stamps: Vec<(f64, f64)> = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok())
        .filter_map(|event| {
            let said = event["choices"][0]["text"].as_str()?.trim().parse().ok()?;
            Some((said, event["ssel_sent"].as_f64()?))
        })
        .collect();
    assert_eq!(stamps.len(), 3, "{text}");
    assert!(
        stamps.iter().all(|(said, sent)| (said - sent).abs() < 1e-6),
        "{text}"
    );
}

#[tokio::test]
async fn models_are_listed() {
    let addr = target().await;
    let models = get(addr, "/v1/models?models=a,%20b").await.json();
    assert_eq!(models["object"], "list");
    assert_eq!(
        (&models["data"][0]["id"], &models["data"][1]["id"]),
        (&json!("a"), &json!("b"))
    );
}

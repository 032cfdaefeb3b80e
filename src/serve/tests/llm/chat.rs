//! Chat completions and plain ones: framing and fields for each server. The expected documents are what those servers
//! send.

use serde_json::{Value, json};

use super::{CHAT, assert_shape, chat, events, outline};
use crate::serve::tests::client::{post, post_with, target};

#[tokio::test]
async fn vllm_sends_each_event_in_its_own_chunk_and_the_finish_on_the_last_token() {
    let addr = target().await;
    let answer = chat(addr, "").await;
    assert_eq!(
        answer.header("content-type").as_deref(),
        Some("text/event-stream; charset=utf-8")
    );
    assert_eq!(
        outline(&answer),
        "role+content|content|content|content=length|usage|[DONE]"
    );
    assert!(answer.chunks().1);
    let events = events(&answer).concat();
    assert_shape(
        &events[0],
        r#"{"id":"chatcmpl-be13","object":"chat.completion.chunk","created":1795530598,"model":"tiny-random","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"prompt_token_ids":null,"prompt_text":null}"#,
    );
    assert_shape(
        &events[1],
        r#"{"id":"chatcmpl-be13","object":"chat.completion.chunk","created":1795530598,"model":"tiny-random","choices":[{"index":0,"delta":{"content":" Center"},"logprobs":null,"finish_reason":null,"token_ids":null}]}"#,
    );
    assert_shape(
        &events[3],
        r#"{"id":"chatcmpl-be13","object":"chat.completion.chunk","created":1795530598,"model":"tiny-random","choices":[{"index":0,"delta":{"content":"09"},"logprobs":null,"finish_reason":"length","stop_reason":null,"token_ids":null}]}"#,
    );
    assert_shape(
        &events[4],
        r#"{"id":"chatcmpl-be13","object":"chat.completion.chunk","created":1795530598,"model":"tiny-random","choices":[],"usage":{"prompt_tokens":22,"total_tokens":28,"completion_tokens":6},"system_fingerprint":"vllm-0.32.0"}"#,
    );
    assert!(
        events[4].contains(r#""usage":{"prompt_tokens":5,"total_tokens":8,"completion_tokens":3}"#)
    );
}

#[tokio::test]
async fn llama_sends_the_role_with_the_first_token_and_the_usage_with_the_finish_and_hangs_up() {
    let addr = target().await;
    let answer = post_with(addr, "/v1/chat/completions?server=llama", "", CHAT).await;
    assert_eq!(
        answer.header("content-type").as_deref(),
        Some("text/event-stream")
    );
    assert_eq!(
        answer.header("keep-alive").as_deref(),
        Some("timeout=5, max=100")
    );
    assert_eq!(
        answer.header("access-control-allow-origin").as_deref(),
        Some("")
    );
    assert_eq!(answer.header("connection"), None);
    assert_eq!(
        outline(&answer),
        "role+content,content|content|content|=length,usage|[DONE]"
    );
    assert!(answer.chunks().1 && !answer.was_reset);
    let events = events(&answer).concat();
    assert_shape(
        &events[0],
        r#"{"choices":[{"finish_reason":null,"index":0,"delta":{"role":"assistant","content":null}}],"created":1795530553,"id":"chatcmpl-Z5Hs","model":"tiny-random","system_fingerprint":"b1-0c1e570","object":"chat.completion.chunk"}"#,
    );
    assert_shape(
        &events[1],
        r#"{"choices":[{"finish_reason":null,"index":0,"delta":{"content":" hizo"}}],"created":1795530553,"id":"chatcmpl-Z5Hs","model":"tiny-random","system_fingerprint":"b1-0c1e570","object":"chat.completion.chunk"}"#,
    );
    assert_shape(
        &events[4],
        r#"{"choices":[{"finish_reason":"length","index":0,"delta":{}}],"created":1795530553,"id":"chatcmpl-Z5Hs","model":"tiny-random","system_fingerprint":"b1-0c1e570","object":"chat.completion.chunk"}"#,
    );
    assert_shape(
        &events[5],
        r#"{"choices":[],"created":1795530553,"id":"chatcmpl-Z5Hs","model":"tiny-random","system_fingerprint":"b1-0c1e570","object":"chat.completion.chunk","usage":{"completion_tokens":8,"prompt_tokens":51,"total_tokens":59,"prompt_tokens_details":{"cached_tokens":0}},"timings":{"cache_n":0,"prompt_n":51,"prompt_ms":6.132,"prompt_per_token_ms":0.12,"prompt_per_second":8317.0,"predicted_n":8,"predicted_ms":7.492,"predicted_per_token_ms":1.07,"predicted_per_second":934.3}}"#,
    );
}

#[tokio::test]
async fn llama_puts_timings_on_the_finish_when_no_usage_is_asked_for() {
    let addr = target().await;
    let answer = chat(addr, "server=llama&usage=never&ttft=4ms").await;
    assert_eq!(
        outline(&answer),
        "role+content,content|content|content|=length|[DONE]"
    );
    let finish: Value = serde_json::from_str(&events(&answer)[3][0]).unwrap();
    assert_eq!(finish["timings"]["prompt_n"], 5);
    assert_eq!(finish["timings"]["prompt_ms"], 4.0);
}

#[tokio::test]
async fn a_vendor_sends_the_finish_in_its_own_event_and_null_usage_before() {
    let addr = target().await;
    let answer = chat(addr, "server=vendor").await;
    assert_eq!(
        outline(&answer),
        "role+content|content|content|content|=length|usage|[DONE]"
    );
    let events = events(&answer).concat();
    assert!(
        events[..5]
            .iter()
            .all(|event| event.contains(r#""usage":null"#))
    );
    let answer = chat(addr, "server=vendor&usage=never").await;
    assert!(!answer.text().contains("usage"));
}

#[tokio::test]
async fn each_server_has_its_own_name_for_reasoning() {
    let addr = target().await;
    let outline = async |server: &str| {
        outline(&chat(addr, &format!("server={server}&reasoning=1&tokens=1")).await)
    };
    assert_eq!(
        outline("vllm").await,
        "role+content|reasoning|content=stop|usage|[DONE]"
    );
    assert_eq!(
        outline("llama").await,
        "role+content,reasoning_content|content|=stop,usage|[DONE]"
    );
}

#[tokio::test]
async fn a_reply_may_be_empty() {
    let addr = target().await;
    assert_eq!(
        outline(&chat(addr, "tokens=0").await),
        "role+content|content=stop|usage|[DONE]"
    );
    assert_eq!(
        outline(&chat(addr, "tokens=0&server=llama").await),
        "role+content,=stop,usage|[DONE]"
    );
    assert_eq!(
        outline(&chat(addr, "tokens=1&finish=null&usage=never").await),
        "role+content|content|[DONE]"
    );
}

#[tokio::test]
async fn several_answers_are_interleaved() {
    let addr = target().await;
    let body = CHAT.replace(r#""stream":true"#, r#""stream":true,"n":2"#);
    let answer = post(addr, "/v1/chat/completions?tokens=2", &body).await;
    assert_eq!(
        outline(&answer),
        "role+content|role+content|content|content|content=stop|content=stop|usage|[DONE]"
    );
    let index =
        |event: &String| serde_json::from_str::<Value>(event).ok()?["choices"][0]["index"].as_u64();
    let indices: Vec<_> = events(&answer).concat().iter().filter_map(index).collect();
    assert_eq!(indices, [0, 1, 0, 1, 0, 1]);
    assert!(answer.text().contains(r#""completion_tokens":4}"#));
}

#[tokio::test]
async fn continuous_usage_is_in_every_chunk() {
    let addr = target().await;
    let body = CHAT.replace(
        "{\"include_usage\":true}",
        r#"{"include_usage":true,"continuous_usage_stats":true}"#,
    );
    let events = events(&post(addr, "/v1/chat/completions", &body).await).concat();
    assert_shape(
        &events[0],
        r#"{"id":"chatcmpl-8c29","object":"chat.completion.chunk","created":1795530598,"model":"tiny-random","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"usage":{"prompt_tokens":13,"total_tokens":13,"completion_tokens":0,"completion_tokens_details":null},"prompt_token_ids":null,"prompt_text":null}"#,
    );
    assert!(events[2].contains(r#""usage":{"prompt_tokens":5,"total_tokens":7,"completion_tokens":2,"completion_tokens_details":null}"#));
}

#[tokio::test]
async fn tool_calls_come_in_pieces() {
    let addr = target().await;
    let body = CHAT.replace(
        r#""stream":true"#,
        r#""stream":true,"tools":[{"type":"function","function":{"name":"look_up"}}]"#,
    );
    let answer = post(
        addr,
        "/v1/chat/completions?server=vendor&tool=2&usage=never",
        &body,
    )
    .await;
    assert_eq!(
        outline(&answer),
        format!("role+content|{}=tool_calls|[DONE]", "tool_calls|".repeat(8))
    );
    let events = events(&answer).concat();
    assert!(events[1].contains(r#""function":{"name":"look_up","arguments":""}"#));
    let arguments: String = events[2..5]
        .iter()
        .map(|event| {
            let event: Value = serde_json::from_str(event).unwrap();
            event["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(
        serde_json::from_str::<Value>(&arguments).unwrap(),
        json!({"city": "Paris"})
    );
}

#[tokio::test]
async fn completions_have_text_and_no_role() {
    let addr = target().await;
    let body = r#"{"stream":true,"stream_options":{"include_usage":true},"max_tokens":3,"prompt":"Say hello"}"#;
    let answer = post(addr, "/v1/completions", body).await;
    assert_eq!(outline(&answer), "text|text|text=length|usage|[DONE]");
    let events = events(&answer).concat();
    assert_shape(
        &events[2],
        r#"{"id":"cmpl-aa2a","object":"text_completion","created":1795530598,"model":"tiny-random","choices":[{"index":0,"text":" Iss","logprobs":null,"finish_reason":"length","stop_reason":null,"prompt_token_ids":null,"token_ids":null}]}"#,
    );
    let answer = post(addr, "/v1/completions?server=llama&usage=never", body).await;
    assert_eq!(outline(&answer), "text|text|text|text=length|[DONE]");
}

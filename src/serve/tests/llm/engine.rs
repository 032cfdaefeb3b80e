//! What a server does with load, and what it tells of itself.

#![allow(clippy::float_cmp, reason = "counts and their quotients are exact")]

use serde_json::{Value, json};

use super::CHAT;
use crate::serve::tests::client::{get, post, target};

/// The value of a series in `/metrics`.
async fn metric(addr: std::net::SocketAddr, path: &str, series: &str) -> f64 {
    let page = get(addr, path).await.text();
    let line = page.lines().find_map(|line| line.strip_prefix(series));
    let value = line.unwrap_or_else(|| panic!("{series}: {page}"));
    value.trim().parse().unwrap()
}

#[tokio::test]
async fn metrics_count_what_was_served() {
    let addr = target().await;
    let prompt = "w ".repeat(40);
    let body = format!(r#"{{"stream":false,"max_tokens":8,"prompt":"{prompt}"}}"#);
    let path = "/v1/completions?cache=1000&block=16&draft=3&acceptance=1";
    let first = post(addr, path, &body).await.json();
    assert_eq!(
        first["usage"]["prompt_tokens_details"]["cached_tokens"],
        json!(0)
    );
    let second = post(addr, path, &body).await.json();
    assert_eq!(
        second["usage"]["prompt_tokens_details"]["cached_tokens"],
        json!(32)
    );
    let untold = post(addr, &format!("{path}&details=0"), &body).await.json();
    assert!(untold["usage"].get("prompt_tokens_details").is_none());
    let labels = r#"{model_name="ssel",engine="0""#;
    for (name, value) in [
        ("num_requests_running", 0.0),
        ("prompt_tokens_total", 120.0),
        ("prompt_tokens_cached_total", 64.0),
        ("prefix_cache_queries_total", 120.0),
        ("prefix_cache_hits_total", 64.0),
        ("generation_tokens_total", 24.0),
        ("spec_decode_num_drafts_total", 6.0),
        ("spec_decode_num_accepted_tokens_total", 18.0),
        ("time_to_first_token_seconds_count", 3.0),
    ] {
        let series = format!("vllm:{name}{labels}}}");
        assert_eq!(metric(addr, "/metrics", &series).await, value, "{name}");
    }
    let length = format!(r#"vllm:request_success_total{labels},finished_reason="length"}}"#);
    assert_eq!(metric(addr, "/metrics", &length).await, 3.0);
    let llama = "/metrics?server=llama";
    assert_eq!(
        metric(addr, llama, "llamacpp:prompt_tokens_total").await,
        56.0
    );
    let rate = r#"sglang:cache_hit_rate{model_name="ssel"}"#;
    assert_eq!(
        metric(addr, "/metrics?server=sglang", rate).await,
        64.0 / 120.0
    );
}

#[tokio::test]
async fn a_client_that_leaves_is_counted_as_aborted() {
    let addr = target().await;
    let leaves = post(addr, "/v1/chat/completions?itl=1h&tokens=2", CHAT);
    let waited = tokio::time::timeout(std::time::Duration::from_millis(200), leaves).await;
    assert!(waited.is_err());
    let series =
        r#"vllm:request_success_total{model_name="ssel",engine="0",finished_reason="abort"}"#;
    while metric(addr, "/metrics", series).await < 1.0 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_reply_that_outgrows_the_cache_is_refused() {
    let addr = target().await;
    let answer = post(addr, "/v1/chat/completions?kv=7&tokens=3", CHAT).await;
    assert_eq!(answer.status(), 400);
    let answer = post(addr, "/v1/chat/completions?kv=8&tokens=3", CHAT).await;
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn tokens_are_counted_in_both_forms() {
    let addr = target().await;
    let vllm = post(addr, "/tokenize?ctx=100", r#"{"prompt":"a b a"}"#).await;
    let vllm = vllm.json();
    assert_eq!(
        (&vllm["count"], &vllm["max_model_len"]),
        (&json!(3), &json!(100))
    );
    assert_eq!(vllm["tokens"][0], vllm["tokens"][2]);
    let chat = post(addr, "/tokenize", CHAT).await.json();
    assert_eq!(chat["count"], 5);
    let llama = post(addr, "/tokenize", r#"{"content":"a b","with_pieces":true}"#).await;
    assert_eq!(llama.json()["tokens"][1]["piece"], "b");
    assert_eq!(post(addr, "/tokenize", "{}").await.status(), 400);
}

#[tokio::test]
async fn embeddings_and_ranks_are_returned() {
    let addr = target().await;
    let body = r#"{"input":["a b","c"],"dimensions":4}"#;
    let answer = post(addr, "/v1/embeddings", body).await.json();
    assert_eq!(answer["usage"]["prompt_tokens"], 3);
    assert_eq!(answer["data"][1]["embedding"].as_array().unwrap().len(), 4);
    let ids = post(
        addr,
        "/v1/embeddings",
        r#"{"input":[1,2,3],"encoding_format":"base64"}"#,
    );
    let ids = ids.await.json();
    assert!(ids["data"][0]["embedding"].is_string() && ids["data"][1] == Value::Null);
    let body = r#"{"query":"red fox","documents":["blue","a red fox","red"],"top_n":2}"#;
    for path in ["/v1/rerank", "/v2/rerank", "/rerank"] {
        let answer = post(addr, path, body).await.json();
        let results = answer["results"].as_array().unwrap();
        assert_eq!(
            (results.len(), &results[0]["index"]),
            (2, &json!(1)),
            "{path}"
        );
    }
    assert_eq!(post(addr, "/v1/embeddings", "{}").await.status(), 400);
}

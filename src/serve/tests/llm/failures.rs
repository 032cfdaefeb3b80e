//! What an LLM route refuses, and the failures it is asked for.

use serde_json::{Value, json};

use super::{CHAT, chat, kind, outline};
use crate::serve::tests::client::{Answer, post, post_with, target};

fn content_events(answer: &Answer) -> usize {
    answer.text().matches(r#""content":" "#).count()
        + answer.text().matches(r#""content":"light"#).count()
}

#[tokio::test]
async fn a_bad_body_is_refused_before_the_stream() {
    let addr = target().await;
    for server in ["vllm", "llama", "vendor"] {
        let path = format!("/v1/chat/completions?server={server}");
        for body in [
            "{\"stream\":true,",
            "",
            "[]",
            r#"{"stream":true}"#,
            r#"{"messages":[]}"#,
        ] {
            let answer = post(addr, &path, body).await;
            assert_eq!(answer.status(), 400, "{server} {body}");
            assert_eq!(
                answer.header("content-type").as_deref(),
                Some("application/json")
            );
            assert!(
                answer.json()["error"]["message"].is_string(),
                "{server} {body}"
            );
        }
    }
    assert_eq!(
        post(addr, "/v1/completions", "{}").await.json()["error"]["param"],
        "prompt"
    );
    assert_eq!(
        post(addr, "/v1/responses", "{}").await.json()["error"]["param"],
        "input"
    );
    assert_eq!(
        post(addr, "/v1/messages", "{}").await.json()["type"],
        "error"
    );
    assert_eq!(
        post(addr, "/api/chat", "{}").await.json(),
        json!({"error": "`messages` is required"})
    );
}

#[tokio::test]
async fn a_bad_parameter_is_named() {
    let addr = target().await;
    for (query, parameter) in [
        ("ttft=soon", "ttft"),
        ("fail=maybe", "fail"),
        ("fail=status:200", "fail"),
        ("fail_rate=2", "fail_rate"),
        ("server=klingon", "server"),
        ("tokens=-1", "tokens"),
        ("tokens=99999999999", "tokens"),
        ("temprature=1", "temprature"),
    ] {
        let answer = chat(addr, query).await;
        assert_eq!(
            (answer.status(), &answer.json()["error"]["param"]),
            (400, &json!(parameter)),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_request_needs_the_key() {
    let addr = target().await;
    assert_eq!(
        chat(addr, "key=sk-1").await.json(),
        json!({"error": "Unauthorized"})
    );
    let llama = chat(addr, "key=sk-1&server=llama").await;
    assert_eq!(llama.status(), 401);
    assert_eq!(
        llama.json(),
        json!({"error": {"code": 401, "message": "Invalid API Key", "type": "authentication_error"}})
    );
    for header in ["authorization: Bearer sk-1", "x-api-key: sk-1"] {
        let headers = format!("{header}\r\nx-ssel-key: sk-1\r\nconnection: close\r\n");
        assert_eq!(
            post_with(addr, "/v1/messages", &headers, CHAT)
                .await
                .status(),
            200,
            "{header}"
        );
    }
    // The key is asked for before the body is looked at.
    assert_eq!(
        post(addr, "/v1/chat/completions?key=a", "{").await.status(),
        401
    );
}

#[tokio::test]
async fn only_models_that_exist_answer() {
    let addr = target().await;
    let answer = chat(addr, "models=a,b").await;
    assert_eq!(answer.status(), 404);
    assert_eq!(
        answer.json(),
        json!({"error": {"message": "The model `m` does not exist. Valid aliases: a, b.",
            "type": "NotFoundError", "param": "model", "code": 404}})
    );
    assert_eq!(chat(addr, "models=a,m").await.status(), 200);
}

#[tokio::test]
async fn a_prompt_must_fit_into_the_context() {
    let addr = target().await;
    assert_eq!(chat(addr, "ctx=5").await.status(), 200);
    let error = chat(addr, "ctx=4&server=llama").await;
    assert_eq!(error.status(), 400);
    assert_eq!(
        error.json(),
        json!({"error": {"code": 400,
            "message": "request (5 tokens) exceeds the available context size (4 tokens), try increasing it",
            "type": "exceed_context_size_error", "n_prompt_tokens": 5, "n_ctx": 4}})
    );
    assert_eq!(
        chat(addr, "ctx=4").await.json()["error"]["type"],
        "BadRequestError"
    );
}

#[tokio::test]
async fn a_requested_status_replaces_the_stream() {
    let addr = target().await;
    let answer = chat(addr, "fail=status:503&server=llama").await;
    assert_eq!(
        (answer.status(), &answer.json()["error"]["code"]),
        (503, &json!(503))
    );
    let answer = chat(addr, "fail=429").await;
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.header("retry-after").as_deref(), Some("1"));
    assert_eq!(
        answer.header("x-ratelimit-remaining-requests").as_deref(),
        Some("0")
    );
}

#[tokio::test]
async fn an_error_comes_after_this_number_of_tokens() {
    let addr = target().await;
    let outline = async |query: &str| outline(&chat(addr, query).await);
    let fail = "tokens=4&fail_after=2&fail";
    assert_eq!(
        outline(&format!("{fail}=error-event")).await,
        "role+content|content|content|error"
    );
    assert_eq!(
        outline(&format!("{fail}=error-then-done")).await,
        "role+content|content|content|error|[DONE]"
    );
    assert_eq!(
        outline(&format!("{fail}=error-event&fail_after=0")).await,
        "role+content|error"
    );
    assert_eq!(
        outline(&format!("{fail}=no-done")).await,
        "role+content|content|content|content|content=length|usage"
    );
    assert_eq!(
        outline(&format!("{fail}=malformed")).await,
        "role+content|content|content|{\"choices\":[{\"delta\":|content|content=length|usage|[DONE]"
    );
}

#[tokio::test]
async fn a_connection_breaks_after_this_number_of_tokens() {
    let addr = target().await;
    for (fail, was_reset) in [
        ("truncate", false),
        ("reset", true),
        ("stall&hold=1ms", false),
    ] {
        for server in ["vllm", "llama"] {
            let answer = chat(
                addr,
                &format!("tokens=6&fail_after=4&server={server}&fail={fail}"),
            )
            .await;
            assert_eq!(answer.status(), 200);
            assert_eq!(content_events(&answer), 4, "{fail} {server}");
            assert_eq!(
                (answer.chunks().1, answer.was_reset),
                (false, was_reset),
                "{fail} {server}"
            );
        }
    }
}

#[tokio::test]
async fn half_the_tokens_come_before_a_failure_unless_said_otherwise() {
    let addr = target().await;
    assert_eq!(
        content_events(&chat(addr, "tokens=10&fail=truncate").await),
        5
    );
}

#[tokio::test]
async fn every_api_reports_errors_in_its_own_format() {
    let addr = target().await;
    let last = async |path: &str, body: &str| {
        let text = post(addr, &format!("{path}?fail=error-event"), body)
            .await
            .content();
        let line = text.trim_end().lines().last().unwrap().to_owned();
        serde_json::from_str::<Value>(line.strip_prefix("data: ").unwrap_or(&line)).unwrap()
    };
    let llama = chat(addr, "server=llama&fail=error-event").await;
    assert!(outline(&llama).ends_with("|error"));
    assert_eq!(
        last("/v1/messages", CHAT).await["error"]["type"],
        "overloaded_error"
    );
    let input = r#"{"stream":true,"input":"hi"}"#;
    assert_eq!(
        kind(&last("/v1/responses", input).await.to_string()),
        "error"
    );
    assert!(last("/api/chat", CHAT).await["error"].is_string());
}

#[tokio::test]
async fn a_fault_rate_affects_the_same_requests_on_every_server() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let addr = target().await;
        let mut statuses = Vec::new();
        for _ in 0..40 {
            statuses.push(
                chat(addr, "fail=status:500&fail_rate=0.5&seed=3&tokens=1")
                    .await
                    .status(),
            );
        }
        let failed = statuses.iter().filter(|status| **status == 500).count();
        assert!((5..35).contains(&failed), "{failed}");
        runs.push(statuses);
    }
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn a_reply_without_streaming_can_fail_too() {
    let addr = target().await;
    let body = r#"{"messages":[{"role":"user","content":"hi"}]}"#;
    let fail =
        async |kind: &str| post(addr, &format!("/v1/chat/completions?fail={kind}"), body).await;
    assert_eq!(fail("error-event").await.status(), 500);
    for (kind, was_reset) in [
        ("truncate", false),
        ("reset", true),
        ("stall&hold=1ms", false),
    ] {
        let answer = fail(kind).await;
        let promised: usize = answer.header("content-length").unwrap().parse().unwrap();
        assert_eq!(
            (answer.body().len(), answer.was_reset),
            (promised / 2, was_reset),
            "{kind}"
        );
    }
    let malformed = fail("malformed").await;
    assert_eq!(
        malformed.header("content-length"),
        Some(malformed.body().len().to_string())
    );
    assert!(serde_json::from_slice::<Value>(malformed.body()).is_err());
    assert!(fail("no-done").await.json()["choices"].is_array());
}

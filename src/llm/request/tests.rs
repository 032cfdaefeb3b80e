//! Requests as servers see them.

use super::*;

fn full() -> ChatRequest {
    ChatRequest {
        max_tokens: Some(64),
        temperature: Some(0.5),
        seed: Some(7),
        ignore_eos: true,
        ..ChatRequest::new("m", "hi")
    }
}

fn with_system() -> ChatRequest {
    let messages = json!([
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "hi"}]},
        {"role": "assistant", "content": "Hello."},
        {"role": "user", "content": "and?"},
    ]);
    let Value::Array(messages) = messages else {
        unreachable!()
    };
    ChatRequest {
        input: Input::Messages(messages),
        ..ChatRequest::new("m", "")
    }
}

fn body(request: &ChatRequest, dialect: Dialect) -> Value {
    serde_json::from_slice(&request.build(dialect, None).unwrap().body).unwrap()
}

#[test]
fn each_dialect_has_its_words() {
    let user = json!([{"role": "user", "content": "hi"}]);
    let table = [
        (
            Dialect::ChatCompletions,
            "/v1/chat/completions",
            json!({"model": "m", "messages": user, "max_tokens": 64, "temperature": 0.5, "seed": 7, "ignore_eos": true,
                "stream": true, "stream_options": {"include_usage": true}}),
        ),
        (
            Dialect::Completions,
            "/v1/completions",
            json!({"model": "m", "prompt": "hi", "max_tokens": 64, "temperature": 0.5, "seed": 7, "ignore_eos": true,
                "stream": true, "stream_options": {"include_usage": true}}),
        ),
        (
            Dialect::AnthropicMessages,
            "/v1/messages",
            json!({"model": "m", "messages": user, "max_tokens": 64, "temperature": 0.5, "stream": true}),
        ),
        (
            Dialect::Responses,
            "/v1/responses",
            json!({"model": "m", "input": "hi", "max_output_tokens": 64, "temperature": 0.5, "stream": true}),
        ),
        (
            Dialect::OllamaNdjson,
            "/api/chat",
            json!({"model": "m", "messages": user, "stream": true,
                "options": {"num_predict": 64, "temperature": 0.5, "seed": 7}}),
        ),
        (
            Dialect::Gemini,
            "/v1beta/models/m:streamGenerateContent?alt=sse",
            json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}],
                "generationConfig": {"maxOutputTokens": 64, "temperature": 0.5, "seed": 7}}),
        ),
        (
            Dialect::LlamaCompletion,
            "/completion",
            json!({"model": "m", "prompt": "hi", "n_predict": 64, "temperature": 0.5, "seed": 7, "ignore_eos": true,
                "stream": true}),
        ),
    ];
    for (dialect, path, expected) in table {
        assert_eq!(full().build(dialect, None).unwrap().path, path);
        assert_eq!(body(&full(), dialect), expected, "{dialect}");
    }
}

#[test]
fn what_is_not_given_is_not_sent() {
    let request = ChatRequest {
        usage: UsageWanted::None,
        ..ChatRequest::new("", "hi")
    };
    assert_eq!(
        body(&request, Dialect::ChatCompletions),
        json!({"messages": [{"role": "user", "content": "hi"}], "stream": true})
    );
    assert_eq!(
        body(&request, Dialect::AnthropicMessages)["max_tokens"],
        ChatRequest::ANTHROPIC_MAX_TOKENS
    );
    assert!(
        body(&request, Dialect::OllamaNdjson)
            .get("options")
            .is_none()
    );
}

#[test]
fn a_system_message_goes_where_the_dialect_keeps_it() {
    let chat = body(&with_system(), Dialect::ChatCompletions);
    assert_eq!(chat["messages"].as_array().unwrap().len(), 4);
    let anthropic = body(&with_system(), Dialect::AnthropicMessages);
    assert_eq!(anthropic["system"], "Be brief.");
    assert_eq!(anthropic["messages"].as_array().unwrap().len(), 3);
    let gemini = body(&with_system(), Dialect::Gemini);
    assert_eq!(
        gemini["systemInstruction"],
        json!({"parts": [{"text": "Be brief."}]})
    );
    assert_eq!(
        gemini["contents"],
        json!([
            {"role": "user", "parts": [{"text": "hi"}]},
            {"role": "model", "parts": [{"text": "Hello."}]},
            {"role": "user", "parts": [{"text": "and?"}]},
        ])
    );
}

#[test]
fn usage_may_be_asked_for_in_every_chunk() {
    let request = ChatRequest {
        usage: UsageWanted::EveryChunk,
        ..full()
    };
    assert_eq!(
        body(&request, Dialect::Completions)["stream_options"],
        json!({"include_usage": true, "continuous_usage_stats": true})
    );
}

#[test]
fn more_is_merged_into_the_body() {
    let extra = json!({
        "max_completion_tokens": 5,
        "seed": null,
        "stream_options": {"continuous_usage_stats": true},
        "temperature": 1,
        "tools": [],
    });
    let Value::Object(extra) = extra else {
        unreachable!()
    };
    let body = body(&ChatRequest { extra, ..full() }, Dialect::ChatCompletions);
    assert_eq!(
        body["stream_options"],
        json!({"include_usage": true, "continuous_usage_stats": true})
    );
    assert_eq!(
        (&body["temperature"], &body["max_completion_tokens"]),
        (&json!(1), &json!(5))
    );
    assert_eq!(body["tools"], json!([]));
    assert!(body.get("seed").is_none() && body.get("max_tokens").is_none());
}

#[test]
fn a_key_goes_into_the_header_of_the_dialect_and_nowhere_else() {
    let table = [
        (Dialect::ChatCompletions, "authorization", "Bearer k-1"),
        (Dialect::AnthropicMessages, "x-api-key", "k-1"),
        (Dialect::Gemini, "x-goog-api-key", "k-1"),
        (Dialect::OllamaNdjson, "authorization", "Bearer k-1"),
    ];
    for (dialect, name, value) in table {
        let request = full().build(dialect, Some("k-1")).unwrap();
        let found = request.headers.iter().find(|header| header.0 == name);
        assert_eq!(found.map(|header| &*header.1), Some(value), "{dialect}");
        assert!(!format!("{request:?}").contains("k-1"));
        let without = full().build(dialect, None).unwrap();
        assert!(without.headers.iter().all(|header| header.0 != name));
    }
    let anthropic = full().build(Dialect::AnthropicMessages, None).unwrap();
    assert!(
        anthropic
            .headers
            .contains(&("anthropic-version", "2023-06-01".to_owned()))
    );
}

#[test]
fn what_a_dialect_cannot_say_is_an_error() {
    for dialect in [Dialect::Completions, Dialect::LlamaCompletion] {
        let error = with_system().build(dialect, None).unwrap_err();
        assert_eq!(error.kind(), "needs_prompt");
        assert_eq!(
            error.to_string(),
            format!("{dialect} takes a prompt, not messages")
        );
    }
    let error = ChatRequest::new("", "hi")
        .build(Dialect::Gemini, None)
        .unwrap_err();
    assert_eq!(error.kind(), "needs_model");
}

#[test]
fn the_base_of_a_url_may_have_part_of_the_path() {
    let chat = full().build(Dialect::ChatCompletions, None).unwrap();
    for base in [
        "http://h:1",
        "http://h:1/",
        "http://h:1/v1",
        "http://h:1/v1/",
    ] {
        assert_eq!(chat.url(base), "http://h:1/v1/chat/completions", "{base}");
    }
    let whole = "https://h/openai/v1/chat/completions?version=2";
    assert_eq!(chat.url(whole), whole);
    assert_eq!(chat.url("http://h/api"), "http://h/api/v1/chat/completions");
    assert_eq!(chat.url("http://srv1"), "http://srv1/v1/chat/completions");
    let gemini = full().build(Dialect::Gemini, None).unwrap();
    assert_eq!(
        gemini.url("https://h/v1beta"),
        "https://h/v1beta/models/m:streamGenerateContent?alt=sse"
    );
    let ollama = full().build(Dialect::OllamaNdjson, None).unwrap();
    assert_eq!(ollama.url("http://h"), "http://h/api/chat");
    // Of Ollama's two endpoints, the one that takes messages.
    assert_eq!(
        ollama.url("http://h/api/generate?a=1"),
        "http://h/api/chat?a=1"
    );
}

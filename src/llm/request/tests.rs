//! Requests in the form in which servers receive them.

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

fn body(request: &ChatRequest, api: Api) -> Value {
    serde_json::from_slice(&request.build(api, None).unwrap().body).unwrap()
}

#[test]
fn each_api_has_its_own_fields() {
    let user = json!([{"role": "user", "content": "hi"}]);
    let table = [
        (
            Api::ChatCompletions,
            "/v1/chat/completions",
            json!({"model": "m", "messages": user, "max_tokens": 64, "temperature": 0.5, "seed": 7, "ignore_eos": true,
                "stream": true, "stream_options": {"include_usage": true}}),
        ),
        (
            Api::Completions,
            "/v1/completions",
            json!({"model": "m", "prompt": "hi", "max_tokens": 64, "temperature": 0.5, "seed": 7, "ignore_eos": true,
                "stream": true, "stream_options": {"include_usage": true}}),
        ),
        (
            Api::AnthropicMessages,
            "/v1/messages",
            json!({"model": "m", "messages": user, "max_tokens": 64, "temperature": 0.5, "stream": true}),
        ),
        (
            Api::Responses,
            "/v1/responses",
            json!({"model": "m", "input": "hi", "max_output_tokens": 64, "temperature": 0.5, "stream": true}),
        ),
        (
            Api::OllamaNdjson,
            "/api/chat",
            json!({"model": "m", "messages": user, "stream": true,
                "options": {"num_predict": 64, "temperature": 0.5, "seed": 7}}),
        ),
        (
            Api::Gemini,
            "/v1beta/models/m:streamGenerateContent?alt=sse",
            json!({"contents": [{"role": "user", "parts": [{"text": "hi"}]}],
                "generationConfig": {"maxOutputTokens": 64, "temperature": 0.5, "seed": 7}}),
        ),
        (
            Api::LlamaCompletion,
            "/completion",
            json!({"model": "m", "prompt": "hi", "n_predict": 64, "temperature": 0.5, "seed": 7, "ignore_eos": true,
                "stream": true}),
        ),
    ];
    for (api, path, expected) in table {
        assert_eq!(full().build(api, None).unwrap().path, path);
        assert_eq!(body(&full(), api), expected, "{api}");
    }
}

#[test]
fn absent_parameters_are_not_sent() {
    let request = ChatRequest {
        usage: UsageWanted::None,
        ..ChatRequest::new("", "hi")
    };
    assert_eq!(
        body(&request, Api::ChatCompletions),
        json!({"messages": [{"role": "user", "content": "hi"}], "stream": true})
    );
    assert_eq!(
        body(&request, Api::AnthropicMessages)["max_tokens"],
        ChatRequest::ANTHROPIC_MAX_TOKENS
    );
    assert!(body(&request, Api::OllamaNdjson).get("options").is_none());
}

#[test]
fn a_system_message_goes_to_the_field_of_the_api() {
    let chat = body(&with_system(), Api::ChatCompletions);
    assert_eq!(chat["messages"].as_array().unwrap().len(), 4);
    let anthropic = body(&with_system(), Api::AnthropicMessages);
    assert_eq!(anthropic["system"], "Be brief.");
    assert_eq!(anthropic["messages"].as_array().unwrap().len(), 3);
    let gemini = body(&with_system(), Api::Gemini);
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
fn usage_can_be_requested_in_every_chunk() {
    let request = ChatRequest {
        usage: UsageWanted::EveryChunk,
        ..full()
    };
    assert_eq!(
        body(&request, Api::Completions)["stream_options"],
        json!({"include_usage": true, "continuous_usage_stats": true})
    );
}

#[test]
fn extra_fields_are_merged_into_the_body() {
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
    let body = body(&ChatRequest { extra, ..full() }, Api::ChatCompletions);
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
fn a_key_is_sent_only_in_the_header_of_the_api() {
    let table = [
        (Api::ChatCompletions, "authorization", "Bearer k-1"),
        (Api::AnthropicMessages, "x-api-key", "k-1"),
        (Api::Gemini, "x-goog-api-key", "k-1"),
        (Api::OllamaNdjson, "authorization", "Bearer k-1"),
    ];
    for (api, name, value) in table {
        let request = full().build(api, Some("k-1")).unwrap();
        let found = request.headers.iter().find(|header| header.0 == name);
        assert_eq!(found.map(|header| &*header.1), Some(value), "{api}");
        assert!(!format!("{request:?}").contains("k-1"));
        let without = full().build(api, None).unwrap();
        assert!(without.headers.iter().all(|header| header.0 != name));
    }
    let anthropic = full().build(Api::AnthropicMessages, None).unwrap();
    assert!(
        anthropic
            .headers
            .contains(&("anthropic-version", "2023-06-01".to_owned()))
    );
}

#[test]
fn what_an_api_does_not_support_is_an_error() {
    for api in [Api::Completions, Api::LlamaCompletion] {
        let error = with_system().build(api, None).unwrap_err();
        assert!(matches!(error, RequestError::NeedsPrompt(_)));
        assert_eq!(
            error.to_string(),
            format!("{api} takes a prompt, not messages")
        );
    }
    let error = ChatRequest::new("", "hi")
        .build(Api::Gemini, None)
        .unwrap_err();
    assert!(matches!(error, RequestError::NeedsModel(_)));
}

#[test]
fn the_base_url_may_contain_part_of_the_path() {
    let chat = full().build(Api::ChatCompletions, None).unwrap();
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
    let gemini = full().build(Api::Gemini, None).unwrap();
    assert_eq!(
        gemini.url("https://h/v1beta"),
        "https://h/v1beta/models/m:streamGenerateContent?alt=sse"
    );
    let ollama = full().build(Api::OllamaNdjson, None).unwrap();
    assert_eq!(ollama.url("http://h"), "http://h/api/chat");
    // Of the two endpoints of Ollama, the one that takes messages.
    assert_eq!(
        ollama.url("http://h/api/generate?a=1"),
        "http://h/api/chat?a=1"
    );
}

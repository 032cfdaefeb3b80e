use super::canned::Canned;
use crate::support::ssel::iteration_prints;

#[test]
fn every_api_of_the_target_returns_the_same_reply() {
    let said = iteration_prints(
        r#"
        for _, api in ipairs { "chat", "completions", "responses", "anthropic", "ollama" } do
            for _, server in ipairs { "vllm", "llama", "vendor" } do
                local res = llm.chat{
                    url = target.url("/?tokens=3&server=" .. server), api = api, prompt = "Say hello", max_tokens = 9,
                }
                print(api, res.status, res.error, res.text, res.done, res.chunks, res.prompt_tokens,
                    res.completion_tokens, res.token_source, #res.itl, res.ttft <= res.e2e, res.ttfb <= res.ttft)
            end
        end
        "#,
    );
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 15);
    for line in lines {
        let (_, rest) = line.split_once('\t').unwrap();
        let expected = "200\tnil\tlight paper amber\ttrue\t3\t2\t3\tusage\t2\ttrue\ttrue";
        assert_eq!(rest, expected, "{line}");
    }
}

#[test]
fn the_url_may_be_a_root_or_an_endpoint_that_implies_the_api() {
    let said = iteration_prints(
        r#"
        for _, path in ipairs { "/", "/v1", "/v1/", "/v1/chat/completions", "/v1/completions", "/v1/messages",
                "/v1/responses", "/api/chat", "/v1?tokens=2" } do
            local res = llm.chat{ url = target.url(path), prompt = "x" }
            print(res.status, (res.url:gsub("^http://[^/]+", "")))
        end
        "#,
    );
    let expected = "200\t/v1/chat/completions\n".repeat(4)
        + "200\t/v1/completions\n200\t/v1/messages\n200\t/v1/responses\n200\t/api/chat\n200\t/v1/chat/completions?tokens=2\n";
    assert_eq!(said, expected);
}

#[test]
fn gemini_and_the_native_api_of_llama_are_supported() {
    let gemini = Canned::events(&[
        r#"{"candidates":[{"content":{"parts":[{"text":"Hel"}]},"index":0}]}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"lo"}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":4,"candidatesTokenCount":2}}"#,
    ]);
    let llama = Canned::events(&[
        r#"{"content":"Hel","stop":false}"#,
        r#"{"content":"lo","stop":false}"#,
        r#"{"content":"","stop":true,"stop_type":"eos","tokens_predicted":2,"tokens_evaluated":4}"#,
    ]);
    for (server, api) in [(&gemini, "gemini"), (&llama, "llama")] {
        let said = iteration_prints(&format!(
            "local r = llm.chat{{ url = '{}', api = '{api}', model = 'm', prompt = 'Hi', bearer = 'KEY' }} \
             print(r.error, r.text, r.done, r.prompt_tokens, r.completion_tokens)",
            server.url()
        ));
        assert_eq!(said, "nil\tHello\ttrue\t4\t2\n", "{api}");
    }
    let (gemini, llama) = (gemini.request(), llama.request());
    assert!(
        gemini.starts_with("POST /v1beta/models/m:streamGenerateContent?alt=sse HTTP/1.1\r\n")
            && gemini.contains("x-goog-api-key: KEY"),
        "{gemini}"
    );
    assert!(
        llama.starts_with("POST /completion HTTP/1.1\r\n")
            && llama.contains("authorization: Bearer KEY"),
        "{llama}"
    );
}

#[test]
fn parameters_reach_the_server() {
    let server = Canned::events(&["[DONE]"]);
    iteration_prints(&format!(
        r#"
        llm.chat{{
            url = "{}/v1/", model = "phi", max_tokens = 7, temperature = 0.5, seed = 3, ignore_eos = true, usage = "every_chunk",
            messages = {{ {{ role = "system", content = "Be brief." }}, {{ role = "user", content = "Hi" }} }},
            headers = {{ ["X-Mine"] = "1", Accept = "*/*" }}, bearer = "KEY", extra = {{ stop = {{ "x" }}, seed = json.null }},
        }}
        "#,
        server.url()
    ));
    let request = server.request();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert!(
        head.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"),
        "{head}"
    );
    for line in [
        "x-mine: 1",
        "accept: */*",
        "authorization: Bearer KEY",
        "content-type: application/json",
    ] {
        assert!(
            head.lines().any(|own| own == line),
            "{line} is not in {head}"
        );
    }
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        body,
        serde_json::json!({
            "model": "phi", "max_tokens": 7, "temperature": 0.5, "ignore_eos": true, "stream": true, "stop": ["x"],
            "stream_options": {"include_usage": true, "continuous_usage_stats": true},
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
        })
    );
}

#[test]
fn reasoning_is_separate_and_not_the_first_output() {
    let said = iteration_prints(
        r#"
        local res = llm.chat{ url = target.url("/v1?reasoning=2&tokens=2&itl=50ms"), prompt = "x" }
        print(res.reasoning, res.text, res.ttft < res.ttfo, res.completion_tokens, #res.itl)
        local bare = llm.chat{ url = target.url("/v1?tokens=2"), prompt = "x", text = false }
        print(bare.text, bare.reasoning, bare.chunks)
        "#,
    );
    assert_eq!(
        said,
        "circle bridge\tlight paper\ttrue\t4\t3\nnil\tnil\t2\n"
    );
}

#[test]
fn the_source_of_token_counts_is_reported() {
    let said = iteration_prints(
        r#"
        for _, query in ipairs { "usage=always", "usage=never", "usage=never&tokens_per_chunk=2", "usage=never&server=llama" } do
            local res = llm.chat{ url = target.url("/v1?tokens=4&" .. query), prompt = "a b c", prompt_tokens = 50, usage = "none" }
            print(res.completion_tokens, res.token_source, res.prompt_tokens, res.server and res.server.completion_tokens)
        end
        "#,
    );
    let expected = "4\tusage\t3\tnil\n4\tcounted_chunks\t50\tnil\n2\tcounted_chunks\t50\tnil\n4\ttimings\t3\t4\n";
    assert_eq!(said, expected);
}

#[test]
fn a_reply_without_content_has_no_times() {
    let said = iteration_prints(
        r#"
        local res = llm.chat{ url = target.url("/v1?tokens=0&finish=stop"), prompt = "x" }
        print(res.error, res.done, res.text == "", res.ttft, res.tpot, res.e2e, #res.itl, res.tokens_per_second)
        local one = llm.chat{ url = target.url("/v1?tokens=1"), prompt = "x" }
        print(one.error, one.ttft == one.e2e, one.tpot, #one.itl)
        "#,
    );
    assert_eq!(
        said,
        "nil\ttrue\ttrue\tnil\tnil\tnil\t0\tnil\nnil\ttrue\tnil\t0\n"
    );
}

#[test]
fn the_old_name_of_the_parameter_api_works() {
    let said = iteration_prints(
        r#"
        local url = target.url("/?dialect=llama&tokens=1&usage=never")
        local res = llm.chat{ url = url, dialect = "completions", prompt = "x" }
        print(res.status, (res.url:gsub("^http://[^/]+", "")), res.token_source)
        "#,
    );
    assert_eq!(
        said,
        "200\t/v1/completions?dialect=llama&tokens=1&usage=never\ttimings\n"
    );
}

use super::canned::Canned;
use crate::support::ssel::Ssel;

/// Chunks as OpenAI sends them when usage is asked for: null in all but the last.
const CHUNKS: [&str; 5] = [
    r#"{"id":"c","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}"#,
    r#"{"id":"c","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":null}],"usage":null}"#,
    r#"{"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}"#,
    r#"{"id":"c","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21,"cost":null}}"#,
    "[DONE]",
];

const PROMPTS: &str = r#"[{"id":"a","conversations":[{"from":"human","value":"Why is the sky blue, pray?"},
    {"from":"gpt","value":"Because it scatters light."}]}]"#;

#[test]
fn a_script_of_xk6_sse_works_after_translation() {
    // Often enough that events are decoded by code made for their look.
    for iterations in ["1", "12"] {
        let server = Canned::events(&CHUNKS);
        let said = Ssel::new()
            .file("llm.lua", include_str!("port.lua"))
            .file("prompts.json", PROMPTS)
            .env("SERVER_BENCH_URL", &format!("{}/v1", server.url()))
            .env("SERVER_BENCH_DATASET", "prompts.json")
            .args(["run", "--quiet", "-u", "1", "-i", iterations, "llm.lua"])
            .said()
            .exits(0);
        assert_eq!(said.stderr, "");
        assert_eq!(said.count("iterations").to_string(), iterations);
        let tokens = 12 * said.count("iterations");
        assert_eq!(said.count("completion_tokens_total_counter"), tokens);
        assert!(
            said.stdout.contains("✓ success completion"),
            "{}",
            said.stdout
        );
        let stopped = said.metric("completions_stop_rate").unwrap();
        assert!(stopped.starts_with("100.00%"), "{stopped}");
    }
}

#[test]
fn an_event_can_omit_nulls() {
    let server = Canned::events(&[CHUNKS[1]; 30]);
    let body = format!(
        r#"
        local with, without = 0, 0
        sse.open("{}", function(client)
            client:on("event", function(event)
                if event:json().usage == json.null then with = with + 1 end
                local chunk = event:json {{ nulls = false }}
                if chunk.usage == nil and chunk.choices[1].finish_reason == nil then without = without + 1 end
            end)
        end)
        print(with, without)
        "#,
        server.url()
    );
    assert_eq!(crate::support::ssel::iteration_prints(&body), "30\t30\n");
}

//! Embeddings and ranking: requests whose answer has no words.

use super::{Target, llm};
use crate::llm::canned::Canned;

#[test]
fn items_are_counted_and_no_tokens_are_timed() {
    let target = Target::start();
    let url = |path: &str| format!("{}{path}?ttft=5ms", target.address);
    for (url, flags, items) in [
        (url("/v1/embeddings"), &["--batch", "4"][..], 40),
        (url("/v2/rerank"), &["--batch", "4"], 40),
        (url(""), &["--api", "rerank"], 80),
        (url("/v1"), &["--api", "embeddings"], 80),
    ] {
        let flags = flags.iter().copied().chain(["-n", "10", "-c", "2"]);
        let said = llm(&url).args(flags).said().exits(0);
        assert!(
            said.stdout.contains("10 succeeded, 0 failed"),
            "{url}: {}",
            said.stdout
        );
        assert!(
            said.stdout
                .contains(&format!("items...............: {items}, ")),
            "{url}: {}",
            said.stdout
        );
        assert!(said.stdout.contains("    E2E "), "{url}: {}", said.stdout);
        for none in ["TTFT", "TPOT", "ITL", "output tokens", "output throughput"] {
            assert!(!said.stdout.contains(none), "{url}: {}", said.stdout);
        }
    }
}

#[test]
fn an_answer_with_too_few_items_has_failed() {
    let server = Canned::start(
        "200 OK\nContent-Type: application/json",
        r#"{"data":[{"index":0,"embedding":[0.5]}]}"#,
        false,
    );
    let url = format!("{}/v1/embeddings", server.url());
    let flags = [
        "-m",
        "tiny",
        "--server-metrics",
        "none",
        "--batch",
        "2",
        "-n",
        "2",
        "-c",
        "1",
        "--warmup",
        "0",
    ];
    let said = llm(&url).args(flags).said().exits(1);
    assert!(
        said.stdout
            .contains("2 malformed: the answer has 1 items and not 2"),
        "{}",
        said.stdout
    );
    let request = server.request();
    assert!(request.starts_with("POST /v1/embeddings "), "{request}");
    let body: serde_json::Value =
        serde_json::from_str(request.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body["input"].as_array().unwrap().len(), 2);
}

#[test]
fn flags_for_generated_text_are_errors_for_scores() {
    for (flags, what) in [
        (
            &["--api", "pictures"][..],
            "--api cannot be \"pictures\": use chat, completions, anthropic, responses, ollama, gemini, llama, embeddings or rerank",
        ),
        (
            &["--api", "rerank", "--turns", "3"],
            "--turns: it applies to generated text",
        ),
        (&["--batch", "3"], "--batch: it goes with --api embeddings"),
    ] {
        let said = llm("target").args(flags.iter().copied()).said().exits(104);
        assert!(said.stderr.contains(what), "{flags:?}: {}", said.stderr);
    }
}

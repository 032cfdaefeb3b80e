//! Streams recorded from real servers.

use super::super::super::TokenSource;
use super::{Api, Reply, message, word};
use crate::tests::capture;

/// The content of a recording; the text is that of the first choice.
struct Expected {
    name: &'static str,
    api: Api,
    chunks: u64,
    text: &'static str,
    reasoning: &'static str,
    finish: &'static [&'static str],
    prompt: Option<u64>,
    completion: u64,
    source: TokenSource,
    outcome: &'static str,
}

const HELLO: &str = "Hello! How can I help you today? Ünïcödé 日本語 🙂 \"quotes\" and\nnewlines.";

use Api::{
    AnthropicMessages, ChatCompletions, Completions, Gemini, LlamaCompletion, OllamaNdjson,
    Responses,
};
use TokenSource::{CountedChunks, Timings, Usage};

#[rustfmt::skip]
const TABLE: [Expected; 22] = [
    Expected { name: "aimock_chat", api: ChatCompletions, chunks: 9, text: HELLO, reasoning: "", finish: &["stop"], prompt: Some(2), completion: 18, source: Usage, outcome: "ok" },
    Expected { name: "aimock_chat_tools", api: ChatCompletions, chunks: 5, text: "", reasoning: "", finish: &["tool_calls"], prompt: None, completion: 5, source: CountedChunks, outcome: "ok" },
    Expected { name: "aimock_anthropic", api: AnthropicMessages, chunks: 10, text: "The answer is 42.", reasoning: "First I should think about this carefully, step by step.", finish: &["end_turn"], prompt: Some(0), completion: 10, source: CountedChunks, outcome: "ok" },
    Expected { name: "aimock_responses", api: Responses, chunks: 9, text: HELLO, reasoning: "", finish: &["completed"], prompt: Some(0), completion: 9, source: CountedChunks, outcome: "ok" },
    Expected { name: "aimock_gemini", api: Gemini, chunks: 9, text: HELLO, reasoning: "", finish: &["STOP"], prompt: Some(0), completion: 9, source: CountedChunks, outcome: "ok" },
    Expected { name: "aimock_ollama", api: OllamaNdjson, chunks: 9, text: HELLO, reasoning: "", finish: &["stop"], prompt: Some(0), completion: 9, source: CountedChunks, outcome: "ok" },
    Expected { name: "aimock_429", api: ChatCompletions, chunks: 0, text: "", reasoning: "", finish: &[], prompt: None, completion: 0, source: CountedChunks, outcome: "status" },
    Expected { name: "llama_chat", api: ChatCompletions, chunks: 8, text: "¿ hizoду Ontarioдуду OntarioFrame", reasoning: "", finish: &["length"], prompt: Some(51), completion: 8, source: Usage, outcome: "ok" },
    Expected { name: "llama_nousage", api: ChatCompletions, chunks: 2, text: "анаTransform", reasoning: "", finish: &["length"], prompt: Some(29), completion: 2, source: Timings, outcome: "ok" },
    Expected { name: "llama_ping", api: ChatCompletions, chunks: 4, text: "eree permett SU September", reasoning: "", finish: &["length"], prompt: Some(1291), completion: 4, source: Usage, outcome: "ok" },
    Expected { name: "llama_think", api: ChatCompletions, chunks: 3, text: "", reasoning: "\n noneWD\u{fffd}Take", finish: &["length"], prompt: Some(25), completion: 4, source: Usage, outcome: "ok" },
    Expected { name: "llama_completion_native", api: LlamaCompletion, chunks: 2, text: "()\rtikz", reasoning: "", finish: &["limit"], prompt: Some(2), completion: 2, source: Usage, outcome: "ok" },
    Expected { name: "llama_anthropic", api: AnthropicMessages, chunks: 3, text: " Saubaredo", reasoning: "", finish: &["max_tokens"], prompt: Some(29), completion: 3, source: Usage, outcome: "ok" },
    Expected { name: "llama_bad_json", api: ChatCompletions, chunks: 0, text: "", reasoning: "", finish: &[], prompt: None, completion: 0, source: CountedChunks, outcome: "status" },
    Expected { name: "llama_too_long", api: ChatCompletions, chunks: 0, text: "", reasoning: "", finish: &[], prompt: None, completion: 0, source: CountedChunks, outcome: "status" },
    Expected { name: "vllm_chat", api: ChatCompletions, chunks: 6, text: " Centerselfbuggingadfern09", reasoning: "", finish: &["length"], prompt: Some(22), completion: 6, source: Usage, outcome: "ok" },
    Expected { name: "vllm_chat_continuous", api: ChatCompletions, chunks: 3, text: "emory impUDA", reasoning: "", finish: &["length"], prompt: Some(13), completion: 3, source: Usage, outcome: "ok" },
    Expected { name: "vllm_completions", api: Completions, chunks: 3, text: "load precomp Iss", reasoning: "", finish: &["length"], prompt: Some(5), completion: 3, source: Usage, outcome: "ok" },
    Expected { name: "vllm_n2", api: ChatCompletions, chunks: 4, text: "NPUbackend", reasoning: "", finish: &["length", "length"], prompt: Some(9), completion: 4, source: Usage, outcome: "ok" },
    Expected { name: "vllm_anthropic", api: AnthropicMessages, chunks: 4, text: "structure googleGenerTMD", reasoning: "", finish: &["max_tokens"], prompt: Some(9), completion: 4, source: Usage, outcome: "ok" },
    Expected { name: "vllm_bad_model", api: ChatCompletions, chunks: 0, text: "", reasoning: "", finish: &[], prompt: None, completion: 0, source: CountedChunks, outcome: "status" },
    Expected { name: "vllm_midstream_engine_killed", api: ChatCompletions, chunks: 1, text: " Reasoning", reasoning: "", finish: &[""], prompt: None, completion: 1, source: CountedChunks, outcome: "error_event" },
];

impl Expected {
    #[track_caller]
    fn check(&self, reply: &Reply) {
        let name = self.name;
        let finish: Vec<&str> = reply
            .choices
            .iter()
            .map(|choice| choice.finish_reason.as_deref().unwrap_or_default())
            .collect();
        assert_eq!(word(reply), self.outcome, "{name}: {reply:#?}");
        assert_eq!(reply.text(), self.text, "{name}");
        assert_eq!(reply.reasoning(), self.reasoning, "{name}");
        assert_eq!(finish, self.finish, "{name}");
        assert_eq!(reply.chunks, self.chunks, "{name}");
        assert_eq!(reply.tokens.prompt, self.prompt, "{name}");
        assert_eq!(
            (reply.tokens.completion, reply.tokens.source),
            (self.completion, self.source),
            "{name}"
        );
        assert_eq!(reply.malformed, 0, "{name}");
        let gaps = reply.chunks.saturating_sub(self.finish.len() as u64);
        assert_eq!(reply.gaps.len() as u64, gaps, "{name}");
    }
}

#[test]
fn every_recording_is_measured_correctly() {
    for expected in TABLE {
        let capture = capture::named(expected.name);
        expected.check(&capture.read(expected.api, [&*capture.body]));
    }
}

#[test]
fn the_split_of_a_recording_does_not_matter() {
    for expected in TABLE {
        let capture = capture::named(expected.name);
        let whole = capture.read(expected.api, [&*capture.body]);
        for cut in 0..=capture.body.len() {
            let (head, tail) = capture.body.split_at(cut);
            assert_eq!(
                capture.read(expected.api, [head, tail]),
                whole,
                "{} at {cut}",
                expected.name
            );
        }
        let bytes = capture.read(expected.api, capture.body.chunks(1));
        assert_eq!(bytes, whole, "{}", expected.name);
    }
}

#[test]
fn a_truncated_recording_is_never_complete() {
    for expected in TABLE
        .into_iter()
        .filter(|expected| expected.outcome == "ok")
    {
        let capture = capture::named(expected.name);
        // The bytes that may be missing without effect: the last line ends, or nothing for a body that ends with its last chunk.
        let tail: &[u8] = if expected.api.is_ndjson() {
            b"\n"
        } else {
            b"\n\n"
        };
        let needed = capture.body.len() - tail.len() + usize::from(!expected.api.is_ndjson());
        for cut in 0..needed {
            let reply = capture.read(expected.api, [&capture.body[..cut]]);
            assert_eq!(word(&reply), "truncated", "{} cut at {cut}", expected.name);
        }
    }
}

#[test]
fn long_recordings_are_counted_in_full() {
    for (name, completion, comments) in [("llama_stop", 20, 0), ("llama_tools", 40, 0)] {
        let capture = capture::named(name);
        let reply = capture.read(ChatCompletions, [&*capture.body]);
        assert_eq!(word(&reply), "ok", "{name}");
        assert!(
            reply.tokens.completion <= completion && reply.chunks > 10,
            "{reply:#?}"
        );
        assert_eq!(reply.comments, comments);
    }
}

#[test]
fn failures_have_the_message_of_the_server() {
    let table = [
        ("aimock_429", "status 429: Rate limit reached for gpt-4o"),
        (
            "llama_bad_json",
            "status 500: [json.exception.parse_error.101] parse error at line 1, column 16: syntax error while parsing \
             object key - unexpected end of input; expected string literal",
        ),
        (
            "llama_too_long",
            "status 400: request (8824 tokens) exceeds the available context size (4096 tokens), try increasing it",
        ),
        (
            "vllm_bad_model",
            "status 404: The model `nope` does not exist. Valid aliases: tiny-random.",
        ),
        (
            "vllm_midstream_engine_killed",
            "EngineCore encountered an issue. See stack trace (above) for the root cause.",
        ),
    ];
    for (name, expected) in table {
        let capture = capture::named(name);
        assert_eq!(
            message(&capture.read(ChatCompletions, [&*capture.body])),
            expected,
            "{name}"
        );
    }
}

#[test]
fn pings_count_as_comments_and_tool_arguments_are_kept() {
    let ping = capture::named("llama_ping");
    assert_eq!(ping.read(ChatCompletions, [&*ping.body]).comments, 3);
    let tools = capture::named("aimock_chat_tools");
    let reply = tools.read(ChatCompletions, [&*tools.body]);
    assert_eq!(
        reply.choices[0].tool_arguments,
        r#"{"city":"SF","unit":"celsius"}"#
    );
}

#[test]
fn measurements_of_the_server_are_passed_on() {
    let capture = capture::named("llama_chat");
    let server = capture
        .read(ChatCompletions, [&*capture.body])
        .server
        .unwrap();
    assert_eq!(
        (server.prompt_tokens, server.completion_tokens),
        (Some(51), Some(8))
    );
    assert_eq!(server.completion_seconds, Some(0.007_492));
    let capture = capture::named("vllm_chat");
    assert_eq!(capture.read(ChatCompletions, [&*capture.body]).server, None);
}

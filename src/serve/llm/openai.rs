//! Chat completions and plain ones, as vLLM, llama.cpp and the vendor of the API stream them.

use std::fmt::{self, Display};

use serde_json::{Value, json};

use super::frames::{Frames, Quoted};
use super::voice::{Api, ERROR_MESSAGE, Facts, Finish, Part, Piece, ServerKind, Voice, comment};
use super::words;

/// A chat completion or a plain one.
pub(super) struct Completion {
    facts: Facts,
    /// A chunk up to its choices.
    before: String,
    /// A chunk after its choices, without the brace that closes it.
    after: String,
    /// The tool to call, as a JSON string.
    tool: String,
    /// Whether the last token has carried the finish.
    is_finished: bool,
}

impl Completion {
    pub(super) fn new(facts: Facts) -> Self {
        let (prefix, object) = match facts.api {
            Api::Completions => ("cmpl", "text_completion"),
            _ => ("chatcmpl", "chat.completion.chunk"),
        };
        let Facts { id, created, .. } = &facts;
        let model = Quoted(&facts.model);
        let (before, after) = match facts.server {
            ServerKind::Vllm => (
                format!(
                    r#"{{"id":"{prefix}-{id}","object":"{object}","created":{created},"model":{model},"choices":["#
                ),
                "]".to_owned(),
            ),
            ServerKind::Llama => (
                r#"{"choices":["#.to_owned(),
                format!(
                    r#"],"created":{created},"id":"{prefix}-{id}","model":{model},"system_fingerprint":"b1-ssel","object":"{object}""#
                ),
            ),
            ServerKind::Vendor => (
                format!(
                    r#"{{"id":"{prefix}-{id}","object":"{object}","created":{created},"model":{model},"system_fingerprint":"fp_ssel","choices":["#
                ),
                "]".to_owned(),
            ),
        };
        let tool = Quoted(&facts.tool).to_string();
        Self {
            facts,
            before,
            after,
            tool,
            is_finished: false,
        }
    }

    /// One event: the choices, and what follows them.
    fn chunk(&self, frames: &mut Frames, choices: impl Display, extra: impl Display) {
        let Self { before, after, .. } = self;
        frames.put(format_args!("data: {before}{choices}{after}{extra}}}\n\n"));
    }

    /// One choice of a chat with its `delta`, or of a completion with its `text`.
    fn choice(&self, index: u64, content: impl Display, finish: Option<&str>) -> String {
        let reason = Reason(finish);
        match (self.facts.api, self.facts.server) {
            (Api::Completions, ServerKind::Vllm) => format!(
                r#"{{"index":{index},"text":{content},"logprobs":null,"finish_reason":{reason},"stop_reason":null,"prompt_token_ids":null,"token_ids":null}}"#
            ),
            (Api::Completions, _) => {
                format!(
                    r#"{{"text":{content},"index":{index},"logprobs":null,"finish_reason":{reason}}}"#
                )
            }
            (_, ServerKind::Vllm) => {
                let stop = if finish.is_some() {
                    r#","stop_reason":null"#
                } else {
                    ""
                };
                format!(
                    r#"{{"index":{index},"delta":{content},"logprobs":null,"finish_reason":{reason}{stop},"token_ids":null}}"#
                )
            }
            (_, ServerKind::Llama) => {
                format!(r#"{{"finish_reason":{reason},"index":{index},"delta":{content}}}"#)
            }
            (_, ServerKind::Vendor) => {
                format!(
                    r#"{{"index":{index},"delta":{content},"logprobs":null,"finish_reason":{reason}}}"#
                )
            }
        }
    }

    /// The delta of a chat piece, or the text of a completion piece.
    fn content(&self, piece: &Piece) -> String {
        if self.facts.api == Api::Completions {
            return match &piece.part {
                Part::Reasoning(text) | Part::Content(text) => Quoted(text).to_string(),
                Part::ToolName { .. } | Part::ToolArguments { .. } => r#""""#.to_owned(),
            };
        }
        match &piece.part {
            Part::Content(text) => format!(r#"{{"content":{}}}"#, Quoted(text)),
            Part::Reasoning(text) => format!(r#"{{"{}":{}}}"#, self.reasoning_name(), Quoted(text)),
            Part::ToolName { call } => format!(
                r#"{{"tool_calls":[{{"index":{call},"id":"{}","type":"function","function":{{"name":{},"arguments":""}}}}]}}"#,
                self.facts.call_id(piece.choice, *call),
                self.tool
            ),
            Part::ToolArguments { call, text } => format!(
                r#"{{"tool_calls":[{{"index":{call},"function":{{"arguments":{}}}}}]}}"#,
                Quoted(text)
            ),
        }
    }

    fn reasoning_name(&self) -> &'static str {
        if self.facts.server == ServerKind::Vllm {
            "reasoning"
        } else {
            "reasoning_content"
        }
    }

    /// What other chunks say about usage.
    fn interim_usage(&self, tokens: u64) -> String {
        match self.facts.server {
            ServerKind::Vllm if self.facts.continuous_usage && self.facts.usage => {
                let prompt = self.facts.prompt_tokens;
                let total = prompt + tokens;
                format!(
                    r#","usage":{{"prompt_tokens":{prompt},"total_tokens":{total},"completion_tokens":{tokens},"completion_tokens_details":null}}"#
                )
            }
            ServerKind::Vendor if self.facts.usage => r#","usage":null"#.to_owned(),
            _ => String::new(),
        }
    }

    fn usage(&self) -> String {
        let prompt = self.facts.prompt_tokens;
        let completion = self.facts.completion_tokens();
        let total = prompt + completion;
        let cached = self.facts.cached_told().map_or_else(String::new, |cached| {
            format!(r#","prompt_tokens_details":{{"cached_tokens":{cached}}}"#)
        });
        match self.facts.server {
            ServerKind::Llama => {
                let cached = self.facts.cached;
                format!(
                    r#"{{"completion_tokens":{completion},"prompt_tokens":{prompt},"total_tokens":{total},"prompt_tokens_details":{{"cached_tokens":{cached}}}}}"#
                )
            }
            ServerKind::Vllm => format!(
                r#"{{"prompt_tokens":{prompt},"total_tokens":{total},"completion_tokens":{completion}{cached}}}"#
            ),
            ServerKind::Vendor => format!(
                r#"{{"prompt_tokens":{prompt},"completion_tokens":{completion},"total_tokens":{total}{cached}}}"#
            ),
        }
    }

    /// The finish of every answer in events of their own, unless the last token carried it.
    fn finish(&self, frames: &mut Frames) {
        let Some(reason) = self.facts.finish.map(reason).filter(|_| !self.is_finished) else {
            return;
        };
        let nothing = match (self.facts.api, self.facts.server) {
            (Api::Completions, _) => r#""""#,
            (_, ServerKind::Vllm) => r#"{"content":""}"#,
            _ => "{}",
        };
        for index in 0..self.facts.choices {
            // Without usage the timings have no other place than the last chunk.
            let has_timings = self.facts.server == ServerKind::Llama
                && !self.facts.usage
                && index + 1 == self.facts.choices;
            let extra = if has_timings {
                format!(r#","timings":{}"#, self.facts.timings())
            } else {
                self.interim_usage(self.facts.sizes.tokens())
            };
            self.chunk(frames, self.choice(index, nothing, Some(reason)), extra);
            if self.facts.server != ServerKind::Llama {
                frames.cut();
            }
        }
    }
}

impl Voice for Completion {
    fn facts(&mut self) -> &mut Facts {
        &mut self.facts
    }

    fn open(&mut self, frames: &mut Frames) {
        if self.facts.api == Api::Completions {
            return;
        }
        for index in 0..self.facts.choices {
            match self.facts.server {
                // In one chunk with the first token.
                ServerKind::Llama => {
                    let role = self.choice(index, r#"{"role":"assistant","content":null}"#, None);
                    self.chunk(frames, role, "");
                }
                ServerKind::Vllm => {
                    let role = format!(
                        r#"{{"index":{index},"delta":{{"role":"assistant","content":""}},"logprobs":null,"finish_reason":null}}"#
                    );
                    let usage = self.interim_usage(0);
                    let extra = format!(r#"{usage},"prompt_token_ids":null,"prompt_text":null"#);
                    self.chunk(frames, role, extra);
                    frames.cut();
                }
                ServerKind::Vendor => {
                    let role = self.choice(index, r#"{"role":"assistant","content":""}"#, None);
                    self.chunk(frames, role, self.interim_usage(0));
                    frames.cut();
                }
            }
        }
    }

    fn piece(&mut self, piece: &Piece, frames: &mut Frames) {
        let finish = match self.facts.finish {
            Some(finish) if piece.is_last && self.facts.server == ServerKind::Vllm => {
                self.is_finished = true;
                Some(reason(finish))
            }
            _ => None,
        };
        let choice = self.choice(piece.choice, self.content(piece), finish);
        let usage = self.interim_usage(piece.tokens_so_far);
        self.chunk(frames, choice, format_args!("{usage}{}", piece.sent));
        frames.cut();
    }

    fn close(&mut self, frames: &mut Frames) {
        self.finish(frames);
        if self.facts.usage {
            let usage = self.usage();
            match self.facts.server {
                ServerKind::Llama => {
                    let timings = self.facts.timings();
                    self.chunk(
                        frames,
                        "",
                        format_args!(r#","usage":{usage},"timings":{timings}"#),
                    );
                }
                ServerKind::Vllm => {
                    let extra =
                        format_args!(r#","usage":{usage},"system_fingerprint":"vllm-ssel""#);
                    self.chunk(frames, "", extra);
                }
                ServerKind::Vendor => self.chunk(frames, "", format_args!(r#","usage":{usage}"#)),
            }
        }
        frames.cut();
    }

    fn done(&mut self, frames: &mut Frames) {
        frames.cut();
        frames.put(format_args!("data: [DONE]\n\n"));
        frames.cut();
    }

    fn error(&mut self, frames: &mut Frames) {
        frames.cut();
        match self.facts.server {
            // Python's JSON has spaces.
            ServerKind::Vllm => frames.put(format_args!(
                "data: {{\"error\": {{\"message\": \"{ERROR_MESSAGE}\", \"type\": \"InternalServerError\", \"param\": null, \"code\": 500}}}}\n\n"
            )),
            ServerKind::Llama => frames.put(format_args!(
                "data: {{\"error\":{{\"code\":500,\"message\":\"{ERROR_MESSAGE}\",\"type\":\"server_error\"}}}}\n\n"
            )),
            ServerKind::Vendor => frames.put(format_args!(
                "data: {{\"error\":{{\"message\":\"{ERROR_MESSAGE}\",\"type\":\"server_error\",\"param\":null,\"code\":null}}}}\n\n"
            )),
        }
        frames.cut();
    }

    fn ping(&self) -> &'static str {
        comment(self.facts.server)
    }

    fn whole(&self) -> Value {
        let Facts {
            api,
            server,
            id,
            created,
            model,
            ..
        } = &self.facts;
        let is_chat = *api == Api::Chat;
        let choices: Vec<Value> = (0..self.facts.choices)
            .map(|index| {
                let mut choice = json!({"index": index});
                if is_chat {
                    choice["message"] = self.message(index);
                } else {
                    let reasoning = self.facts.reasoning(index).unwrap_or_default();
                    choice["text"] = (reasoning + &self.facts.content(index)).into();
                }
                choice["logprobs"] = Value::Null;
                choice["finish_reason"] = self.facts.finish.map(reason).into();
                choice
            })
            .collect();
        let (prefix, object) = if is_chat {
            ("chatcmpl", "chat.completion")
        } else {
            ("cmpl", "text_completion")
        };
        let mut reply = json!({
            "id": format!("{prefix}-{id}"),
            "object": object,
            "created": created,
            "model": model,
            "choices": choices,
            "usage": {
                "prompt_tokens": self.facts.prompt_tokens,
                "completion_tokens": self.facts.completion_tokens(),
                "total_tokens": self.facts.prompt_tokens + self.facts.completion_tokens(),
            },
        });
        if let Some(cached) = self.facts.cached_told() {
            reply["usage"]["prompt_tokens_details"] = json!({"cached_tokens": cached});
        }
        if *server == ServerKind::Llama {
            reply["timings"] = self.facts.timings();
        }
        reply
    }
}

impl Completion {
    /// The message of a whole chat completion.
    fn message(&self, choice: u64) -> Value {
        let has_content = self.facts.sizes.content > 0 || self.facts.sizes.tools == 0;
        let content = has_content.then(|| self.facts.content(choice));
        let mut message = json!({"role": "assistant", "content": content});
        if let Some(reasoning) = self.facts.reasoning(choice) {
            message[self.reasoning_name()] = reasoning.into();
        }
        if self.facts.sizes.tools > 0 {
            message["tool_calls"] = (0..self.facts.sizes.tools)
                .map(|call| {
                    json!({
                        "id": self.facts.call_id(choice, call),
                        "type": "function",
                        "function": {"name": self.facts.tool, "arguments": words::ARGUMENTS.concat()},
                    })
                })
                .collect();
        }
        message
    }
}

fn reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop => "stop",
        Finish::Length => "length",
        Finish::ToolCalls => "tool_calls",
    }
}

/// A finish reason as JSON.
struct Reason<'a>(Option<&'a str>);

impl Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(reason) => write!(f, "\"{reason}\""),
            None => f.write_str("null"),
        }
    }
}

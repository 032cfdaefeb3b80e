//! Anthropic's messages: blocks that open, grow and close.

use std::fmt::Display;

use serde_json::{Value, json};

use super::frames::{Frames, Quoted};
use super::voice::{ERROR_MESSAGE, Facts, Finish, Part, Piece, ServerKind, Voice, comment};
use super::words;

/// A message.
pub(super) struct Messages {
    facts: Facts,
    /// The block that is open.
    block: Option<Block>,
    /// Number of the next block.
    next_index: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    Thinking,
    Text,
    Tool { call: u64 },
}

impl Messages {
    pub(super) fn new(facts: Facts) -> Self {
        Self {
            facts,
            block: None,
            next_index: 0,
        }
    }

    /// One event. llama.cpp gathers neighbours into one chunk; the others send each on its own.
    fn event(&self, frames: &mut Frames, name: &str, fields: impl Display) {
        frames.put(format_args!(
            "event: {name}\ndata: {{\"type\":\"{name}\"{fields}}}\n\n"
        ));
        if self.facts.server != ServerKind::Llama {
            frames.cut();
        }
    }

    /// An event about the open block.
    fn block_event(
        &self,
        frames: &mut Frames,
        name: &str,
        key: &str,
        value: impl Display,
        sent: impl Display,
    ) {
        let index = self.next_index.saturating_sub(1);
        match self.facts.server {
            ServerKind::Vllm => {
                self.event(
                    frames,
                    name,
                    format_args!(r#","{key}":{value},"index":{index}{sent}"#),
                );
            }
            ServerKind::Llama | ServerKind::Vendor => {
                self.event(
                    frames,
                    name,
                    format_args!(r#","index":{index},"{key}":{value}{sent}"#),
                );
            }
        }
    }

    /// Makes `block` the open one.
    fn enter(&mut self, block: Block, frames: &mut Frames) {
        if self.block == Some(block) {
            return;
        }
        self.leave(frames);
        self.block = Some(block);
        self.next_index += 1;
        let content = match block {
            Block::Thinking => r#"{"type":"thinking","thinking":"","signature":""}"#.to_owned(),
            Block::Text => r#"{"type":"text","text":""}"#.to_owned(),
            Block::Tool { call } => format!(
                r#"{{"type":"tool_use","id":"{}","name":{},"input":{{}}}}"#,
                self.facts.call_id(0, call),
                Quoted(&self.facts.tool)
            ),
        };
        self.block_event(frames, "content_block_start", "content_block", content, "");
    }

    fn leave(&mut self, frames: &mut Frames) {
        let Some(block) = self.block.take() else {
            return;
        };
        if block == Block::Thinking {
            let signature = format!(r#"{{"type":"signature_delta","signature":"{SIGNATURE}"}}"#);
            self.block_event(frames, "content_block_delta", "delta", signature, "");
        }
        let index = self.next_index.saturating_sub(1);
        self.event(
            frames,
            "content_block_stop",
            format_args!(r#","index":{index}"#),
        );
    }
}

/// Stands for what proves that reasoning is the model's own.
const SIGNATURE: &str = "c3NlbA==";

impl Voice for Messages {
    fn facts(&mut self) -> &mut Facts {
        &mut self.facts
    }

    fn open(&mut self, frames: &mut Frames) {
        let id = &self.facts.id;
        let model = Quoted(&self.facts.model);
        let input = match self.facts.server {
            ServerKind::Llama => format!(
                r#""cache_read_input_tokens":{},"input_tokens":{}"#,
                self.facts.cached,
                self.facts.computed()
            ),
            ServerKind::Vllm | ServerKind::Vendor => {
                format!(r#""input_tokens":{}"#, self.facts.prompt_tokens)
            }
        };
        self.event(frames, "message_start", format_args!(
            r#","message":{{"id":"msg_{id}","type":"message","role":"assistant","content":[],"model":{model},"stop_reason":null,"stop_sequence":null,"usage":{{{input},"output_tokens":0}}}}"#
        ));
    }

    fn piece(&mut self, piece: &Piece, frames: &mut Frames) {
        let (block, delta) = match &piece.part {
            Part::Reasoning(text) => (
                Block::Thinking,
                format!(r#"{{"type":"thinking_delta","thinking":{}}}"#, Quoted(text)),
            ),
            Part::Content(text) => (
                Block::Text,
                format!(r#"{{"type":"text_delta","text":{}}}"#, Quoted(text)),
            ),
            // The block's start names the tool; its first delta is empty.
            Part::ToolName { call } => (
                Block::Tool { call: *call },
                r#"{"type":"input_json_delta","partial_json":""}"#.to_owned(),
            ),
            Part::ToolArguments { call, text } => (
                Block::Tool { call: *call },
                format!(
                    r#"{{"type":"input_json_delta","partial_json":{}}}"#,
                    Quoted(text)
                ),
            ),
        };
        self.enter(block, frames);
        self.block_event(frames, "content_block_delta", "delta", delta, piece.sent);
        frames.cut();
    }

    fn close(&mut self, frames: &mut Frames) {
        self.leave(frames);
        let output = self.facts.completion_tokens();
        let reason = self.facts.finish.map_or("null".to_owned(), |finish| {
            format!("\"{}\"", reason(finish))
        });
        let input = match self.facts.server {
            ServerKind::Vllm => format!(r#""input_tokens":{},"#, self.facts.prompt_tokens),
            // It says so only here: a message starts before its prompt is looked up.
            ServerKind::Vendor => self.facts.cached_told().map_or_else(String::new, |cached| {
                let computed = self.facts.computed();
                format!(r#""input_tokens":{computed},"cache_read_input_tokens":{cached},"#)
            }),
            ServerKind::Llama => String::new(),
        };
        self.event(frames, "message_delta", format_args!(
            r#","delta":{{"stop_reason":{reason},"stop_sequence":null}},"usage":{{{input}"output_tokens":{output}}}"#
        ));
    }

    fn done(&mut self, frames: &mut Frames) {
        self.event(frames, "message_stop", "");
    }

    fn error(&mut self, frames: &mut Frames) {
        frames.cut();
        let error =
            format_args!(r#","error":{{"type":"overloaded_error","message":"{ERROR_MESSAGE}"}}"#);
        self.event(frames, "error", error);
        frames.cut();
    }

    fn ping(&self) -> &'static str {
        match self.facts.server {
            // An event, not a comment.
            ServerKind::Vendor => "event: ping\ndata: {\"type\":\"ping\"}\n\n",
            server => comment(server),
        }
    }

    fn whole(&self) -> Value {
        let thinking = self
            .facts
            .reasoning(0)
            .map(|text| json!({"type": "thinking", "thinking": text, "signature": SIGNATURE}));
        let text = (self.facts.sizes.content > 0)
            .then(|| json!({"type": "text", "text": self.facts.content(0)}));
        let tools = (0..self.facts.sizes.tools).map(|call| {
            let input: Value = serde_json::from_str(&words::ARGUMENTS.concat()).unwrap_or_default();
            json!({"type": "tool_use", "id": self.facts.call_id(0, call), "name": self.facts.tool, "input": input})
        });
        let mut usage = json!({
            "input_tokens": self.facts.prompt_tokens,
            "output_tokens": self.facts.completion_tokens(),
        });
        if let (Some(cached), ServerKind::Llama | ServerKind::Vendor) =
            (self.facts.cached_told(), self.facts.server)
        {
            usage["input_tokens"] = self.facts.computed().into();
            usage["cache_read_input_tokens"] = cached.into();
        }
        json!({
            "id": format!("msg_{}", self.facts.id),
            "type": "message",
            "role": "assistant",
            "content": thinking.into_iter().chain(text).chain(tools).collect::<Vec<Value>>(),
            "model": self.facts.model,
            "stop_reason": self.facts.finish.map(reason),
            "stop_sequence": null,
            "usage": usage,
        })
    }
}

fn reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop => "end_turn",
        Finish::Length => "max_tokens",
        Finish::ToolCalls => "tool_use",
    }
}

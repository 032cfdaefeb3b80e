//! The responses API: items with parts, each opened and closed by events.

use std::fmt::Display;

use serde_json::{Value, json};

use super::frames::{Frames, Quoted, Sent};
use super::voice::{ERROR_MESSAGE, Facts, Finish, Part, Piece, ServerKind, Voice, comment};
use super::words;

/// A response.
pub(super) struct Responses {
    facts: Facts,
    /// The item that is open.
    item: Option<Item>,
    /// Items that are closed, as they ended up.
    output: Vec<Value>,
    /// Number of the next event, where events are numbered.
    sequence: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    Reasoning,
    Message,
    Call { call: u64 },
}

impl Responses {
    pub(super) fn new(facts: Facts) -> Self {
        Self {
            facts,
            item: None,
            output: Vec::new(),
            sequence: 0,
        }
    }

    fn event(&mut self, frames: &mut Frames, name: &str, fields: impl Display, sent: Sent) {
        frames.put(format_args!("event: {name}\ndata: {{\"type\":\"{name}\""));
        // llama.cpp does not number its events.
        if self.facts.server != ServerKind::Llama {
            frames.put(format_args!(",\"sequence_number\":{}", self.sequence));
            self.sequence += 1;
        }
        frames.put(format_args!(",{fields}{sent}}}\n\n"));
        frames.cut();
    }

    /// An event with fields of a JSON object.
    fn object_event(&mut self, frames: &mut Frames, name: &str, fields: &Value) {
        let fields = fields.to_string();
        let inner = fields
            .strip_prefix('{')
            .and_then(|fields| fields.strip_suffix('}'))
            .unwrap_or(&fields);
        self.event(frames, name, inner, Sent(None));
    }

    fn item_id(&self, item: Item) -> String {
        let id = &self.facts.id;
        match item {
            Item::Reasoning => format!("rs_{id}"),
            Item::Message => format!("msg_{id}"),
            Item::Call { call } => format!("fc_{id}{call:02x}"),
        }
    }

    /// An item: as it opens, or whole.
    fn item(&self, item: Item, is_whole: bool) -> Value {
        let id = self.item_id(item);
        let status = if is_whole { "completed" } else { "in_progress" };
        match item {
            Item::Reasoning => {
                let part = is_whole.then(|| self.part(item));
                json!({"type": "reasoning", "id": id, "status": status, "summary": [], "content": Vec::from_iter(part)})
            }
            Item::Message => {
                let part = is_whole.then(|| self.part(item));
                json!({"type": "message", "id": id, "status": status, "role": "assistant", "content": Vec::from_iter(part)})
            }
            Item::Call { call } => json!({
                "type": "function_call",
                "id": id,
                "call_id": self.facts.call_id(0, call),
                "name": self.facts.tool,
                "arguments": if is_whole { words::ARGUMENTS.concat() } else { String::new() },
                "status": status,
            }),
        }
    }

    /// The one part of an item of text, whole.
    fn part(&self, item: Item) -> Value {
        match item {
            Item::Reasoning => json!({"type": "reasoning_text", "text": self.facts.reasoning(0)}),
            _ => json!({"type": "output_text", "text": self.facts.content(0), "annotations": []}),
        }
    }

    /// Makes `item` the open one.
    fn enter(&mut self, item: Item, frames: &mut Frames) {
        if self.item == Some(item) {
            return;
        }
        self.leave(frames);
        self.item = Some(item);
        let index = self.output.len();
        let opened = self.item(item, false);
        self.object_event(
            frames,
            "response.output_item.added",
            &json!({"output_index": index, "item": opened}),
        );
        if !matches!(item, Item::Call { .. }) {
            let mut part = self.part(item);
            part["text"] = "".into();
            let place = json!({
                "item_id": self.item_id(item), "output_index": index, "content_index": 0, "part": part,
            });
            self.object_event(frames, "response.content_part.added", &place);
        }
    }

    /// Closes the open item.
    fn leave(&mut self, frames: &mut Frames) {
        let Some(item) = self.item.take() else { return };
        let index = self.output.len();
        let id = self.item_id(item);
        if let Item::Call { .. } = item {
            let arguments = words::ARGUMENTS.concat();
            let fields = json!({"item_id": id, "output_index": index, "arguments": arguments});
            self.object_event(frames, "response.function_call_arguments.done", &fields);
        } else {
            let part = self.part(item);
            let name = match item {
                Item::Reasoning => "response.reasoning_text.done",
                _ => "response.output_text.done",
            };
            let text = json!({"item_id": id, "output_index": index, "content_index": 0, "text": part["text"]});
            self.object_event(frames, name, &text);
            let fields =
                json!({"item_id": id, "output_index": index, "content_index": 0, "part": part});
            self.object_event(frames, "response.content_part.done", &fields);
        }
        let whole = self.item(item, true);
        self.object_event(
            frames,
            "response.output_item.done",
            &json!({"output_index": index, "item": whole}),
        );
        self.output.push(whole);
    }

    /// The response as such, with what there is of its output.
    fn response(&self, status: &str, output: &[Value]) -> Value {
        json!({
            "id": format!("resp_{}", self.facts.id),
            "object": "response",
            "created_at": self.facts.created,
            "model": self.facts.model,
            "status": status,
            "output": output,
        })
    }

    /// The response at its end: its status, and all of it.
    fn finished(&self, output: &[Value]) -> (&'static str, Value) {
        let is_cut = self.facts.finish == Some(Finish::Length);
        // vLLM calls a reply complete that its limit has cut.
        let is_incomplete = is_cut && self.facts.server != ServerKind::Vllm;
        let status = if is_incomplete {
            "incomplete"
        } else {
            "completed"
        };
        let mut response = self.response(status, output);
        if is_cut {
            response["incomplete_details"] = json!({"reason": "max_output_tokens"});
        }
        let (input, output) = (self.facts.prompt_tokens, self.facts.completion_tokens());
        response["usage"] =
            json!({"input_tokens": input, "output_tokens": output, "total_tokens": input + output});
        if let Some(cached) = self.facts.cached_told() {
            response["usage"]["input_tokens_details"] = json!({"cached_tokens": cached});
        }
        (
            if is_incomplete {
                "response.incomplete"
            } else {
                "response.completed"
            },
            response,
        )
    }
}

impl Voice for Responses {
    fn facts(&mut self) -> &mut Facts {
        &mut self.facts
    }

    fn open(&mut self, frames: &mut Frames) {
        let response = json!({"response": self.response("in_progress", &[])});
        self.object_event(frames, "response.created", &response);
        self.object_event(frames, "response.in_progress", &response);
    }

    fn piece(&mut self, piece: &Piece, frames: &mut Frames) {
        let (item, name, text) = match &piece.part {
            Part::Reasoning(text) => (
                Item::Reasoning,
                "response.reasoning_text.delta",
                text.as_str(),
            ),
            Part::Content(text) => (Item::Message, "response.output_text.delta", text.as_str()),
            Part::ToolName { call } => return self.enter(Item::Call { call: *call }, frames),
            Part::ToolArguments { call, text } => (
                Item::Call { call: *call },
                "response.function_call_arguments.delta",
                *text,
            ),
        };
        self.enter(item, frames);
        let (id, index, delta) = (self.item_id(item), self.output.len(), Quoted(text));
        let place = match item {
            Item::Call { .. } => "",
            Item::Reasoning | Item::Message => r#","content_index":0"#,
        };
        let fields =
            format_args!(r#""item_id":"{id}","output_index":{index}{place},"delta":{delta}"#);
        self.event(frames, name, fields, piece.sent);
    }

    fn close(&mut self, frames: &mut Frames) {
        self.leave(frames);
    }

    fn done(&mut self, frames: &mut Frames) {
        let (name, response) = self.finished(&self.output);
        self.object_event(frames, name, &json!({"response": response}));
    }

    fn error(&mut self, frames: &mut Frames) {
        let fields = json!({"code": "server_error", "message": ERROR_MESSAGE, "param": null});
        self.object_event(frames, "error", &fields);
    }

    fn ping(&self) -> &'static str {
        comment(self.facts.server)
    }

    fn whole(&self) -> Value {
        let sizes = self.facts.sizes;
        let reasoning = (sizes.reasoning > 0).then_some(Item::Reasoning);
        let message = (sizes.content > 0).then_some(Item::Message);
        let calls = (0..sizes.tools).map(|call| Item::Call { call });
        let items = reasoning.into_iter().chain(message).chain(calls);
        let output: Vec<Value> = items.map(|item| self.item(item, true)).collect();
        self.finished(&output).1
    }
}

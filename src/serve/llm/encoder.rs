//! Writes a reply in the format of an API and a server, from the templates in `replies/`.

use std::fmt::{self, Write};
use std::time::Duration;

use serde_json::json;

use super::facts::{Facts, Finish, ServerKind};
use super::http_chunks::{HttpChunks, SentAt};
use super::steps::StepKind;
use super::template::{Piece, Template, TemplateFlag, TemplateFlags};
use super::templates::template;
use super::words;
use crate::llm::Api;
use crate::units::utc_date;

/// The message of an error inside a stream.
const ERROR_MESSAGE: &str = "The engine failed, as requested.";

/// The tokens of one choice in one step.
#[derive(Debug)]
pub(super) struct ReplyToken {
    pub(super) choice: u64,
    pub(super) kind: StepKind,
    pub(super) text: String,
    /// Tokens of this choice so far, including these.
    pub(super) tokens_so_far: u64,
    pub(super) is_last: bool,
    pub(super) sent: SentAt,
}

/// Encodes one reply.
pub(super) struct Encoder {
    pub(super) facts: Facts,
    template: &'static Template,
    /// The flags of the whole reply.
    flags: TemplateFlags,
    /// The open block, for APIs with blocks.
    block: Option<Block>,
    /// The number of complete blocks.
    complete: u64,
    /// The complete blocks, separated by commas.
    items: String,
    /// The complete choices, separated by commas.
    answers: String,
    /// The number of the next event, for APIs that number events.
    sequence: u64,
}

/// Consecutive tokens of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    Reasoning,
    Content,
    Tool { call: u64 },
}

impl Block {
    fn flag(self) -> TemplateFlag {
        match self {
            Self::Reasoning => TemplateFlag::reasoning,
            Self::Content => TemplateFlag::content,
            Self::Tool { .. } => TemplateFlag::tool,
        }
    }

    fn call(self) -> u64 {
        match self {
            Self::Tool { call } => call,
            Self::Reasoning | Self::Content => 0,
        }
    }
}

/// The values that differ between events.
#[derive(Debug, Clone, Copy)]
struct Event<'a> {
    flags: TemplateFlags,
    choice: u64,
    call: u64,
    text: &'a str,
    /// Tokens of this choice so far.
    tokens: u64,
    sent: SentAt,
}

impl Encoder {
    pub(super) fn new(facts: Facts) -> Self {
        let sizes = facts.sizes;
        let server = match facts.server {
            ServerKind::Vllm => TemplateFlag::vllm,
            ServerKind::Llama => TemplateFlag::llama,
            ServerKind::Vendor => TemplateFlag::vendor,
        };
        let finish = match facts.finish {
            Some(Finish::Stop) => TemplateFlags::from(TemplateFlag::ends) | TemplateFlag::stop,
            Some(Finish::Length) => TemplateFlags::from(TemplateFlag::ends) | TemplateFlag::length,
            Some(Finish::ToolCalls) => {
                TemplateFlags::from(TemplateFlag::ends) | TemplateFlag::tool_calls
            }
            None => TemplateFlags::default(),
        };
        let flags = finish
            | server
            | TemplateFlags::of(TemplateFlag::completions, facts.api == Api::Completions)
            | TemplateFlags::of(TemplateFlag::usage, facts.usage)
            | TemplateFlags::of(TemplateFlag::continuous, facts.continuous_usage)
            | TemplateFlags::of(TemplateFlag::details, facts.details)
            | TemplateFlags::of(TemplateFlag::empty, sizes.tokens() == 0)
            | TemplateFlags::of(TemplateFlag::has_reasoning, sizes.reasoning > 0)
            | TemplateFlags::of(TemplateFlag::has_content, sizes.content > 0)
            | TemplateFlags::of(TemplateFlag::has_tools, sizes.tools > 0);
        Self {
            template: template(facts.api),
            facts,
            flags,
            block: None,
            complete: 0,
            items: String::new(),
            answers: String::new(),
            sequence: 0,
        }
    }

    /// Writes the events before the first token.
    pub(super) fn open(&mut self, chunks: &mut HttpChunks) {
        for choice in 0..self.facts.choices {
            let event = Event {
                choice,
                ..self.event(TemplateFlag::open)
            };
            self.emit("open", event, chunks);
        }
    }

    /// Writes the tokens of one choice in one step.
    pub(super) fn token(&mut self, token: &ReplyToken, chunks: &mut HttpChunks) {
        let (block, kind) = match token.kind {
            StepKind::Reasoning => (Block::Reasoning, TemplateFlags::default()),
            StepKind::Content => (Block::Content, TemplateFlags::default()),
            StepKind::ToolName { call } => (Block::Tool { call }, TemplateFlag::tool_name.into()),
            StepKind::ToolArguments { call, piece } => (
                Block::Tool { call },
                TemplateFlags::of(
                    TemplateFlag::last_piece,
                    piece + 1 == words::ARGUMENTS.len(),
                ) | TemplateFlag::tool_arguments,
            ),
        };
        if self.block != Some(block) {
            self.close_block(chunks);
            self.block = Some(block);
            self.emit(
                "block_start",
                self.block_event(TemplateFlag::block_start, block),
                chunks,
            );
        }
        let event = self.block_event(TemplateFlag::token, block);
        let event = Event {
            flags: event.flags | kind | TemplateFlags::of(TemplateFlag::last, token.is_last),
            choice: token.choice,
            text: &token.text,
            tokens: token.tokens_so_far,
            sent: token.sent,
            ..event
        };
        self.emit("token", event, chunks);
        chunks.cut();
    }

    /// Writes the events after the last token: finish reason and usage.
    pub(super) fn close(&mut self, chunks: &mut HttpChunks) {
        self.close_block(chunks);
        for choice in 0..self.facts.choices {
            let is_last = choice + 1 == self.facts.choices;
            let event = self.event(TemplateFlag::finish);
            let event = Event {
                flags: event.flags | TemplateFlags::of(TemplateFlag::last_choice, is_last),
                choice,
                tokens: self.facts.sizes.tokens(),
                ..event
            };
            self.emit("finish", event, chunks);
        }
        self.emit("usage_event", self.event(TemplateFlag::usage_event), chunks);
    }

    /// Writes the end mark of the reply.
    pub(super) fn done(&mut self, chunks: &mut HttpChunks) {
        self.emit("done", self.event(TemplateFlag::done), chunks);
    }

    /// Writes an error within the reply.
    pub(super) fn error(&mut self, chunks: &mut HttpChunks) {
        chunks.cut();
        self.emit("error", self.event(TemplateFlag::error), chunks);
    }

    /// Writes an event that is not JSON.
    pub(super) fn malformed(&mut self, chunks: &mut HttpChunks) {
        chunks.cut();
        self.emit("malformed", self.event(TemplateFlag::malformed), chunks);
    }

    /// The keep-alive of the API; empty if it has none.
    pub(super) fn ping(&mut self) -> Vec<u8> {
        let mut chunks = HttpChunks::default();
        self.emit("ping", self.event(TemplateFlag::ping), &mut chunks);
        chunks.take().concat()
    }

    /// The whole reply as one JSON document.
    pub(super) fn whole(&mut self) -> String {
        let sizes = self.facts.sizes;
        for choice in 0..self.facts.choices {
            self.items.clear();
            let reasoning = (sizes.reasoning > 0).then_some(Block::Reasoning);
            let content = (sizes.content > 0).then_some(Block::Content);
            let calls = (0..sizes.tools).map(|call| Block::Tool { call });
            for block in reasoning.into_iter().chain(content).chain(calls) {
                let event = self.block_event(TemplateFlag::whole, block);
                let item = self.text("item", Event { choice, ..event });
                append(&mut self.items, &item);
            }
            let event = self.event(TemplateFlag::whole);
            let answer = self.text("answer", Event { choice, ..event });
            append(&mut self.answers, &answer);
        }
        self.text("whole", self.event(TemplateFlag::whole))
    }

    fn close_block(&mut self, chunks: &mut HttpChunks) {
        if let Some(block) = self.block.take() {
            let event = self.block_event(TemplateFlag::block_end, block);
            self.emit("block_end", event, chunks);
            let item = self.text("item", event);
            append(&mut self.items, &item);
            self.complete += 1;
        }
    }

    fn event(&self, flag: TemplateFlag) -> Event<'static> {
        Event {
            flags: self.flags | flag,
            choice: 0,
            call: 0,
            text: "",
            tokens: 0,
            sent: SentAt(None),
        }
    }

    fn block_event(&self, flag: TemplateFlag, block: Block) -> Event<'static> {
        let event = self.event(flag);
        Event {
            flags: event.flags | block.flag(),
            call: block.call(),
            ..event
        }
    }

    /// Writes the events of a section.
    fn emit(&mut self, name: &str, event: Event<'_>, chunks: &mut HttpChunks) {
        let template = self.template;
        let Some(section) = template.section(name, event.flags).flatten() else {
            return;
        };
        for pieces in &section.events {
            self.write(pieces, &event, chunks.buffer());
            chunks.put(format_args!("{}", template.end));
            if !section.shares_chunk(event.flags) {
                chunks.cut();
            }
        }
    }

    /// The text of a section, without the end of an event.
    fn text(&mut self, name: &'static str, event: Event<'_>) -> String {
        let mut text = String::new();
        self.write(&[Piece::Name(name)], &event, &mut text);
        text
    }

    fn write(&mut self, pieces: &[Piece], event: &Event<'_>, out: &mut dyn Write) {
        for piece in pieces {
            match *piece {
                // Writing to memory cannot fail.
                Piece::Text(text) => drop(out.write_str(text)),
                Piece::Name(name) => match self.template.section(name, event.flags) {
                    Some(section) => {
                        let events = section.map_or(&[][..], |section| &section.events);
                        for pieces in events {
                            self.write(pieces, event, out);
                        }
                    }
                    None => drop(self.value(name, event, out)),
                },
            }
        }
    }

    /// Writes the value of a name; an error if there is none.
    fn value(&mut self, name: &str, event: &Event<'_>, out: &mut dyn Write) -> fmt::Result {
        let facts = &self.facts;
        let (choice, call) = (event.choice, event.call);
        let (prompt, completion) = (facts.prompt_tokens, facts.completion_tokens());
        let reasoning = || facts.reasoning(choice).unwrap_or_default();
        let nanos = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        match name {
            "id" => out.write_str(&facts.id),
            "created" => write!(out, "{}", facts.created),
            "created_date" => write!(out, "{}Z", utc_date(facts.created)),
            "model" => write!(out, "{}", json!(facts.model)),
            "tool" => write!(out, "{}", json!(facts.tool)),
            "index" => write!(out, "{choice}"),
            "call" => write!(out, "{call}"),
            "call_id" => write!(out, "call_{}{choice:02x}{call:02x}", facts.id),
            "call_hex" => write!(out, "{call:02x}"),
            "text" => write!(out, "{}", json!(event.text)),
            "content_text" => write!(out, "{}", json!(facts.content(choice))),
            "thinking_text" => write!(out, "{}", json!(reasoning())),
            "whole_text" => write!(out, "{}", json!(reasoning() + &facts.content(choice))),
            "arguments" => out.write_str(&words::ARGUMENTS.concat()),
            "arguments_text" => write!(out, "{}", json!(words::ARGUMENTS.concat())),
            "block_index" => write!(out, "{}", self.complete),
            "items" => out.write_str(&self.items),
            "answers" => out.write_str(&self.answers),
            "sequence" => {
                self.sequence += 1;
                write!(out, "{}", self.sequence - 1)
            }
            "prompt" => write!(out, "{prompt}"),
            "completion" => write!(out, "{completion}"),
            "total" => write!(out, "{}", prompt + completion),
            "current" => write!(out, "{}", event.tokens),
            "current_total" => write!(out, "{}", prompt + event.tokens),
            "cached" => write!(out, "{}", facts.cached),
            "computed" => write!(out, "{}", facts.computed()),
            "timings" => write!(out, "{}", facts.timings()),
            "total_nanos" => {
                let total = facts.prefill.saturating_add(facts.generation);
                write!(out, "{}", nanos(total))
            }
            "prefill_nanos" => write!(out, "{}", nanos(facts.prefill)),
            "generation_nanos" => write!(out, "{}", nanos(facts.generation)),
            "error_message" => out.write_str(ERROR_MESSAGE),
            "sent" => write!(out, "{}", event.sent),
            _ => Err(fmt::Error),
        }
    }
}

/// Adds an item to a list, unless it is empty.
fn append(list: &mut String, item: &str) {
    if !list.is_empty() && !item.is_empty() {
        list.push(',');
    }
    list.push_str(item);
}

#[cfg(test)]
mod tests {
    use super::super::reply_options::ReplyOptions;
    use super::super::request_body::RequestBody;
    use super::*;
    use crate::serve::params::Params;

    #[test]
    fn each_name_of_a_template_is_a_section_or_a_value() {
        let sources = [
            include_str!("replies/openai.txt"),
            include_str!("replies/responses.txt"),
            include_str!("replies/anthropic.txt"),
            include_str!("replies/ollama.txt"),
        ];
        let options =
            ReplyOptions::read(&mut Params::new("", &axum::http::HeaderMap::new())).unwrap();
        let body = RequestBody::read(Api::Completions, br#"{"prompt":"x"}"#).unwrap();
        let facts = Facts::new(Api::Completions, &options, body, 1, 1);
        let mut encoder = Encoder::new(facts);
        for source in sources {
            let template = Template::parse(source, "").unwrap();
            for name in template.names() {
                let event = encoder.event(TemplateFlag::open);
                let is_section = template.section(name, event.flags).is_some();
                let is_value = encoder.value(name, &event, &mut String::new()).is_ok();
                assert!(is_section != is_value, "{name}");
            }
        }
    }
}

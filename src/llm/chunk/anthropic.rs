//! Events of Anthropic's `/v1/messages`.

use std::time::Duration;

use crate::llm::builder::{FragmentKind, ReplyBuilder};
use crate::llm::tokens;

use super::object::{self, object};
use super::value::Count;
use super::{ChunkText, ErrorText, MalformedChunk};

/// Reads an event. Its type is in the data, or else in its name; unknown types are ignored, as the documentation of the API
/// demands.
pub(super) fn read<const KEEP: bool>(
    at: Duration,
    name: &[u8],
    data: &[u8],
    builder: &mut ReplyBuilder,
) -> Result<(), MalformedChunk> {
    let event: Event<'_, KEEP> = object::parse(data)?;
    let kind = match event.kind.text().as_bytes() {
        b"" => name,
        kind => kind,
    };
    if let Some(error) = event.error.0 {
        builder.error(error);
        return Ok(());
    }
    match kind {
        b"content_block_delta" => {
            let delta = &event.delta;
            builder.chunk(at);
            builder.fragment(at, 0, FragmentKind::Reasoning, &delta.thinking)?;
            builder.fragment(at, 0, FragmentKind::Content, &delta.text)?;
            builder.fragment(at, 0, FragmentKind::Tool, &delta.partial_json)?;
        }
        b"content_block_start" => {
            let block = &event.content_block;
            builder.chunk(at);
            builder.fragment(at, 0, FragmentKind::Reasoning, &block.thinking)?;
            builder.fragment(at, 0, FragmentKind::Content, &block.text)?;
            // The model generates the name of a tool as well as its arguments.
            builder.fragment(at, 0, FragmentKind::Tool, &block.name)?;
        }
        b"message_start" => {
            builder.choice(0)?;
            // Its number of output tokens is only a prediction.
            let usage = event.message.usage.to_usage();
            builder.usage(
                tokens::Usage {
                    completion: None,
                    ..usage
                },
                false,
            );
        }
        b"message_delta" => {
            let delta = &event.delta;
            let is_last = builder.finish(0, delta.stop_reason.text())?;
            builder.usage(event.usage.to_usage(), is_last);
        }
        b"message_stop" => builder.done(at),
        b"error" => builder.error("an error event without a message".to_owned()),
        b"ping" => builder.is_keep_alive = true,
        _ => {}
    }
    Ok(())
}

object! {
    struct Event<'a, const KEEP: bool> {
        "type" => kind: ChunkText<'a, true>,
        "delta" => delta: Delta<'a, KEEP>,
        "content_block" => content_block: Block<'a, KEEP>,
        "message" => message: Message,
        "usage" => usage: Usage,
        "error" => error: ErrorText,
    }
}

object! {
    struct Delta<'a, const KEEP: bool> {
        "text" => text: ChunkText<'a, KEEP>,
        "thinking" => thinking: ChunkText<'a, KEEP>,
        "partial_json" => partial_json: ChunkText<'a, KEEP>,
        "stop_reason" => stop_reason: ChunkText<'a, true>,
    }
}

object! {
    struct Block<'a, const KEEP: bool> {
        "text" => text: ChunkText<'a, KEEP>,
        "thinking" => thinking: ChunkText<'a, KEEP>,
        "name" => name: ChunkText<'a, false>,
    }
}

object! {
    struct Message {
        "usage" => usage: Usage,
    }
}

object! {
    /// The token counts of Anthropic, whose `input_tokens` exclude cached ones.
    struct Usage {
        "input_tokens" => input_tokens: Count,
        "cache_read_input_tokens" => cache_read_input_tokens: Count,
        "cache_creation_input_tokens" => cache_creation_input_tokens: Count,
        "output_tokens" => output_tokens: Count,
    }
}

impl Usage {
    fn to_usage(&self) -> tokens::Usage {
        let read = self.cache_read_input_tokens.0;
        let written = self.cache_creation_input_tokens.0;
        let sum = |input: u64| {
            input
                .saturating_add(read.unwrap_or(0))
                .saturating_add(written.unwrap_or(0))
        };
        tokens::Usage {
            prompt: self.input_tokens.0.map(sum),
            cached: read,
            completion: self.output_tokens.0,
            reasoning: None,
        }
    }
}

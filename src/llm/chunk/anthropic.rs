//! Events of Anthropic's `/v1/messages`.

use std::time::Duration;

use serde::Deserialize;

use crate::llm::tally::{Part, Tally};
use crate::llm::tokens;

use super::value::{Count, ErrorText};
use super::{Fragment, Malformed};

/// Reads an event. Its type is in the data, and failing that in its name; a type that is not known here is ignored, as the
/// API's documentation asks for.
pub(super) fn read<const KEEP: bool>(
    at: Duration,
    name: &[u8],
    data: &[u8],
    tally: &mut Tally,
) -> Result<(), Malformed> {
    let event: Event<'_, KEEP> = serde_json::from_slice(data)?;
    let kind = match event.kind.text().as_bytes() {
        b"" => name,
        kind => kind,
    };
    if let Some(error) = event.error.0 {
        tally.error(error);
        return Ok(());
    }
    match kind {
        b"content_block_delta" => {
            let delta = event.delta.unwrap_or_default();
            tally.chunk(at);
            tally.fragment(at, 0, Part::Reasoning, &delta.thinking)?;
            tally.fragment(at, 0, Part::Content, &delta.text)?;
            tally.fragment(at, 0, Part::Tool, &delta.partial_json)?;
        }
        b"content_block_start" => {
            let mut block = event.content_block.unwrap_or_default();
            tally.chunk(at);
            tally.fragment(at, 0, Part::Reasoning, &block.thinking)?;
            tally.fragment(at, 0, Part::Content, &block.text)?;
            // The name of a tool is made by the model, as its arguments are.
            block.arguments.mark_present(!block.name.is_empty());
            tally.fragment(at, 0, Part::Tool, &block.arguments)?;
        }
        b"message_start" => {
            tally.choice(0)?;
            // Its count of output tokens is of what is to come, so it says nothing.
            if let Some(usage) = event.message.and_then(|message| message.usage) {
                let usage = tokens::Usage {
                    completion: None,
                    ..usage.into_usage()
                };
                tally.usage(usage, false);
            }
        }
        b"message_delta" => {
            let delta = event.delta.unwrap_or_default();
            let is_last = tally.finish(0, delta.stop_reason.text())?;
            if let Some(usage) = event.usage {
                tally.usage(usage.into_usage(), is_last);
            }
        }
        b"message_stop" => tally.done(at),
        b"error" => tally.error("an error event without a message".to_owned()),
        b"ping" => tally.keep_alive(),
        _ => {}
    }
    Ok(())
}

#[derive(Deserialize)]
struct Event<'a, const KEEP: bool> {
    #[serde(borrow, default, rename = "type")]
    kind: Fragment<'a, true>,
    #[serde(borrow, default)]
    delta: Option<Delta<'a, KEEP>>,
    #[serde(borrow, default)]
    content_block: Option<Block<'a, KEEP>>,
    #[serde(default)]
    message: Option<Message>,
    #[serde(default)]
    usage: Option<Usage>,
    #[serde(default)]
    error: ErrorText,
}

#[derive(Deserialize, Default)]
struct Delta<'a, const KEEP: bool> {
    #[serde(borrow, default)]
    text: Fragment<'a, KEEP>,
    #[serde(borrow, default)]
    thinking: Fragment<'a, KEEP>,
    #[serde(borrow, default)]
    partial_json: Fragment<'a, KEEP>,
    #[serde(borrow, default)]
    stop_reason: Fragment<'a, true>,
}

#[derive(Deserialize, Default)]
struct Block<'a, const KEEP: bool> {
    #[serde(borrow, default)]
    text: Fragment<'a, KEEP>,
    #[serde(borrow, default)]
    thinking: Fragment<'a, KEEP>,
    #[serde(borrow, default)]
    name: Fragment<'a, false>,
    /// No field of a block: the arguments come as deltas.
    #[serde(skip)]
    arguments: Fragment<'a, KEEP>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    usage: Option<Usage>,
}

/// Tokens as Anthropic counts them: those of a cache are not part of `input_tokens`.
#[derive(Deserialize, Clone, Copy)]
struct Usage {
    #[serde(default)]
    input_tokens: Count,
    #[serde(default)]
    cache_read_input_tokens: Count,
    #[serde(default)]
    cache_creation_input_tokens: Count,
    #[serde(default)]
    output_tokens: Count,
}

impl Usage {
    fn into_usage(self) -> tokens::Usage {
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

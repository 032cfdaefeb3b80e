//! Chunks of Google's `streamGenerateContent?alt=sse`.

use std::time::Duration;

use crate::llm::builder::{FragmentKind, ReplyBuilder};
use crate::llm::tokens;

use super::object::{self, object};
use super::openai::ToolCalls;
use super::value::{Count, Few, IsTrue};
use super::{ChunkText, ErrorText, MalformedChunk};

/// Reads a chunk. Each may contain usage; the last usage counts.
pub(super) fn read<const KEEP: bool>(
    at: Duration,
    data: &[u8],
    builder: &mut ReplyBuilder,
) -> Result<(), MalformedChunk> {
    let mut chunk: Chunk<'_, KEEP> = object::parse(data)?;
    if let Some(error) = chunk.error.0 {
        builder.error(error);
    }
    let blocked = &chunk.prompt_feedback.block_reason;
    if !blocked.is_empty() {
        builder.error(format!("the prompt was blocked: {}", blocked.text()));
    }
    let mut is_last = chunk.candidates.is_empty();
    if !is_last {
        builder.chunk(at);
    }
    for candidate in chunk.candidates.iter_mut() {
        let index = candidate.index.0.unwrap_or(0);
        builder.choice(index)?;
        for piece in candidate.content.parts.iter_mut() {
            let part = if piece.thought.0 {
                FragmentKind::Reasoning
            } else {
                FragmentKind::Content
            };
            builder.fragment(at, index, part, &piece.text)?;
            builder.fragment(at, index, FragmentKind::Tool, &piece.function_call.0)?;
        }
        is_last |= builder.finish(index, candidate.finish_reason.text())?;
    }
    builder.usage(chunk.usage_metadata.to_usage(), is_last);
    Ok(())
}

object! {
    struct Chunk<'a, const KEEP: bool> {
        "candidates" => candidates: Few<Candidate<'a, KEEP>>,
        "usageMetadata" => usage_metadata: Usage,
        "promptFeedback" => prompt_feedback: Feedback<'a>,
        "error" => error: ErrorText,
    }
}

object! {
    struct Feedback<'a> {
        "blockReason" => block_reason: ChunkText<'a, true>,
    }
}

object! {
    struct Candidate<'a, const KEEP: bool> {
        "index" => index: Count,
        "content" => content: Content<'a, KEEP>,
        "finishReason" => finish_reason: ChunkText<'a, true>,
    }
}

object! {
    struct Content<'a, const KEEP: bool> {
        "parts" => parts: Few<Piece<'a, KEEP>>,
    }
}

object! {
    struct Piece<'a, const KEEP: bool> {
        "text" => text: ChunkText<'a, KEEP>,
        "thought" => thought: IsTrue,
        "functionCall" => function_call: ToolCalls<'a, KEEP>,
    }
}

object! {
    /// The token counts of Google, which exclude thoughts from the candidates.
    struct Usage {
        "promptTokenCount" => prompt_token_count: Count,
        "cachedContentTokenCount" => cached_content_token_count: Count,
        "candidatesTokenCount" => candidates_token_count: Count,
        "thoughtsTokenCount" => thoughts_token_count: Count,
    }
}

impl Usage {
    fn to_usage(&self) -> tokens::Usage {
        let thoughts = self.thoughts_token_count.0;
        let completion = match (self.candidates_token_count.0, thoughts) {
            (None, None) => None,
            (text, thoughts) => Some(text.unwrap_or(0).saturating_add(thoughts.unwrap_or(0))),
        };
        tokens::Usage {
            prompt: self.prompt_token_count.0,
            cached: self.cached_content_token_count.0,
            completion,
            reasoning: thoughts,
        }
    }
}

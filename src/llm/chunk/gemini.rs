//! Chunks of Google's `streamGenerateContent?alt=sse`.

use std::time::Duration;

use serde::Deserialize;

use crate::llm::tally::{Part, Tally};
use crate::llm::tokens;

use super::openai::ToolCalls;
use super::value::{Count, ErrorText, Few};
use super::{Fragment, Malformed};

/// Reads a chunk; usage may come with each, the last one counts.
pub(super) fn read<const KEEP: bool>(
    at: Duration,
    data: &[u8],
    tally: &mut Tally,
) -> Result<(), Malformed> {
    let chunk: Chunk<'_, KEEP> = serde_json::from_slice(data)?;
    if let Some(error) = chunk.error.0 {
        tally.error(error);
    }
    if let Some(feedback) = chunk.prompt_feedback
        && !feedback.block_reason.is_empty()
    {
        tally.error(format!(
            "the prompt was blocked: {}",
            feedback.block_reason.text()
        ));
    }
    let mut is_last = chunk.candidates.is_empty();
    if !is_last {
        tally.chunk(at);
    }
    for candidate in chunk.candidates {
        let index = candidate.index.0.unwrap_or(0);
        tally.choice(index)?;
        for piece in candidate.content.unwrap_or_default().parts {
            let part = if piece.thought {
                Part::Reasoning
            } else {
                Part::Content
            };
            tally.fragment(at, index, part, &piece.text)?;
            tally.fragment(at, index, Part::Tool, &piece.function_call.0)?;
        }
        is_last |= tally.finish(index, candidate.finish_reason.text())?;
    }
    if let Some(usage) = chunk.usage_metadata {
        tally.usage(usage.into_usage(), is_last);
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chunk<'a, const KEEP: bool> {
    #[serde(borrow, default)]
    candidates: Few<Candidate<'a, KEEP>>,
    #[serde(default)]
    usage_metadata: Option<Usage>,
    #[serde(borrow, default)]
    prompt_feedback: Option<Feedback<'a>>,
    #[serde(default)]
    error: ErrorText,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback<'a> {
    #[serde(borrow, default)]
    block_reason: Fragment<'a, true>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate<'a, const KEEP: bool> {
    #[serde(default)]
    index: Count,
    #[serde(borrow, default)]
    content: Option<Content<'a, KEEP>>,
    #[serde(borrow, default)]
    finish_reason: Fragment<'a, true>,
}

#[derive(Deserialize, Default)]
struct Content<'a, const KEEP: bool> {
    #[serde(borrow, default)]
    parts: Few<Piece<'a, KEEP>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Piece<'a, const KEEP: bool> {
    #[serde(borrow, default)]
    text: Fragment<'a, KEEP>,
    #[serde(default)]
    thought: bool,
    #[serde(borrow, default)]
    function_call: ToolCalls<'a, KEEP>,
}

/// Tokens as Google counts them: thoughts are not part of the candidates.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "camelCase")]
struct Usage {
    #[serde(default)]
    prompt_token_count: Count,
    #[serde(default)]
    cached_content_token_count: Count,
    #[serde(default)]
    candidates_token_count: Count,
    #[serde(default)]
    thoughts_token_count: Count,
}

impl Usage {
    fn into_usage(self) -> tokens::Usage {
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

//! Events of OpenAI's `/v1/responses`.

use std::time::Duration;

use serde::Deserialize;

use crate::llm::tally::{Part, Tally};
use crate::llm::tokens;

use super::value::{Count, ErrorText};
use super::{Fragment, Malformed};

/// Reads an event. Its type is in the data, and failing that in its name; a type that is not known here is ignored.
pub(super) fn read<const KEEP: bool>(
    at: Duration,
    name: &[u8],
    data: &[u8],
    tally: &mut Tally,
) -> Result<(), Malformed> {
    let event: Event<'_, KEEP> = serde_json::from_slice(data)?;
    let kind = match event.kind.text() {
        "" => std::str::from_utf8(name).unwrap_or_default(),
        kind => kind,
    };
    if let Some(part) = part_of(kind) {
        tally.chunk(at);
        return tally.fragment(at, 0, part, &event.delta);
    }
    match kind {
        "response.created" | "response.in_progress" | "response.queued" => {
            tally.choice(0)?;
        }
        "response.output_item.added" => {
            tally.chunk(at);
            // The name of a tool is made by the model, as its arguments are.
            if event.item.is_some_and(|item| !item.name.is_empty()) {
                let mut call = Fragment::<KEEP>::default();
                call.mark_present(true);
                tally.fragment(at, 0, Part::Tool, &call)?;
            }
        }
        "response.completed" | "response.incomplete" | "response.cancelled" => {
            let response = event.response.unwrap_or_default();
            if let Some(ErrorText(Some(error))) = response.error {
                tally.error(error);
            }
            // Some servers call a reply that was cut short `completed`, so its reason comes first.
            let details = response.incomplete_details.unwrap_or_default();
            let plain = kind.rsplit('.').next().unwrap_or_default();
            let reason = [details.reason.text(), response.status.text(), plain];
            let reason = reason.into_iter().find(|reason| !reason.is_empty());
            tally.finish(0, reason.unwrap_or_default())?;
            if let Some(usage) = response.usage {
                tally.usage(usage.into_usage(), true);
            }
            tally.done(at);
        }
        "response.failed" => {
            let error = event.response.and_then(|response| response.error);
            let error = error.and_then(|error| error.0).or(event.error.0);
            tally.error(error.unwrap_or_else(|| "the response failed".to_owned()));
            tally.done(at);
        }
        "error" => {
            let error = event.error.0.or(event.message.0).or(event.code.0);
            tally.error(error.unwrap_or_else(|| "an error event without a message".to_owned()));
        }
        // Gateways send errors of their own without a type.
        _ => {
            if let Some(error) = event.error.0 {
                tally.error(error);
            }
        }
    }
    Ok(())
}

/// What a delta is part of.
fn part_of(kind: &str) -> Option<Part> {
    let what = kind.strip_prefix("response.")?.strip_suffix(".delta")?;
    match what {
        "output_text" | "refusal" => Some(Part::Content),
        what if what.starts_with("reasoning") => Some(Part::Reasoning),
        what if what.ends_with("_arguments") || what.ends_with("_input") => Some(Part::Tool),
        "code_interpreter_call_code" => Some(Part::Tool),
        _ => None,
    }
}

#[derive(Deserialize)]
struct Event<'a, const KEEP: bool> {
    #[serde(borrow, default, rename = "type")]
    kind: Fragment<'a, true>,
    #[serde(borrow, default)]
    delta: Fragment<'a, KEEP>,
    #[serde(borrow, default)]
    response: Option<Response<'a>>,
    #[serde(borrow, default)]
    item: Option<Item<'a>>,
    #[serde(default)]
    error: ErrorText,
    #[serde(default)]
    message: ErrorText,
    #[serde(default)]
    code: ErrorText,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow, default)]
    name: Fragment<'a, false>,
}

#[derive(Deserialize, Default)]
struct Response<'a> {
    #[serde(borrow, default)]
    status: Fragment<'a, true>,
    #[serde(borrow, default)]
    incomplete_details: Option<Incomplete<'a>>,
    #[serde(default)]
    error: Option<ErrorText>,
    #[serde(default)]
    usage: Option<Usage>,
}

#[derive(Deserialize, Default)]
struct Incomplete<'a> {
    #[serde(borrow, default)]
    reason: Fragment<'a, true>,
}

/// Tokens as this API counts them.
#[derive(Deserialize, Clone, Copy)]
struct Usage {
    #[serde(default)]
    input_tokens: Count,
    #[serde(default)]
    output_tokens: Count,
    #[serde(default)]
    input_tokens_details: Option<InputDetails>,
    #[serde(default)]
    output_tokens_details: Option<OutputDetails>,
}

#[derive(Deserialize, Clone, Copy)]
struct InputDetails {
    #[serde(default)]
    cached_tokens: Count,
}

#[derive(Deserialize, Clone, Copy)]
struct OutputDetails {
    #[serde(default)]
    reasoning_tokens: Count,
}

impl Usage {
    fn into_usage(self) -> tokens::Usage {
        tokens::Usage {
            prompt: self.input_tokens.0,
            cached: self
                .input_tokens_details
                .and_then(|details| details.cached_tokens.0),
            completion: self.output_tokens.0,
            reasoning: self
                .output_tokens_details
                .and_then(|details| details.reasoning_tokens.0),
        }
    }
}

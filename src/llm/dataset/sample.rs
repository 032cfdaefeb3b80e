//! One prompt of a dataset.

use crate::llm::request::Input;

use super::estimate::estimate_tokens;

/// A prompt, and how long its reply should be.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// What to ask.
    pub input: Input,
    /// About how many tokens that is.
    pub prompt_tokens: u64,
    /// How many tokens to ask for; `None` where the dataset does not say.
    pub output_tokens: Option<u64>,
}

impl Sample {
    /// A prompt of one text.
    pub fn of_prompt(prompt: String, output_tokens: Option<u64>) -> Self {
        let prompt_tokens = estimate_tokens(&prompt);
        Self {
            input: Input::Prompt(prompt),
            prompt_tokens,
            output_tokens,
        }
    }

    /// A conversation so far; its length is that of all texts in it.
    pub fn of_messages(messages: Vec<serde_json::Value>, output_tokens: Option<u64>) -> Self {
        let prompt_tokens = messages
            .iter()
            .map(|message| match &message["content"] {
                serde_json::Value::Array(parts) => parts
                    .iter()
                    .filter_map(|part| part["text"].as_str())
                    .map(estimate_tokens)
                    .sum(),
                content => content.as_str().map_or(0, estimate_tokens),
            })
            .sum();
        Self {
            input: Input::Messages(messages),
            prompt_tokens,
            output_tokens,
        }
    }
}

//! One prompt of a dataset.

use serde_json::Value;

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
        Self::new(Input::Prompt(prompt), output_tokens)
    }

    /// A conversation so far; its length is that of all texts in it.
    pub fn of_messages(messages: Vec<serde_json::Value>, output_tokens: Option<u64>) -> Self {
        Self::new(Input::Messages(messages), output_tokens)
    }

    fn new(input: Input, output_tokens: Option<u64>) -> Self {
        Self {
            prompt_tokens: input.estimated_tokens(),
            input,
            output_tokens,
        }
    }
}

impl Input {
    /// About how many tokens its texts have, see [`estimate_tokens`].
    pub fn estimated_tokens(&self) -> u64 {
        let of_message = |message: &Value| match &message["content"] {
            Value::Array(parts) => parts
                .iter()
                .filter_map(|part| part["text"].as_str())
                .map(estimate_tokens)
                .sum(),
            content => content.as_str().map_or(0, estimate_tokens),
        };
        match self {
            Self::Prompt(prompt) => estimate_tokens(prompt),
            Self::Messages(messages) => messages.iter().map(of_message).sum(),
        }
    }
}

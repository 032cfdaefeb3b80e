//! One prompt of a dataset.

use serde_json::Value;

use crate::llm::request::Input;

use super::estimate::estimate_tokens;

/// A prompt and the requested length of its reply.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PromptSample {
    /// The input.
    pub input: Input,
    /// The approximate number of tokens of the input.
    pub prompt_tokens: u64,
    /// The number of tokens to request; `None` if the dataset does not specify it.
    pub output_tokens: Option<u64>,
    /// The questions of a conversation, including the first; empty for a single question.
    pub turns: Vec<Question>,
}

/// A question of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Question {
    /// The text.
    pub prompt: String,
    /// The approximate number of tokens of the text.
    pub prompt_tokens: u64,
    /// The number of tokens to request.
    pub output_tokens: Option<u64>,
}

impl PromptSample {
    /// A prompt that consists of one text.
    pub(crate) fn of_prompt(prompt: String, output_tokens: Option<u64>) -> Self {
        Self::new(Input::Prompt(prompt), output_tokens)
    }

    /// Inserts `salt` before the first text, so that a server that has seen the prompt does not find it in its cache.
    pub(crate) fn salt(&mut self, salt: &str) {
        let mark = format!("[{salt}] ");
        let first = match &mut self.input {
            Input::Prompt(prompt) => Some(prompt),
            Input::Messages(messages) => messages.iter_mut().find_map(first_text),
        };
        if let Some(text) = first {
            text.insert_str(0, &mark);
            self.prompt_tokens += estimate_tokens(&mark);
        }
        if let Some(first) = self.turns.first_mut() {
            first.prompt.insert_str(0, &mark);
            first.prompt_tokens += estimate_tokens(&mark);
        }
    }

    /// A prompt that consists of messages.
    pub(crate) fn of_messages(messages: Vec<Value>, output_tokens: Option<u64>) -> Self {
        Self::new(Input::Messages(messages), output_tokens)
    }

    fn new(input: Input, output_tokens: Option<u64>) -> Self {
        Self {
            prompt_tokens: input.estimated_tokens(),
            input,
            output_tokens,
            turns: Vec::new(),
        }
    }

    /// A conversation with these questions, at least one.
    pub(super) fn of_conversation(turns: Vec<Question>) -> Self {
        let first = turns.first();
        Self {
            input: Input::Prompt(first.map(|first| first.prompt.clone()).unwrap_or_default()),
            prompt_tokens: first.map_or(0, |first| first.prompt_tokens),
            output_tokens: first.and_then(|first| first.output_tokens),
            turns,
        }
    }
}

impl Input {
    /// The approximate number of tokens of all texts, see [`estimate_tokens`].
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

/// The first text of a message, whose content is a text or a list of parts.
fn first_text(message: &mut Value) -> Option<&mut String> {
    match message.get_mut("content")? {
        Value::String(text) => Some(text),
        Value::Array(parts) => parts
            .iter_mut()
            .find_map(|part| match part.get_mut("text") {
                Some(Value::String(text)) => Some(text),
                _ => None,
            }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn salt_is_inserted_before_the_first_text() {
        let mut sample = PromptSample::of_prompt("one two".to_owned(), None);
        let tokens = sample.prompt_tokens;
        sample.salt("run 7");
        assert_eq!(sample.input, Input::Prompt("[run 7] one two".to_owned()));
        assert!(sample.prompt_tokens > tokens);

        let image = json!({"type": "image_url"});
        let text = |text: &str| json!({"type": "text", "text": text});
        let user = |content| json!({"role": "user", "content": content});
        let mut sample = PromptSample::of_messages(
            vec![user(json!([image, text("a")])), user(json!("b"))],
            None,
        );
        sample.salt("run 7");
        let salted = vec![user(json!([image, text("[run 7] a")])), user(json!("b"))];
        assert_eq!(sample.input, Input::Messages(salted));
    }
}

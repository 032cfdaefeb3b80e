//! Builds requests for each API.

use serde_json::{Map, Value, json};

use super::api::Api;

mod built;
mod images;

pub use built::BuiltRequest;
use built::headers;

/// The input of the model.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A text. APIs with messages receive it as a single message of the user.
    Prompt(String),
    /// Messages in the format of `OpenAI`, with `role` and `content`. They are converted to the format of the API.
    Messages(Vec<Value>),
}

/// The usage to request from the server, if the API allows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UsageWanted {
    /// None.
    None,
    /// At the end of the stream.
    #[default]
    Last,
    /// In every chunk, an extension of vLLM that shows the number of tokens of each chunk.
    EveryChunk,
}

/// A request to a model for a streamed reply, independent of the API.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatRequest {
    /// The model. If it is empty, the body has no model, for servers with a single one.
    pub model: String,
    /// The input.
    pub input: Input,
    /// The maximum number of tokens of the reply. Anthropic requires one; the default is
    /// [`ChatRequest::ANTHROPIC_MAX_TOKENS`].
    pub max_tokens: Option<u64>,
    /// The temperature of sampling.
    pub temperature: Option<f64>,
    /// The seed of sampling. Anthropic and Responses have no such field.
    pub seed: Option<u64>,
    /// Continue up to `max_tokens` after the end-of-sequence token, for replies of equal length: an extension of vLLM, `SGLang`
    /// and llama.cpp, sent only with their APIs.
    pub ignore_eos: bool,
    /// The usage to request.
    pub usage: UsageWanted,
    /// Further fields of the body, merged object by object. A null removes a field.
    pub extra: Map<String, Value>,
}

/// Why a request cannot be written in an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The API has no messages.
    #[error("{0} takes a prompt, not messages")]
    NeedsPrompt(Api),
    /// The API has the model in its path.
    #[error("{0} needs the name of a model")]
    NeedsModel(Api),
}

impl ChatRequest {
    /// The default limit of a reply for Anthropic.
    pub const ANTHROPIC_MAX_TOKENS: u64 = 1024;

    /// A request with only a model and a prompt.
    pub fn new(model: impl Into<String>, prompt: impl Into<String>) -> Self {
        Self {
            model: model.into(),
            input: Input::Prompt(prompt.into()),
            max_tokens: None,
            temperature: None,
            seed: None,
            ignore_eos: false,
            usage: UsageWanted::default(),
            extra: Map::new(),
        }
    }

    /// Writes the request for an API, with the key of the server if there is one.
    pub fn build(&self, api: Api, key: Option<&str>) -> Result<BuiltRequest, RequestError> {
        let path = match api {
            Api::Gemini if self.model.is_empty() => return Err(RequestError::NeedsModel(api)),
            Api::Gemini => format!(
                "{}/{}:streamGenerateContent?alt=sse",
                api.path(),
                self.model
            ),
            _ => api.path().to_owned(),
        };
        let mut body = Map::new();
        if !self.model.is_empty() && api != Api::Gemini {
            body.insert("model".into(), json!(self.model));
        }
        body.extend(given(match api {
            Api::ChatCompletions | Api::Completions => self.openai(api)?,
            Api::AnthropicMessages => self.anthropic(),
            Api::Responses => self.responses(),
            Api::OllamaNdjson => self.ollama(),
            Api::Gemini => self.gemini(),
            Api::LlamaCompletion => self.llama()?,
        }));
        let mut body = Value::Object(body);
        merge(&mut body, &Value::Object(self.extra.clone()));
        Ok(BuiltRequest {
            path,
            headers: headers(api, key),
            body: body.to_string().into_bytes(),
        })
    }

    fn openai(&self, api: Api) -> Result<Value, RequestError> {
        let (messages, prompt) = match api {
            Api::ChatCompletions => (Some(self.messages()), None),
            _ => (None, Some(self.prompt(api)?)),
        };
        // The newer name of the same limit. The server receives only one of them.
        let has_newer_limit = self.extra.contains_key("max_completion_tokens");
        Ok(json!({
            "messages": messages,
            "prompt": prompt,
            "max_tokens": self.max_tokens.filter(|_| !has_newer_limit),
            "temperature": self.temperature,
            "seed": self.seed,
            "ignore_eos": self.ignore_eos.then_some(true),
            "stream": true,
            "stream_options": match self.usage {
                UsageWanted::None => Value::Null,
                UsageWanted::Last => json!({"include_usage": true}),
                UsageWanted::EveryChunk => {
                    json!({"include_usage": true, "continuous_usage_stats": true})
                }
            },
        }))
    }

    fn anthropic(&self) -> Value {
        let (system, mut messages) = self.split_system();
        messages.iter_mut().for_each(images::anthropic);
        json!({
            "system": system,
            "messages": messages,
            "max_tokens": self.max_tokens.unwrap_or(Self::ANTHROPIC_MAX_TOKENS),
            "temperature": self.temperature,
            "stream": true,
        })
    }

    fn responses(&self) -> Value {
        let input = match &self.input {
            Input::Prompt(prompt) => json!(prompt),
            Input::Messages(messages) => {
                let mut messages = messages.clone();
                messages.iter_mut().for_each(images::responses);
                json!(messages)
            }
        };
        json!({
            "input": input,
            "max_output_tokens": self.max_tokens,
            "temperature": self.temperature,
            "stream": true,
        })
    }

    fn ollama(&self) -> Value {
        let mut messages = self.messages();
        messages.iter_mut().for_each(images::ollama);
        let options = given(json!({
            "num_predict": self.max_tokens,
            "temperature": self.temperature,
            "seed": self.seed,
        }));
        json!({
            "messages": messages,
            "stream": true,
            "options": (!options.is_empty()).then_some(options),
        })
    }

    fn gemini(&self) -> Value {
        let (system, messages) = self.split_system();
        let content = |message: &Value| {
            let role = match message["role"].as_str() {
                Some("assistant") => "model",
                _ => "user",
            };
            json!({"role": role, "parts": images::gemini(message)})
        };
        let config = given(json!({
            "maxOutputTokens": self.max_tokens,
            "temperature": self.temperature,
            "seed": self.seed,
        }));
        json!({
            "systemInstruction": system.map(|text| json!({"parts": [{"text": text}]})),
            "contents": messages.iter().map(content).collect::<Value>(),
            "generationConfig": (!config.is_empty()).then_some(config),
        })
    }

    fn llama(&self) -> Result<Value, RequestError> {
        Ok(json!({
            "prompt": self.prompt(Api::LlamaCompletion)?,
            "n_predict": self.max_tokens,
            "temperature": self.temperature,
            "seed": self.seed,
            "ignore_eos": self.ignore_eos.then_some(true),
            "stream": true,
        }))
    }

    fn prompt(&self, api: Api) -> Result<&str, RequestError> {
        match &self.input {
            Input::Prompt(prompt) => Ok(prompt),
            Input::Messages(_) => Err(RequestError::NeedsPrompt(api)),
        }
    }

    fn messages(&self) -> Vec<Value> {
        match &self.input {
            Input::Prompt(prompt) => vec![json!({"role": "user", "content": prompt})],
            Input::Messages(messages) => messages.clone(),
        }
    }

    /// The text of all system messages, for APIs with a separate field, and the other messages.
    fn split_system(&self) -> (Option<String>, Vec<Value>) {
        let is_system =
            |message: &Value| matches!(message["role"].as_str(), Some("system" | "developer"));
        let (system, messages): (Vec<Value>, Vec<Value>) =
            self.messages().into_iter().partition(is_system);
        let texts: Vec<String> = system.iter().map(text_of).collect();
        let system = texts.join("\n\n");
        (Some(system).filter(|text| !text.is_empty()), messages)
    }
}

/// The text of a message, whose content is a text or a list of parts.
fn text_of(message: &Value) -> String {
    match &message["content"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts
            .iter()
            .filter_map(|part| part["text"].as_str())
            .collect(),
        _ => String::new(),
    }
}

/// The fields of an object that are not null.
fn given(object: Value) -> Map<String, Value> {
    let fields = match object {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    let given = fields.into_iter().filter(|(_, value)| !value.is_null());
    given.collect()
}

/// Merges `more` into `body`.
fn merge(body: &mut Value, more: &Value) {
    match (body, more) {
        (Value::Object(body), Value::Object(more)) => {
            for (key, value) in more {
                if value.is_null() {
                    body.shift_remove(key);
                } else {
                    merge(body.entry(key.clone()).or_insert(Value::Null), value);
                }
            }
        }
        (body, more) => *body = more.clone(),
    }
}

#[cfg(test)]
mod tests;

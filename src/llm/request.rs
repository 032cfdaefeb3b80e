//! Builds requests for each API.

use serde_json::{Map, Value, json};

use super::api::Api;

mod built;
mod images;

pub use built::BuiltRequest;
use built::headers;

/// What the model is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// One text. APIs of messages get it as the only message of the user.
    Prompt(String),
    /// Messages as `OpenAI` writes them, with `role` and `content`; roles that an API keeps elsewhere are put there.
    Messages(Vec<Value>),
}

/// Which usage the server is asked for, where it can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UsageWanted {
    /// None.
    None,
    /// At the end of the stream.
    #[default]
    Last,
    /// In every chunk, a vLLM extension, so that it is known how many tokens a chunk holds.
    EveryChunk,
}

/// A request to a model for a streamed reply, before it is put into the words of an API.
#[derive(Debug, Clone, PartialEq)]
pub struct ChatRequest {
    /// The model; if empty, the body has no model, for servers with a single one.
    pub model: String,
    /// What it is asked.
    pub input: Input,
    /// The most tokens the reply may have. Anthropic insists on a number, which is then
    /// [`ChatRequest::ANTHROPIC_MAX_TOKENS`] unless given.
    pub max_tokens: Option<u64>,
    /// The temperature of sampling.
    pub temperature: Option<f64>,
    /// The seed of sampling; not sent to Anthropic and in Responses, which have none.
    pub seed: Option<u64>,
    /// Go on to `max_tokens` whatever the model says, for replies of equal length: an extension of vLLM, `SGLang` and
    /// llama.cpp, sent in their APIs only.
    pub ignore_eos: bool,
    /// The usage asked for.
    pub usage: UsageWanted,
    /// More for the body: merged into it, object by object. A null takes away what would be there.
    pub extra: Map<String, Value>,
}

/// Why a request cannot be written in an API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The API knows no messages.
    #[error("{0} takes a prompt, not messages")]
    NeedsPrompt(Api),
    /// The API has the model in its path.
    #[error("{0} needs the name of a model")]
    NeedsModel(Api),
}

impl RequestError {
    /// A stable word for the kind of mistake.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NeedsPrompt(_) => "needs_prompt",
            Self::NeedsModel(_) => "needs_model",
        }
    }
}

impl ChatRequest {
    /// The limit on a reply of Anthropic's when none is given.
    pub const ANTHROPIC_MAX_TOKENS: u64 = 1024;

    /// A request with a model and a prompt only.
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

    /// Writes the request, with the server's key if it wants one.
    pub fn build(&self, api: Api, key: Option<&str>) -> Result<BuiltRequest, RequestError> {
        let mut body = Map::new();
        if !self.model.is_empty() && api != Api::Gemini {
            body.insert("model".into(), json!(self.model));
        }
        let path = match api {
            Api::Gemini if self.model.is_empty() => {
                return Err(RequestError::NeedsModel(api));
            }
            Api::Gemini => {
                format!(
                    "{}/{}:streamGenerateContent?alt=sse",
                    api.path(),
                    self.model
                )
            }
            _ => api.path().to_owned(),
        };
        match api {
            Api::ChatCompletions | Api::Completions => self.openai(api, &mut body)?,
            Api::AnthropicMessages => self.anthropic(&mut body),
            Api::Responses => self.responses(&mut body),
            Api::OllamaNdjson => self.ollama(&mut body),
            Api::Gemini => self.gemini(&mut body),
            Api::LlamaCompletion => self.llama(&mut body)?,
        }
        let mut body = Value::Object(body);
        merge(&mut body, &Value::Object(self.extra.clone()));
        Ok(BuiltRequest {
            path,
            headers: headers(api, key),
            body: body.to_string().into_bytes(),
        })
    }

    fn openai(&self, api: Api, body: &mut Map<String, Value>) -> Result<(), RequestError> {
        if api == Api::ChatCompletions {
            body.insert("messages".into(), json!(self.messages()));
        } else {
            body.insert("prompt".into(), json!(self.prompt(api)?));
        }
        // The newer name of the same limit; no server should have to choose.
        if !self.extra.contains_key("max_completion_tokens") {
            put(body, "max_tokens", self.max_tokens);
        }
        put(body, "temperature", self.temperature);
        put(body, "seed", self.seed);
        put(body, "ignore_eos", self.ignore_eos.then_some(true));
        body.insert("stream".into(), json!(true));
        match self.usage {
            UsageWanted::None => {}
            UsageWanted::Last => {
                body.insert("stream_options".into(), json!({"include_usage": true}));
            }
            UsageWanted::EveryChunk => {
                let options = json!({"include_usage": true, "continuous_usage_stats": true});
                body.insert("stream_options".into(), options);
            }
        }
        Ok(())
    }

    fn anthropic(&self, body: &mut Map<String, Value>) {
        let (system, mut messages) = self.split_system();
        messages.iter_mut().for_each(images::anthropic);
        if !system.is_empty() {
            body.insert("system".into(), json!(system));
        }
        body.insert("messages".into(), json!(messages));
        let max_tokens = self.max_tokens.unwrap_or(Self::ANTHROPIC_MAX_TOKENS);
        body.insert("max_tokens".into(), json!(max_tokens));
        put(body, "temperature", self.temperature);
        body.insert("stream".into(), json!(true));
    }

    fn responses(&self, body: &mut Map<String, Value>) {
        let input = match &self.input {
            Input::Prompt(prompt) => json!(prompt),
            Input::Messages(messages) => {
                let mut messages = messages.clone();
                messages.iter_mut().for_each(images::responses);
                json!(messages)
            }
        };
        body.insert("input".into(), input);
        put(body, "max_output_tokens", self.max_tokens);
        put(body, "temperature", self.temperature);
        body.insert("stream".into(), json!(true));
    }

    fn ollama(&self, body: &mut Map<String, Value>) {
        let mut messages = self.messages();
        messages.iter_mut().for_each(images::ollama);
        body.insert("messages".into(), json!(messages));
        body.insert("stream".into(), json!(true));
        let mut options = Map::new();
        put(&mut options, "num_predict", self.max_tokens);
        put(&mut options, "temperature", self.temperature);
        put(&mut options, "seed", self.seed);
        if !options.is_empty() {
            body.insert("options".into(), Value::Object(options));
        }
    }

    fn gemini(&self, body: &mut Map<String, Value>) {
        let (system, messages) = self.split_system();
        if !system.is_empty() {
            body.insert(
                "systemInstruction".into(),
                json!({"parts": [{"text": system}]}),
            );
        }
        let contents: Vec<Value> = messages
            .iter()
            .map(|message| {
                let role = if message["role"] == "assistant" {
                    "model"
                } else {
                    "user"
                };
                json!({"role": role, "parts": images::gemini(message)})
            })
            .collect();
        body.insert("contents".into(), json!(contents));
        let mut config = Map::new();
        put(&mut config, "maxOutputTokens", self.max_tokens);
        put(&mut config, "temperature", self.temperature);
        put(&mut config, "seed", self.seed);
        if !config.is_empty() {
            body.insert("generationConfig".into(), Value::Object(config));
        }
    }

    fn llama(&self, body: &mut Map<String, Value>) -> Result<(), RequestError> {
        body.insert("prompt".into(), json!(self.prompt(Api::LlamaCompletion)?));
        put(body, "n_predict", self.max_tokens);
        put(body, "temperature", self.temperature);
        put(body, "seed", self.seed);
        put(body, "ignore_eos", self.ignore_eos.then_some(true));
        body.insert("stream".into(), json!(true));
        Ok(())
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

    /// The text of all system messages, for APIs that have a field for it, and the other messages.
    fn split_system(&self) -> (String, Vec<Value>) {
        let is_system =
            |message: &Value| matches!(message["role"].as_str(), Some("system" | "developer"));
        let (system, messages): (Vec<Value>, Vec<Value>) =
            self.messages().into_iter().partition(is_system);
        let texts: Vec<String> = system.iter().map(text_of).collect();
        (texts.join("\n\n"), messages)
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

fn put(map: &mut Map<String, Value>, key: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        map.insert(key.to_owned(), value.into());
    }
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

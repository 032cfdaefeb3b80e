//! The APIs of LLM servers.

use std::fmt;
use std::str::FromStr;

/// How a server takes a request and writes its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Api {
    /// `POST /v1/chat/completions`, as `OpenAI` defined it and nearly everyone serves it. Ends with `[DONE]`.
    ChatCompletions,
    /// `POST /v1/completions`: a prompt in, `text` out. Ends with `[DONE]`.
    Completions,
    /// `POST /v1/messages`, as Anthropic defined it. Ends with `message_stop`.
    AnthropicMessages,
    /// `POST /v1/responses`, `OpenAI`'s newer way. Ends with `response.completed`, `.incomplete` or `.failed`.
    Responses,
    /// `POST /api/chat` of Ollama: one JSON object per line, no Server-Sent Events. Ends with `done` and the body.
    OllamaNdjson,
    /// `:streamGenerateContent?alt=sse` of Google. Ends with the body.
    Gemini,
    /// `POST /completion` of llama.cpp. Ends with `stop` and the body.
    LlamaCompletion,
}

impl Api {
    /// Whether a question may be a conversation; the others take one text.
    pub fn takes_messages(self) -> bool {
        !matches!(self, Self::Completions | Self::LlamaCompletion)
    }

    /// All APIs.
    pub const ALL: [Self; 7] = [
        Self::ChatCompletions,
        Self::Completions,
        Self::AnthropicMessages,
        Self::Responses,
        Self::OllamaNdjson,
        Self::Gemini,
        Self::LlamaCompletion,
    ];

    /// The word for the API in options and reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ChatCompletions => "chat",
            Self::Completions => "completions",
            Self::AnthropicMessages => "anthropic",
            Self::Responses => "responses",
            Self::OllamaNdjson => "ollama",
            Self::Gemini => "gemini",
            Self::LlamaCompletion => "llama",
        }
    }

    /// Where the API is spoken, below a server's root. Gemini has its model in the path: see
    /// [`ChatRequest::build`](super::ChatRequest::build).
    pub const fn path(self) -> &'static str {
        match self {
            Self::ChatCompletions => "/v1/chat/completions",
            Self::Completions => "/v1/completions",
            Self::AnthropicMessages => "/v1/messages",
            Self::Responses => "/v1/responses",
            Self::OllamaNdjson => "/api/chat",
            Self::Gemini => "/v1beta/models",
            Self::LlamaCompletion => "/completion",
        }
    }

    /// The API that is spoken at a path, by its last parts; `None` for a path that says nothing about it.
    pub fn of_path(path: &str) -> Option<Self> {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let path = path.trim_end_matches('/');
        let known = [
            ("/chat/completions", Self::ChatCompletions),
            ("/completions", Self::Completions),
            ("/messages", Self::AnthropicMessages),
            ("/responses", Self::Responses),
            ("/api/chat", Self::OllamaNdjson),
            ("/api/generate", Self::OllamaNdjson),
            (":streamGenerateContent", Self::Gemini),
            ("/completion", Self::LlamaCompletion),
        ];
        known
            .into_iter()
            .find(|(end, _)| path.ends_with(end))
            .map(|(_, api)| api)
    }

    /// What OpenTelemetry's conventions for generative AI call the operation.
    pub const fn operation(self) -> &'static str {
        match self {
            Self::ChatCompletions
            | Self::AnthropicMessages
            | Self::Responses
            | Self::OllamaNdjson => "chat",
            Self::Completions | Self::LlamaCompletion => "text_completion",
            Self::Gemini => "generate_content",
        }
    }

    /// What they call the provider, which means whose format it is: many servers speak that of `OpenAI`.
    pub const fn provider(self) -> &'static str {
        match self {
            Self::ChatCompletions | Self::Completions | Self::Responses => "openai",
            Self::AnthropicMessages => "anthropic",
            Self::OllamaNdjson => "ollama",
            Self::Gemini => "gcp.gemini",
            Self::LlamaCompletion => "llama.cpp",
        }
    }

    /// Whether a stream comes as lines of JSON, to be read with [`Reader::bytes`](super::Reader::bytes), instead of as
    /// Server-Sent Events.
    pub const fn is_ndjson(self) -> bool {
        matches!(self, Self::OllamaNdjson)
    }

    /// Whether a server can be asked for a reply that does not end by itself.
    pub const fn knows_ignore_eos(self) -> bool {
        matches!(
            self,
            Self::ChatCompletions | Self::Completions | Self::LlamaCompletion
        )
    }

    /// The headers that every request of the API has, to whatever path: its version, and the server's key.
    pub fn access_headers(self, key: Option<&str>) -> Vec<(&'static str, String)> {
        let mut headers = Vec::new();
        if self == Self::AnthropicMessages {
            headers.push(("anthropic-version", "2023-06-01".to_owned()));
        }
        if let Some(key) = key {
            headers.push(match self {
                Self::AnthropicMessages => ("x-api-key", key.to_owned()),
                Self::Gemini => ("x-goog-api-key", key.to_owned()),
                _ => ("authorization", format!("Bearer {key}")),
            });
        }
        headers
    }

    /// Whether the end of the body, after the finish reason, is all the end there is.
    pub(super) const fn ends_by_eof(self) -> bool {
        matches!(
            self,
            Self::OllamaNdjson | Self::Gemini | Self::LlamaCompletion
        )
    }

    /// The event that ends a stream, in words for messages.
    pub(super) const fn closing_event(self) -> &'static str {
        match self {
            Self::ChatCompletions | Self::Completions => "[DONE]",
            Self::AnthropicMessages => "message_stop",
            Self::Responses => "response.completed",
            Self::OllamaNdjson | Self::Gemini | Self::LlamaCompletion => "the end of the body",
        }
    }
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no API.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not an API: use chat, completions, anthropic, responses, ollama, gemini or llama"
)]
pub struct UnknownApi(String);

impl FromStr for Api {
    type Err = UnknownApi;

    fn from_str(word: &str) -> Result<Self, UnknownApi> {
        Self::ALL
            .into_iter()
            .find(|api| api.as_str() == word)
            .ok_or_else(|| UnknownApi(word.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_is_known_by_its_word_and_its_path() {
        for api in Api::ALL {
            assert_eq!(api.as_str().parse(), Ok(api));
            if api != Api::Gemini {
                assert_eq!(Api::of_path(api.path()), Some(api));
            }
        }
        assert_eq!(
            "openai".parse::<Api>().unwrap_err().to_string(),
            "\"openai\" is not an API: use chat, completions, anthropic, responses, ollama, gemini or llama"
        );
    }

    #[test]
    fn a_path_may_have_a_prefix_a_slash_and_a_query() {
        let table = [
            (
                "/openai/v1/chat/completions?api-version=1",
                Some(Api::ChatCompletions),
            ),
            ("/v1/completions/", Some(Api::Completions)),
            (
                "/v1beta/models/g:streamGenerateContent?alt=sse",
                Some(Api::Gemini),
            ),
            ("/", None),
            ("/v1", None),
            ("/events", None),
        ];
        for (path, api) in table {
            assert_eq!(Api::of_path(path), api, "{path}");
        }
    }
}

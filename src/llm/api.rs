//! The APIs of LLM servers.

use std::fmt;
use std::str::FromStr;

/// An API: the format of a request and of its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Api {
    /// `POST /v1/chat/completions`, defined by `OpenAI` and supported by most servers. Ends with `[DONE]`.
    ChatCompletions,
    /// `POST /v1/completions`: takes a prompt and returns `text`. Ends with `[DONE]`.
    Completions,
    /// `POST /v1/messages`, defined by Anthropic. Ends with `message_stop`.
    AnthropicMessages,
    /// `POST /v1/responses`, the newer API of `OpenAI`. Ends with `response.completed`, `.incomplete` or `.failed`.
    Responses,
    /// `POST /api/chat` of Ollama: one JSON object per line instead of Server-Sent Events. Ends with `done` and the body.
    OllamaNdjson,
    /// `:streamGenerateContent?alt=sse` of Google. Ends with the body.
    Gemini,
    /// `POST /completion` of llama.cpp. Ends with `stop` and the body.
    LlamaCompletion,
}

impl Api {
    /// Whether the API takes messages; the other APIs take one text.
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

    /// The name of the API in options and reports.
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

    /// The path of the API below the root of a server. The path of Gemini also contains the model, see
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

    /// The API of a path, by its last segments; `None` if it is unknown.
    pub fn of_path(path: &str) -> Option<Self> {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let path = path.trim_end_matches('/');
        let is_at = |api: &Self| match api {
            Self::OllamaNdjson if path.ends_with(GENERATE) => true,
            Self::Gemini => path.ends_with(":streamGenerateContent"),
            _ => path.ends_with(api.path().trim_start_matches("/v1")),
        };
        Self::ALL.into_iter().find(is_at)
    }

    /// Whether `path` is the endpoint of this API. Ollama's `/api/generate` is not, because `/api/chat` with a single message
    /// does the same.
    pub(crate) fn is_endpoint(self, path: &str) -> bool {
        Self::of_path(path) == Some(self) && !path.trim_end_matches('/').ends_with(GENERATE)
    }

    /// The name of the operation in OpenTelemetry's conventions for generative AI.
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

    /// The name of the provider in those conventions: the one that defined the format.
    pub const fn provider(self) -> &'static str {
        match self {
            Self::ChatCompletions | Self::Completions | Self::Responses => "openai",
            Self::AnthropicMessages => "anthropic",
            Self::OllamaNdjson => "ollama",
            Self::Gemini => "gcp.gemini",
            Self::LlamaCompletion => "llama.cpp",
        }
    }

    /// Whether a stream consists of JSON lines, for [`Reader::bytes`](super::Reader::bytes), instead of Server-Sent Events.
    pub const fn is_ndjson(self) -> bool {
        matches!(self, Self::OllamaNdjson)
    }

    /// Whether a request can ask for a reply that continues after the end-of-sequence token.
    pub const fn knows_ignore_eos(self) -> bool {
        matches!(
            self,
            Self::ChatCompletions | Self::Completions | Self::LlamaCompletion
        )
    }

    /// The headers of every request of the API, for any path: its version, and the key of the server.
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

    /// Whether the end of the body ends a stream after the finish reason, because there is no closing event.
    pub(super) const fn ends_by_eof(self) -> bool {
        matches!(
            self,
            Self::OllamaNdjson | Self::Gemini | Self::LlamaCompletion
        )
    }

    /// The event that ends a stream, for messages.
    pub(super) const fn closing_event(self) -> &'static str {
        match self {
            Self::ChatCompletions | Self::Completions => "[DONE]",
            Self::AnthropicMessages => "message_stop",
            Self::Responses => "response.completed",
            Self::OllamaNdjson | Self::Gemini | Self::LlamaCompletion => "the end of the body",
        }
    }
}

/// Ollama's endpoint without messages.
pub(super) const GENERATE: &str = "/api/generate";

/// The paths of endpoints below the root of a server, and their first segments.
pub(crate) const ENDPOINTS: [&str; 11] = [
    Api::ChatCompletions.path(),
    Api::Completions.path(),
    Api::AnthropicMessages.path(),
    Api::Responses.path(),
    Api::OllamaNdjson.path(),
    Api::Gemini.path(),
    Api::LlamaCompletion.path(),
    GENERATE,
    "/v1",
    "/v1beta",
    "/api",
];

/// A URL or path without trailing slashes and without the first of `endpoints` that it ends with.
pub(crate) fn server_root<'p>(path: &'p str, endpoints: &[&str]) -> &'p str {
    let path = path.trim_end_matches('/');
    endpoints
        .iter()
        .find_map(|end| path.strip_suffix(end))
        .unwrap_or(path)
        .trim_end_matches('/')
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An unknown name of an API.
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
    fn an_api_has_a_name_and_a_path() {
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

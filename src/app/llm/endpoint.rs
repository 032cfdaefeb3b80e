//! Derives the API and its paths from the URL of a server.

use url::Url;

use super::scores::ScoreApi;
use crate::llm::{Api, ENDPOINTS, server_root};
use crate::units::shown_url;

/// A server and its API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiEndpoint {
    /// The URL of requests, or that of the server for [`Api::Gemini`], whose path contains the model. For the built-in target,
    /// path and query.
    pub url: String,
    /// The API.
    pub api: Api,
    /// Whether it is the built-in target, which starts with the run.
    pub is_target: bool,
}

/// The default pace of the built-in target: that of a small model on a good GPU.
const TARGET_PACE: &str = "ttft=200ms&itl=20ms";

impl ApiEndpoint {
    /// Completes the root of a server, its `/v1`, a whole endpoint, or `target`, with or without a query. The scheme is
    /// optional. With `scores`, the path is that of the API for scores.
    ///
    /// # Errors
    /// The problem of the text, with the remedy.
    pub(crate) fn new(
        text: &str,
        api: Option<Api>,
        scores: Option<ScoreApi>,
    ) -> Result<Self, String> {
        let target = text
            .strip_prefix("target")
            .filter(|rest| rest.is_empty() || rest.starts_with(['?', '/']));
        let full = match target {
            Some("") => format!("http://target?{TARGET_PACE}"),
            Some(rest) => format!("http://target{rest}"),
            None if text.contains("://") => text.to_owned(),
            None => format!("http://{text}"),
        };
        let refuse = |why: &str| {
            format!(
                "{:?} is not a URL of a server: {why}; write one such as http://localhost:8000",
                shown_url(text)
            )
        };
        let host = text.split(['/', '?', '#']).next().unwrap_or_default();
        let port = host.strip_prefix(':').unwrap_or(host);
        if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(refuse("it is a port without a host"));
        }
        let mut url = Url::parse(&full).map_err(|error| refuse(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https" | "http+unix") {
            return Err(refuse("its scheme is neither http nor https"));
        }
        url.set_fragment(None);
        let api = api
            .or_else(|| Api::of_path(url.path()))
            .unwrap_or(Api::ChatCompletions);
        let path = url.path().trim_end_matches('/');
        let path = match scores {
            Some(scores) if scores.is_at(path) => None,
            Some(scores) => Some(scores.paths()[0]),
            None if api == Api::Gemini => None,
            None if api.is_endpoint(path) => None,
            None => Some(api.path()),
        };
        if let Some(path) = path {
            let path = format!("{}{path}", root(url.path()));
            url.set_path(&path);
        }
        let is_target = target.is_some();
        let url = if is_target {
            url[url::Position::BeforePath..].to_owned()
        } else {
            String::from(url)
        };
        Ok(Self {
            url,
            api,
            is_target,
        })
    }

    /// Whether the URL contains a password or a key.
    pub(super) fn is_secret(&self) -> bool {
        !self.is_target && shown_url(&self.url) != self.url
    }

    /// The URL at which the server may count tokens. For the built-in target, path and query.
    pub(super) fn tokenize(&self) -> Option<String> {
        match self.api {
            Api::OllamaNdjson | Api::Gemini => None,
            _ => Some(self.beside("/tokenize")),
        }
    }

    /// The URL of the list of models; `None` if no list is needed or known. For the built-in target, path and query.
    pub(crate) fn models(&self) -> Option<String> {
        let path = match self.api {
            Api::LlamaCompletion => return None,
            Api::OllamaNdjson => "/api/tags",
            Api::Gemini => "/v1beta/models",
            _ => "/v1/models",
        };
        Some(self.beside(path))
    }

    /// Another path of the server.
    fn beside(&self, path: &str) -> String {
        let (base, query) = match self.url.split_once('?') {
            Some((base, query)) => (base, format!("?{query}")),
            None => (self.url.as_str(), String::new()),
        };
        format!("{}{path}{query}", root(base))
    }
}

impl ApiEndpoint {
    /// The URL at which the server may have metrics. For the built-in target, a path.
    pub(super) fn metrics(&self) -> String {
        let base = self
            .url
            .split_once('?')
            .map_or(&*self.url, |(base, _)| base);
        format!("{}/metrics", root(base))
    }
}

/// A URL or path without the path of an API: the root of the server.
fn root(path: &str) -> &str {
    let scores = ScoreApi::ALL.map(ScoreApi::paths).concat();
    server_root(path, &[&scores, &ENDPOINTS[..]].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, api: Option<Api>) -> (String, &'static str, Option<String>) {
        let endpoint = ApiEndpoint::new(text, api, None).unwrap();
        let models = endpoint.models();
        (endpoint.url, endpoint.api.as_str(), models)
    }

    #[test]
    fn root_v1_and_endpoint_are_equivalent() {
        for text in [
            "localhost:8000",
            "http://localhost:8000",
            "http://localhost:8000/",
            "http://localhost:8000/v1",
            "http://localhost:8000/v1/",
            "http://localhost:8000/v1/chat/completions",
        ] {
            assert_eq!(
                of(text, None),
                (
                    "http://localhost:8000/v1/chat/completions".to_owned(),
                    "chat",
                    Some("http://localhost:8000/v1/models".to_owned())
                ),
                "{text}"
            );
        }
    }

    #[test]
    fn the_api_is_given_or_inferred_from_the_path() {
        let table = [
            (
                "https://h/openai/v1/completions?v=1",
                None,
                "https://h/openai/v1/completions?v=1",
                "completions",
                Some("https://h/openai/v1/models?v=1"),
            ),
            (
                "http://h",
                Some(Api::OllamaNdjson),
                "http://h/api/chat",
                "ollama",
                Some("http://h/api/tags"),
            ),
            (
                "http://h/api/generate",
                None,
                "http://h/api/chat",
                "ollama",
                Some("http://h/api/tags"),
            ),
            (
                "http://h/v1/chat/completions",
                Some(Api::AnthropicMessages),
                "http://h/v1/messages",
                "anthropic",
                Some("http://h/v1/models"),
            ),
            (
                "http://h/completion",
                None,
                "http://h/completion",
                "llama",
                None,
            ),
            (
                "https://h",
                Some(Api::Gemini),
                "https://h/",
                "gemini",
                Some("https://h/v1beta/models"),
            ),
        ];
        for (text, api, url, word, models) in table {
            let models = models.map(str::to_owned);
            assert_eq!(of(text, api), (url.to_owned(), word, models), "{text}");
        }
    }

    #[test]
    fn the_target_has_path_query_and_default_pace() {
        let plain = ApiEndpoint::new("target", None, None).unwrap();
        assert!(plain.is_target);
        assert_eq!(plain.url, "/v1/chat/completions?ttft=200ms&itl=20ms");
        let own = ApiEndpoint::new("target?models=a,b", Some(Api::Responses), None).unwrap();
        assert_eq!(own.url, "/v1/responses?models=a,b");
        assert_eq!(own.models().as_deref(), Some("/v1/models?models=a,b"));
        assert!(
            !ApiEndpoint::new("target.example.com", None, None)
                .unwrap()
                .is_target
        );
    }

    #[test]
    fn an_invalid_url_is_an_error() {
        for text in [
            "",
            "http://",
            "ftp://h",
            "http://h:99999",
            "h h",
            "8000",
            ":8000/v1",
        ] {
            let error = ApiEndpoint::new(text, None, None).unwrap_err();
            assert!(
                error.contains(&format!("{text:?}")) && error.contains("http://localhost:8000"),
                "{error}"
            );
        }
    }
}

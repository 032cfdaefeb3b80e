//! The templates of the APIs.

use std::sync::LazyLock;

use super::template::Template;
use crate::llm::Api;

type Source = LazyLock<Template>;

static OPENAI: Source = LazyLock::new(|| sse(include_str!("replies/openai.txt")));
static RESPONSES: Source = LazyLock::new(|| sse(include_str!("replies/responses.txt")));
static ANTHROPIC: Source = LazyLock::new(|| sse(include_str!("replies/anthropic.txt")));
static OLLAMA: Source = LazyLock::new(|| read(include_str!("replies/ollama.txt"), "\n"));

fn sse(source: &'static str) -> Template {
    read(source, "\n\n")
}

/// Parses a template. A test parses all templates, so parsing does not fail.
fn read(source: &'static str, end: &'static str) -> Template {
    Template::parse(source, end).unwrap_or_default()
}

/// The template of an API.
pub(super) fn template(api: Api) -> &'static Template {
    match api {
        Api::Responses => &RESPONSES,
        Api::AnthropicMessages => &ANTHROPIC,
        Api::OllamaNdjson => &OLLAMA,
        _ => &OPENAI,
    }
}

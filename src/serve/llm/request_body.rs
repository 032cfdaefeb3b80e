//! Parses the JSON body of a request.

use serde_json::Value;

use super::refusal::ApiRefusal;
use super::words;
use crate::llm::Api;

/// The default model.
pub(super) const DEFAULT_MODEL: &str = "ssel";

/// The maximum number of choices.
const MAX_CHOICES: u64 = 128;

/// The parts of a body that affect the reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RequestBody {
    pub(super) model: String,
    pub(super) stream: bool,
    /// The maximum number of tokens of the reply, including reasoning.
    pub(super) max_tokens: Option<u64>,
    /// The number of choices.
    pub(super) choices: u64,
    /// The tokens of the prompt: its words.
    pub(super) prompt: Vec<u64>,
    /// `stream_options.include_usage`.
    pub(super) include_usage: bool,
    /// `stream_options.continuous_usage_stats`, an extension of vLLM.
    pub(super) continuous_usage: bool,
    /// The first tool of the request.
    pub(super) tool: String,
}

impl RequestBody {
    /// Reads and checks a body.
    pub(super) fn read(api: Api, body: &[u8]) -> Result<Self, ApiRefusal> {
        let body = ApiRefusal::parse(body)?;
        if !body.is_object() {
            return Err(ApiRefusal::BadJson("the body must be an object".to_owned()));
        }
        let options = &body["stream_options"];
        let tool = &body["tools"][0];
        Ok(Self {
            model: match &body["model"] {
                Value::Null => DEFAULT_MODEL.to_owned(),
                Value::String(name) => name.clone(),
                _ => return Err(ApiRefusal::invalid("model", "must be a string")),
            },
            stream: match &body["stream"] {
                Value::Null => api == Api::OllamaNdjson,
                Value::Bool(stream) => *stream,
                _ => return Err(ApiRefusal::invalid("stream", "must be true or false")),
            },
            max_tokens: max_tokens(api, &body)?,
            choices: match &body["n"] {
                Value::Null => 1,
                n => n
                    .as_u64()
                    .filter(|n| (1..=MAX_CHOICES).contains(n))
                    .ok_or_else(|| {
                        ApiRefusal::invalid("n", "must be a whole number from 1 to 128")
                    })?,
            },
            prompt: prompt(api, &body)?,
            include_usage: options["include_usage"] == true,
            continuous_usage: options["continuous_usage_stats"] == true,
            tool: tool["function"]["name"]
                .as_str()
                .or_else(|| tool["name"].as_str())
                .unwrap_or("get_weather")
                .to_owned(),
        })
    }
}

fn max_tokens(api: Api, body: &Value) -> Result<Option<u64>, ApiRefusal> {
    let (name, value) = match api {
        Api::Responses => ("max_output_tokens", &body["max_output_tokens"]),
        Api::OllamaNdjson => ("options.num_predict", &body["options"]["num_predict"]),
        Api::ChatCompletions | Api::Completions if !body["max_completion_tokens"].is_null() => {
            ("max_completion_tokens", &body["max_completion_tokens"])
        }
        _ => ("max_tokens", &body["max_tokens"]),
    };
    match value {
        Value::Null => Ok(None),
        // For llama.cpp and Ollama, -1 means "no limit".
        value if value.as_i64() == Some(-1) => Ok(None),
        value => match value.as_u64() {
            Some(tokens) if tokens > 0 => Ok(Some(tokens)),
            _ => Err(ApiRefusal::invalid(
                name,
                "must be a whole number of at least 1",
            )),
        },
    }
}

fn prompt(api: Api, body: &Value) -> Result<Vec<u64>, ApiRefusal> {
    let name = match api {
        Api::Completions => "prompt",
        Api::Responses => "input",
        _ => "messages",
    };
    let prompt = &body[name];
    let is_present = match prompt {
        Value::Array(parts) => !parts.is_empty(),
        Value::String(_) => name != "messages",
        _ => false,
    };
    if !is_present {
        return Err(ApiRefusal::invalid(name, "is required"));
    }
    Ok(tokens([&body["system"], &body["instructions"], prompt]))
}

/// The tokens of texts, in order: the words of all texts of a message, or token ids unchanged.
pub(super) fn tokens<'a>(values: impl IntoIterator<Item = &'a Value>) -> Vec<u64> {
    let mut tokens = Vec::new();
    for value in values {
        add_tokens(value, &mut tokens);
    }
    tokens
}

fn add_tokens(value: &Value, tokens: &mut Vec<u64>) {
    match value {
        Value::String(text) => tokens.extend(text.split_whitespace().map(words::token)),
        Value::Array(parts) => parts.iter().for_each(|part| add_tokens(part, tokens)),
        Value::Object(part) => ["content", "text"]
            .iter()
            .filter_map(|name| part.get(*name))
            .for_each(|part| add_tokens(part, tokens)),
        Value::Number(id) => tokens.push(id.as_u64().unwrap_or(0)),
        Value::Null | Value::Bool(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(api: Api, body: &str) -> Result<RequestBody, ApiRefusal> {
        RequestBody::read(api, body.as_bytes())
    }

    #[test]
    fn prompt_tokens_are_the_words_of_all_texts() {
        let chat = r#"{"messages":[{"role":"system","content":"You are helpful."},
            {"role":"user","content":[{"type":"text","text":"Say  hello"}]}]}"#;
        assert_eq!(read(Api::ChatCompletions, chat).unwrap().prompt.len(), 5);
        assert_eq!(
            read(Api::Completions, r#"{"prompt":"a b c"}"#)
                .unwrap()
                .prompt
                .len(),
            3
        );
        assert_eq!(
            read(Api::Completions, r#"{"prompt":[1,2,3,4]}"#)
                .unwrap()
                .prompt
                .len(),
            4
        );
        let input = r#"{"input":[{"role":"user","content":"a b"}],"instructions":"be brief"}"#;
        assert_eq!(read(Api::Responses, input).unwrap().prompt.len(), 4);
        let messages = r#"{"system":"be brief","messages":[{"role":"user","content":"hi"}]}"#;
        assert_eq!(
            read(Api::AnthropicMessages, messages).unwrap().prompt.len(),
            3
        );
    }

    #[test]
    fn the_limit_has_a_name_in_each_api() {
        let limit = |api, body: &str| read(api, body).unwrap().max_tokens;
        let messages = r#""messages":[{"content":"hi"}]"#;
        assert_eq!(
            limit(
                Api::ChatCompletions,
                &format!(r#"{{{messages},"max_tokens":3}}"#)
            ),
            Some(3)
        );
        assert_eq!(
            limit(
                Api::ChatCompletions,
                &format!(r#"{{{messages},"max_completion_tokens":4}}"#)
            ),
            Some(4)
        );
        assert_eq!(
            limit(
                Api::OllamaNdjson,
                &format!(r#"{{{messages},"options":{{"num_predict":5}}}}"#)
            ),
            Some(5)
        );
        assert_eq!(
            limit(Api::Responses, r#"{"input":"hi","max_output_tokens":6}"#),
            Some(6)
        );
        assert_eq!(
            limit(Api::Completions, r#"{"prompt":"hi","max_tokens":-1}"#),
            None
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (body, parameter) in [
            ("{}", "messages"),
            (r#"{"messages":[]}"#, "messages"),
            (r#"{"messages":"hi"}"#, "messages"),
            (r#"{"messages":[{"content":"hi"}],"n":0}"#, "n"),
            (r#"{"messages":[{"content":"hi"}],"n":1.5}"#, "n"),
            (
                r#"{"messages":[{"content":"hi"}],"max_tokens":0}"#,
                "max_tokens",
            ),
            (r#"{"messages":[{"content":"hi"}],"stream":1}"#, "stream"),
            (r#"{"messages":[{"content":"hi"}],"model":7}"#, "model"),
        ] {
            match read(Api::ChatCompletions, body) {
                Err(ApiRefusal::Invalid {
                    parameter: named, ..
                }) => assert_eq!(named, parameter, "{body}"),
                other => panic!("{body}: {other:?}"),
            }
        }
        for broken in ["", "{", "[]", "\"text\"", "{\"messages\":", "\u{feff}{}"] {
            assert!(
                matches!(
                    read(Api::ChatCompletions, broken),
                    Err(ApiRefusal::BadJson(_))
                ),
                "{broken}"
            );
        }
    }
}

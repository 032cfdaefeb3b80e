//! Images in messages, converted to the form of each API.

use serde_json::{Map, Value, json};

use super::Input;

impl Input {
    /// Adds images, each a URL or a data URL, to the last message of the user.
    #[must_use]
    pub fn with_images<'a>(self, images: impl IntoIterator<Item = &'a str>) -> Self {
        let parts = images
            .into_iter()
            .map(|url| json!({"type": "image_url", "image_url": {"url": url}}));
        let mut parts: Vec<Value> = parts.collect();
        if parts.is_empty() {
            return self;
        }
        let mut messages = match self {
            Self::Prompt(text) => vec![json!({"role": "user", "content": text})],
            Self::Messages(messages) => messages,
        };
        let last = messages
            .iter_mut()
            .rev()
            .find(|message| message["role"] == "user");
        match last {
            None => messages.push(json!({"role": "user", "content": parts})),
            Some(message) => {
                let mut content = match message["content"].take() {
                    Value::Array(content) => content,
                    Value::String(text) => vec![json!({"type": "text", "text": text})],
                    _ => Vec::new(),
                };
                content.append(&mut parts);
                message["content"] = content.into();
            }
        }
        Self::Messages(messages)
    }
}

/// The URL of an image, if a part of a message is one.
fn image_url(part: &Value) -> Option<&str> {
    let image = (part["type"] == "image_url").then(|| &part["image_url"])?;
    image["url"].as_str().or_else(|| image.as_str())
}

/// Media type and base64 of a data URL.
fn data(url: &str) -> Option<(&str, &str)> {
    url.strip_prefix("data:")?.split_once(";base64,")
}

/// Replaces the parts of a message's content for which `change` returns a new one.
fn change_parts(message: &mut Value, change: impl Fn(&Value) -> Option<Value>) {
    if let Value::Array(parts) = &mut message["content"] {
        for part in parts {
            if let Some(changed) = change(part) {
                *part = changed;
            }
        }
    }
}

/// Converts images to the blocks of Anthropic.
pub(super) fn anthropic(message: &mut Value) {
    change_parts(message, |part| {
        let url = image_url(part)?;
        let source = match data(url) {
            Some((kind, data)) => json!({"type": "base64", "media_type": kind, "data": data}),
            None => json!({"type": "url", "url": url}),
        };
        Some(json!({"type": "image", "source": source}))
    });
}

/// Converts the parts of a message to those of `OpenAI`'s Responses.
pub(super) fn responses(message: &mut Value) {
    let kind = if message["role"] == "assistant" {
        "output_text"
    } else {
        "input_text"
    };
    change_parts(message, |part| {
        if part["type"] == "text" {
            return Some(json!({"type": kind, "text": part["text"]}));
        }
        Some(json!({"type": "input_image", "image_url": image_url(part)?}))
    });
}

/// Converts a message to the form of Ollama: images beside the text, in base64 only.
pub(super) fn ollama(message: &mut Value) {
    let Value::Array(parts) = &message["content"] else {
        return;
    };
    let images = parts
        .iter()
        .filter_map(|part| Some(data(image_url(part)?)?.1.to_owned()));
    let images: Vec<String> = images.collect();
    let text = super::text_of(message);
    let mut plain = Map::new();
    plain.insert("role".to_owned(), message["role"].take());
    plain.insert("content".to_owned(), text.into());
    if !images.is_empty() {
        plain.insert("images".to_owned(), images.into());
    }
    *message = Value::Object(plain);
}

/// The parts of a message in the form of Google, images after the text.
pub(super) fn gemini(message: &Value) -> Vec<Value> {
    let mut all = vec![json!({"text": super::text_of(message)})];
    if let Value::Array(parts) = &message["content"] {
        all.extend(parts.iter().filter_map(|part| {
            let url = image_url(part)?;
            Some(match data(url) {
                Some((kind, data)) => json!({"inlineData": {"mimeType": kind, "data": data}}),
                None => json!({"fileData": {"fileUri": url}}),
            })
        }));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::{Api, ChatRequest};
    use super::*;

    fn body(api: Api) -> Value {
        let mut request = ChatRequest::new("tiny", "");
        let images = ["data:image/png;base64,AAAA", "https://h/a.jpg"];
        request.input = Input::Prompt("what is this".to_owned()).with_images(images);
        serde_json::from_slice(&request.build(api, None).unwrap().body).unwrap()
    }

    #[test]
    fn images_have_the_format_of_each_api() {
        assert_eq!(
            body(Api::ChatCompletions)["messages"][0]["content"],
            json!([
                {"type": "text", "text": "what is this"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
                {"type": "image_url", "image_url": {"url": "https://h/a.jpg"}},
            ])
        );
        assert_eq!(
            body(Api::AnthropicMessages)["messages"][0]["content"],
            json!([
                {"type": "text", "text": "what is this"},
                {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
                {"type": "image", "source": {"type": "url", "url": "https://h/a.jpg"}},
            ])
        );
        assert_eq!(
            body(Api::Responses)["input"][0]["content"],
            json!([
                {"type": "input_text", "text": "what is this"},
                {"type": "input_image", "image_url": "data:image/png;base64,AAAA"},
                {"type": "input_image", "image_url": "https://h/a.jpg"},
            ])
        );
        assert_eq!(
            body(Api::OllamaNdjson)["messages"][0],
            json!({"role": "user", "content": "what is this", "images": ["AAAA"]})
        );
        assert_eq!(
            body(Api::Gemini)["contents"][0]["parts"],
            json!([
                {"text": "what is this"},
                {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
                {"fileData": {"fileUri": "https://h/a.jpg"}},
            ])
        );
    }

    #[test]
    fn images_are_added_to_the_last_user_message() {
        let messages = vec![
            json!({"role": "user", "content": "first"}),
            json!({"role": "assistant", "content": "answer"}),
            json!({"role": "user", "content": [{"type": "text", "text": "second"}]}),
        ];
        let Input::Messages(messages) = Input::Messages(messages).with_images(["u"]) else {
            panic!()
        };
        assert_eq!(messages[0]["content"], "first");
        assert_eq!(messages[2]["content"].as_array().unwrap().len(), 2);
        let plain = Input::Prompt("a".to_owned()).with_images([]);
        assert_eq!(plain, Input::Prompt("a".to_owned()));
    }
}

//! Extracts the message of an error response.

use serde::Deserialize;

use super::chunk::ErrorText;

/// The maximum length of a message in characters. Some servers include whole requests and stack traces.
const MAX_CHARS: usize = 500;

/// The error message in the body of a failed request; `None` if there is no readable one.
///
/// Accepts an `error` that is an object or a text, `message` and `detail` at the top level, a list of these, and plain text.
/// Ignores HTML, because it is the page of a proxy and the status is more informative. Shortens a long message.
pub(crate) fn error_message(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').trim();
    let message = match text.as_bytes().first()? {
        b'{' => serde_json::from_str(text).ok().and_then(Body::message),
        b'[' => serde_json::from_str::<Vec<Body>>(text)
            .ok()
            .and_then(|bodies| bodies.into_iter().find_map(Body::message)),
        b'<' => return None,
        _ => Some(text.to_owned()),
    }?;
    Some(clip(message.trim()))
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    error: ErrorText,
    #[serde(default)]
    message: ErrorText,
    #[serde(default)]
    detail: Detail,
}

impl Body {
    fn message(self) -> Option<String> {
        self.error.0.or(self.message.0).or(self.detail.message())
    }
}

/// The `detail` of `FastAPI`: a text, or a list of `{"loc": …, "msg": …}`.
#[derive(Deserialize, Default)]
#[serde(untagged)]
enum Detail {
    Text(String),
    List(Vec<Item>),
    #[default]
    Nothing,
    Other(serde::de::IgnoredAny),
}

#[derive(Deserialize)]
struct Item {
    msg: String,
}

impl Detail {
    fn message(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text).filter(|text| !text.is_empty()),
            Self::List(items) => items.into_iter().next().map(|item| item.msg),
            Self::Nothing | Self::Other(_) => None,
        }
    }
}

fn clip(message: &str) -> String {
    match message.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn error_messages_have_many_formats() {
        let table = [
            // llama.cpp, vLLM, OpenAI.
            (
                r#"{"error":{"code":500,"message":"boom","type":"server_error"}}"#,
                Some("boom"),
            ),
            (
                r#"{"error":{"message":"limit","type":"t","param":null,"code":null}}"#,
                Some("limit"),
            ),
            (
                r#"{"error":{"message":"x","code":"rate_limit_exceeded"}}"#,
                Some("x"),
            ),
            // vLLM without a key, TGI.
            (r#"{"error":"Unauthorized"}"#, Some("Unauthorized")),
            (
                r#"{"error":"Input too long","error_type":"validation"}"#,
                Some("Input too long"),
            ),
            // Anthropic.
            (
                r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
                Some("Overloaded"),
            ),
            // Google.
            (
                r#"[{"error":{"code":429,"message":"Quota","status":"EXHAUSTED"}}]"#,
                Some("Quota"),
            ),
            // FastAPI.
            (r#"{"detail":"Not Found"}"#, Some("Not Found")),
            (
                r#"{"detail":[{"loc":["body"],"msg":"field required"}]}"#,
                Some("field required"),
            ),
            (
                r#"{"object":"error","message":"bad","code":40000}"#,
                Some("bad"),
            ),
            ("Internal Server Error\n", Some("Internal Server Error")),
            ("\u{feff}{\"error\":\"marked\"}", Some("marked")),
            ("", None),
            (" \n", None),
            ("{}", None),
            ("[]", None),
            ("{\"error\":null}", None),
            ("{\"detail\":7}", None),
            ("{broken", None),
            ("<html><title>502 Bad Gateway</title></html>", None),
        ];
        for (body, message) in table {
            assert_eq!(error_message(body.as_bytes()).as_deref(), message, "{body}");
        }
    }

    #[test]
    fn a_long_message_is_cut_between_characters() {
        let body = format!("{{\"error\":\"{}\"}}", "ä".repeat(MAX_CHARS + 1));
        let message = error_message(body.as_bytes()).unwrap();
        assert_eq!(message, format!("{}…", "ä".repeat(MAX_CHARS)));
    }

    proptest! {
        #[test]
        fn any_body_is_handled(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = error_message(&body);
        }
    }
}

//! Credentials and headers for the server of a benchmark.

use crate::units::{is_secret, without_secrets};

/// Credentials and headers for the server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Access {
    /// The environment variable that holds the key.
    pub bearer_env: Option<String>,
    /// The key, if known. Scripts and messages never contain it.
    pub key: Option<String>,
    /// Headers of every request.
    pub headers: Vec<(String, String)>,
    /// Accept any certificate.
    pub insecure: bool,
}

impl Access {
    /// The variable from which the script reads a header with a secret.
    pub(super) fn variable_of(header: &str) -> String {
        let name: String = header
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() {
                    c.to_ascii_uppercase()
                } else {
                    '_'
                }
            })
            .collect();
        format!("LLM_HEADER_{name}")
    }

    /// A text of the server with the secrets that it received masked.
    pub(super) fn without_secrets(&self, text: &str) -> String {
        let headers = self.secret_headers();
        // Of `Bearer sk-1`, a server may repeat the last word.
        let words = headers.flat_map(|(_, value)| [value.as_str(), last_word(value)]);
        without_secrets(text, words.chain(self.key.as_deref()))
    }

    pub(super) fn secret_headers(&self) -> impl Iterator<Item = &(String, String)> {
        self.headers.iter().filter(|(name, _)| is_secret(name))
    }
}

fn last_word(text: &str) -> &str {
    text.rsplit(' ').next().unwrap_or(text)
}

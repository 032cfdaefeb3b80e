//! The secret that protects the port of part 0. It is read from the environment and appears in no message or process
//! list.

use std::fmt;

use ring::hmac;

use crate::control::Secret;

/// The variable that holds the token.
pub(crate) const VARIABLE: &str = "SSEL_JOIN_TOKEN";

/// A secret that all parts of a run share.
#[derive(Clone)]
pub struct Token(Secret);

impl Token {
    /// A token of this text; `None` if it is empty or cannot be sent in a header.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_sendable = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        is_sendable.then(|| Self(Secret::new(text)))
    }

    pub(super) fn secret(&self) -> Secret {
        self.0.clone()
    }

    /// Whether a header contains this token, compared in constant time.
    pub(super) fn is_shown(&self, header: &str) -> bool {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.0.reveal().as_bytes());
        let tag = hmac::sign(&key, header.as_bytes());
        let own = format!("Bearer {}", self.0.reveal());
        hmac::verify(&key, own.as_bytes(), tag.as_ref()).is_ok()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_exact_token_is_accepted() {
        let token = Token::new(" abc \n").unwrap();
        assert!(token.is_shown("Bearer abc"));
        for other in [
            "",
            "Bearer ",
            "Bearer ab",
            "Bearer abcd",
            "abc",
            "Basic abc",
        ] {
            assert!(!token.is_shown(other), "{other}");
        }
        assert_eq!(format!("{token:?}"), "Token(…)");
        assert!(
            Token::new("").is_none() && Token::new("a b").is_none() && Token::new("ä").is_none()
        );
    }
}

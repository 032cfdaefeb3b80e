//! A password, a token or the value of a header.

use std::fmt;

/// A password, a token or a header's value. `Debug` hides it, and it has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

/// A variable without a usable secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoSecret {
    /// It is unset or empty. The message does not quote its name, which may be the secret itself.
    #[error(
        "no environment variable has this name, or it is empty: give the name of the variable that holds the secret, such as \
         OPENAI_API_KEY, instead of the secret itself"
    )]
    Unset,
    /// It is not valid text.
    #[error("the environment variable {0} is not text")]
    NotText(String),
}

impl Secret {
    /// A secret with this value.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The trimmed value of an environment variable.
    ///
    /// # Errors
    /// A variable that is unset, empty, or not text.
    pub(crate) fn from_env(name: &str) -> Result<Self, NoSecret> {
        match std::env::var(name) {
            Ok(value) if !value.trim().is_empty() => Ok(Self(value.trim().to_owned())),
            Ok(_) | Err(std::env::VarError::NotPresent) => Err(NoSecret::Unset),
            Err(std::env::VarError::NotUnicode(_)) => Err(NoSecret::NotText(name.to_owned())),
        }
    }

    /// The value of the secret.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

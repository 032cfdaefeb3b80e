//! Where the text of a script comes from.

use std::path::{Path, PathBuf};

/// The source of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file; relative paths of `require` and `open` begin in its folder.
    File(PathBuf),
    /// Text without a file, and its name in messages.
    Text {
        /// E.g. `stdin`.
        name: String,
        /// The Lua text.
        text: String,
    },
    /// Text that is the body of `default`; positions in messages refer to it.
    Body {
        /// The name in messages, e.g. `eval`.
        name: String,
        /// The Lua text.
        text: String,
    },
}

impl Source {
    /// Text without a file, and its name in messages. Relative paths begin in the current folder.
    pub fn text(name: impl Into<String>, text: impl Into<String>) -> Self {
        let (name, text) = (name.into(), text.into());
        Self::Text { name, text }
    }

    /// A file; relative paths of the script begin in its folder.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::File(path.into())
    }

    /// The script's name in messages and in the header.
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Text { name, .. } | Self::Body { name, .. } => name.clone(),
        }
    }

    /// The folder in which relative paths of the script begin.
    pub(crate) fn folder(&self) -> PathBuf {
        match self {
            Self::File(path) => path.parent().map(Path::to_owned).unwrap_or_default(),
            Self::Text { .. } | Self::Body { .. } => PathBuf::new(),
        }
    }
}

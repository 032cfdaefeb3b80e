//! Errors of dataset and trace files.

use std::fmt;

/// Why a dataset or trace cannot be read or used. Messages name the line or element and say what was expected there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DatasetError {
    /// Reading failed.
    #[error("{location}: {error}")]
    Read {
        /// The place.
        location: Location,
        /// The cause.
        error: std::io::Error,
    },
    /// It is not JSON.
    #[error("{location}: {error}")]
    Json {
        /// The place.
        location: Location,
        /// The cause.
        error: serde_json::Error,
    },
    /// A field is missing or has the wrong type.
    #[error("{location}: {problem}")]
    Shape {
        /// The place.
        location: Location,
        /// What was expected.
        problem: String,
    },
    /// A line is too long for such a file.
    #[error("{location} has more than {limit} bytes")]
    TooLong {
        /// The place.
        location: Location,
        /// The limit in bytes.
        limit: u64,
    },
    /// The file as a whole cannot be used.
    #[error("{0}")]
    Unusable(String),
}

impl DatasetError {
    /// A dataset without a usable prompt.
    pub(super) fn without_prompt(why: &str) -> Self {
        Self::Unusable(format!("no usable prompt: {why}"))
    }

    /// An error of serde at this location, which may be one of reading.
    pub(super) fn of_json(location: Location, error: serde_json::Error) -> Self {
        if error.is_io() {
            Self::Read {
                location,
                error: error.into(),
            }
        } else {
            Self::Json { location, error }
        }
    }
}

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Location {
    /// A line, from 1.
    Line(u64),
    /// An element of the outermost array, from 1.
    Element(u64),
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(number) => write!(f, "line {number}"),
            Self::Element(number) => write!(f, "element {number}"),
        }
    }
}

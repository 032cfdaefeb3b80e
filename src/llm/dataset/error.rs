//! Errors of datasets.

use std::fmt;

/// A dataset that cannot be read or used. Messages name the line or element and say what was expected there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DatasetError {
    /// Reading failed.
    #[error("{location}: {error}")]
    Read {
        /// Where.
        location: Location,
        /// Why.
        error: std::io::Error,
    },
    /// It is not JSON.
    #[error("{location}: {error}")]
    Json {
        /// Where.
        location: Location,
        /// Why.
        error: serde_json::Error,
    },
    /// A prompt is missing, or not of the kind it should be.
    #[error("{location}: {problem}")]
    Shape {
        /// Where.
        location: Location,
        /// What was expected.
        problem: String,
    },
    /// A line is too long to be meant.
    #[error("{location} has more than {limit} bytes")]
    TooLong {
        /// Where.
        location: Location,
        /// The limit in bytes.
        limit: usize,
    },
    /// It contains no usable prompt.
    #[error("no usable prompt: {0}")]
    Empty(String),
}

impl DatasetError {
    /// What serde made of a mistake at this location: it may as well be one of reading.
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

/// A place in a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Location {
    /// A line, from 1.
    Line(u64),
    /// An element of the array that is the file, from 1.
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

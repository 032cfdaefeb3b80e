//! Errors of traces.

use crate::llm::dataset::Location;

/// A trace that cannot be read or used. Messages name the line and say what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TraceError {
    /// Reading failed.
    #[error("{location}: {error}")]
    Read {
        /// Where.
        location: Location,
        /// Why.
        error: std::io::Error,
    },
    /// A line is not as the format has it.
    #[error("{location}: {problem}")]
    Shape {
        /// Where.
        location: Location,
        /// What was expected.
        problem: String,
    },
    /// The whole of it does not fit together.
    #[error("{0}")]
    Unusable(String),
}

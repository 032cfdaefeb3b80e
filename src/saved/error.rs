//! Errors of saved runs.

use std::io;

/// The reason why a run cannot be saved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum SaveError {
    /// The file holds another run.
    #[error(
        "{path} already contains a run ({what}): use another name, or remove the file first; `ssel merge` merges runs into a new file"
    )]
    Exists {
        /// The file.
        path: String,
        /// Its content.
        what: String,
    },
    /// Another process is writing to it.
    #[error("another ssel process is writing to {path}: use another name")]
    Busy {
        /// The file.
        path: String,
    },
    /// The file is not a saved run.
    #[error("{path} exists and is not a saved run: use another name")]
    Other {
        /// The file.
        path: String,
    },
    /// An I/O error.
    #[error("cannot write {path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// The error of the system.
        source: io::Error,
    },
    /// An error of SQLite.
    #[error("cannot write {path}: {source}")]
    Database {
        /// The file.
        path: String,
        /// The error of SQLite.
        source: rusqlite::Error,
    },
}

/// The reason why a file cannot be read as a run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// An I/O error.
    #[error("cannot read {path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// The error of the system.
        source: io::Error,
    },
    /// The file is not a saved run.
    #[error("{path} is not a saved run of ssel; create one with --save")]
    NoRun {
        /// The file.
        path: String,
    },
    /// The file has no data.
    #[error("{path} is empty: the run ended before anything was saved")]
    Empty {
        /// The file.
        path: String,
    },
    /// It was written by a newer version.
    #[error(
        "{path} was saved by a newer version of ssel in format {version}; this version reads formats up to {known}: update ssel"
    )]
    Newer {
        /// The file.
        path: String,
        /// The format of the file.
        version: u32,
        /// The newest format that is known here.
        known: u32,
    },
    /// The file is truncated.
    #[error("{path} is truncated: it has {has} of {needs} bytes; copy the original again")]
    Truncated {
        /// The file.
        path: String,
        /// Its length in bytes.
        has: u64,
        /// The length it should have.
        needs: u64,
    },
    /// The content is invalid.
    #[error("{path} is damaged: {what}")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong.
        what: String,
    },
}

impl ReadError {
    /// A stable word for the kind of error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Io { .. } => "io",
            Self::NoRun { .. } => "no_run",
            Self::Empty { .. } => "empty",
            Self::Newer { .. } => "newer",
            Self::Truncated { .. } => "truncated",
            Self::Damaged { .. } => "damaged",
        }
    }
}

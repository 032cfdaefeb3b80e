//! Errors of saved runs.

use std::io;

/// Why a run cannot be saved.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveError {
    /// The file holds another run.
    #[error(
        "{path} holds a run already ({what}): give another name, or remove the file first; `ssel merge` joins runs in a new file"
    )]
    Exists {
        /// The file.
        path: String,
        /// What it holds.
        what: String,
    },
    /// Another process is writing to it.
    #[error("another ssel is writing to {path}: give another name")]
    Busy {
        /// The file.
        path: String,
    },
    /// The file is something else.
    #[error("{path} exists and is not a saved run, so it is kept: give another name")]
    Other {
        /// The file.
        path: String,
    },
    /// The system refused.
    #[error("cannot write {path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The database refused.
    #[error("cannot write {path}: {source}")]
    Database {
        /// The file.
        path: String,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}

/// Why a file cannot be read as a run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The system refused.
    #[error("cannot read {path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// The file is something else.
    #[error("{path} is not a saved run of ssel; such files are made with --save")]
    NoRun {
        /// The file.
        path: String,
    },
    /// Nothing was written before the end.
    #[error("{path} is empty: its run ended before anything was saved")]
    Empty {
        /// The file.
        path: String,
    },
    /// A newer ssel wrote it.
    #[error(
        "{path} was saved by a newer ssel, in format {version}; this one reads formats up to {known}: update ssel"
    )]
    Newer {
        /// The file.
        path: String,
        /// The format of the file.
        version: u32,
        /// The newest format that is known here.
        known: u32,
    },
    /// A part of it is missing.
    #[error(
        "{path} is cut short: it has {has} of {needs} bytes; copy it again from where it was made"
    )]
    Truncated {
        /// The file.
        path: String,
        /// How long it is.
        has: u64,
        /// How long it should be.
        needs: u64,
    },
    /// What is in it makes no sense.
    #[error("{path} is damaged: {what}")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong.
        what: String,
    },
}

impl SaveError {
    /// A stable word for the kind of error.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Exists { .. } => "exists",
            Self::Busy { .. } => "busy",
            Self::Other { .. } => "other",
            Self::Io { .. } => "io",
            Self::Database { .. } => "database",
        }
    }
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

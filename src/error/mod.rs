//! Why a run or a command failed.

mod script;

use std::fmt;

use crate::units::system_refusal;

pub use self::script::{ScriptError, ScriptErrorKind, Stage};
pub use crate::options::{OptionProblem, OptionsError};

/// The reason why a run or a command failed. Failures of requests are part of the results of a run, never an `Error`.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// One or more options are invalid.
    Options(OptionsError),
    /// The input is invalid. The text names the remedy.
    Usage(String),
    /// The server cannot be measured, for this reason.
    Server(String),
    /// A config file is invalid.
    Config {
        /// The path of the file.
        path: String,
        /// The mistake and its place.
        error: String,
    },
    /// A certificate, proxy or address for requests is invalid.
    Connections(String),
    /// The script cannot be read, or failed outside of iterations.
    Script(ScriptError),
    /// The function that prepares VUs written in Rust failed, with this message.
    Vus(String),
    /// An operation on a file or a socket failed.
    Io {
        /// The operation, e.g. `cannot listen on 127.0.0.1:80`.
        what: String,
        /// The error of the system.
        source: std::io::Error,
    },
    /// An output failed. The text names the output and the reason.
    Output(String),
    /// Another part of a joined run is missing or lost.
    Lost(String),
    /// A [`Stopper`](crate::Stopper) ended the run before the load.
    Stopped,
    /// This stage of the script exceeded its time limit without ever waiting, so it seems to loop endlessly.
    ScriptStuck(Stage),
    /// A bug in ssel.
    Internal(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Options(error) => error.fmt(f),
            Self::Config { path, error } => {
                write!(f, "the config file {path} cannot be used: {error}")
            }
            Self::Usage(what)
            | Self::Server(what)
            | Self::Connections(what)
            | Self::Vus(what)
            | Self::Output(what)
            | Self::Lost(what) => f.write_str(what),
            Self::Stopped => f.write_str("stopped before the load began"),
            Self::ScriptStuck(stage) => {
                write!(
                    f,
                    "{} did not return in time and never waited: it seems to loop endlessly",
                    stage.name()
                )
            }
            Self::Script(error) => error.fmt(f),
            Self::Io { what, source } => write!(f, "{what}: {}", system_refusal(source)),
            Self::Internal(what) => write!(f, "{what}; this is a fault of ssel, please report it"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Options(error) => Some(error),
            Self::Script(error) => Some(error),
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

impl From<OptionsError> for Error {
    fn from(error: OptionsError) -> Self {
        Self::Options(error)
    }
}

impl From<ScriptError> for Error {
    fn from(error: ScriptError) -> Self {
        Self::Script(error)
    }
}

//! Why a command failed: a user mistake, a script failure, or a bug.

use std::fmt;

use crate::options::OptionsError;
use crate::script::{ScriptError, Stage};
use crate::units::system_refusal;

/// Why a command could not be carried out. What goes wrong on the network is never among it: that is a result.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// An option is not what it should be.
    Options(OptionsError),
    /// What was typed cannot be meant, with the remedy.
    Usage(String),
    /// The server that is to be measured cannot be, with its reason.
    Server(String),
    /// A config file could not be understood.
    Config {
        /// The file.
        path: String,
        /// What is wrong with it, and where.
        error: String,
    },
    /// A certificate, proxy or address that requests are to use cannot be used.
    Connections(String),
    /// The script could not be read, or raised outside of iterations.
    Script(ScriptError),
    /// The VUs of a program could not be prepared.
    Vus(String),
    /// A file or socket refused.
    Io {
        /// What was to be done, e.g. `cannot listen on 127.0.0.1:80`.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// An output cannot be used: which one, and why.
    Output(String),
    /// Another part of a joined run did not come, or is lost.
    Lost(String),
    /// The run was stopped from outside before the load.
    Stopped,
    /// The script's thread did not answer in time: it loops endlessly in what is named.
    ScriptStuck(Stage),
    /// A fault of ssel itself.
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

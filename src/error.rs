//! Why a command could not be carried out: a mistake of the user, a failure of the script, or a fault of ssel.

use std::fmt;

use crate::metrics::MetricError;
use crate::options::OptionsError;
use crate::script::ScriptError;

/// Why a command could not be carried out. What goes wrong on the network is never among it: that is a result.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// An option is not what it should be.
    Options(OptionsError),
    /// A threshold or a metric is not what it should be.
    Metric(MetricError),
    /// The script could not be read, or raised outside of iterations.
    Script(ScriptError),
    /// A file or socket refused.
    Io {
        /// What was to be done, e.g. `cannot listen on 127.0.0.1:80`.
        what: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A fault of ssel itself.
    Internal(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Options(error) => error.fmt(f),
            Self::Metric(error) => error.fmt(f),
            Self::Script(error) => error.fmt(f),
            Self::Io { what, source } => write!(f, "{what}: {source}"),
            Self::Internal(what) => write!(f, "{what}; this is a fault of ssel, please report it"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Options(error) => Some(error),
            Self::Metric(error) => Some(error),
            Self::Script(error) => Some(error),
            Self::Io { source, .. } => Some(source),
            Self::Internal(_) => None,
        }
    }
}

impl From<OptionsError> for Error {
    fn from(error: OptionsError) -> Self {
        Self::Options(error)
    }
}

impl From<MetricError> for Error {
    fn from(error: MetricError) -> Self {
        Self::Metric(error)
    }
}

impl From<ScriptError> for Error {
    fn from(error: ScriptError) -> Self {
        Self::Script(error)
    }
}

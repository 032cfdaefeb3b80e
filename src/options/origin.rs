//! The sources of options.

use std::fmt;

use serde_json::Value;

use super::keys;
use super::problem::{OptionProblem, OptionsError, ProblemKind, show};

/// The place that set the value of an option. Displayed as in messages.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OptionOrigin {
    /// The default.
    Default,
    /// A config file, by its path.
    ConfigFile(String),
    /// The `options` of a script, by its path.
    Script(String),
    /// An environment variable, by its name.
    Environment(String),
    /// A program that uses ssel as a library.
    Program,
    /// A flag of the command line, e.g. `--vus`.
    Flag(String),
}

impl OptionOrigin {
    /// The precedence: a higher tier overrides a lower one.
    pub(super) fn tier(&self) -> u8 {
        match self {
            Self::Default => 0,
            Self::ConfigFile(_) => 1,
            Self::Script(_) => 2,
            Self::Environment(_) => 3,
            Self::Program | Self::Flag(_) => 4,
        }
    }

    /// Whether its values are text.
    pub(super) fn is_text(&self) -> bool {
        matches!(self, Self::Environment(_) | Self::Flag(_))
    }
}

impl fmt::Display for OptionOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::ConfigFile(path) => write!(f, "config file {path}"),
            Self::Script(path) => write!(f, "script {path}"),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::Program => f.write_str("the program"),
            Self::Flag(flag) => f.write_str(flag),
        }
    }
}

/// One value that a source sets.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OptionEntry {
    /// The path of the option, or of a value inside it: `["vus"]`, `["tags", "team"]`.
    pub path: Vec<String>,
    /// The value; null counts as unset.
    pub value: Value,
    /// The place that set it.
    pub origin: OptionOrigin,
}

/// The values that one source sets. A later entry overrides an earlier one.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Layer {
    /// The values it sets.
    pub entries: Vec<OptionEntry>,
}

impl Layer {
    /// A layer that sets nothing.
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// The layer of a whole table of options: a script's `options`, or the content of a config file.
    ///
    /// # Errors
    /// When `table` is not a table. Its content is checked by [`resolve`](super::resolve).
    pub(crate) fn from_json(table: Value, origin: &OptionOrigin) -> Result<Self, OptionsError> {
        let entries = match table {
            Value::Object(table) => table,
            // An empty Lua table may be converted to an empty list.
            Value::Array(list) if list.is_empty() => serde_json::Map::new(),
            Value::Null => serde_json::Map::new(),
            other => {
                let message = format!(
                    "`options` cannot be {} ({origin}): use a table such as {{ vus = 10, duration = \"30s\" }}",
                    show(&other)
                );
                return Err(
                    OptionProblem::new(ProblemKind::WrongType, "options", origin, message).into(),
                );
            }
        };
        let entries = entries
            .into_iter()
            .map(|(key, value)| OptionEntry {
                path: vec![key],
                value,
                origin: origin.clone(),
            })
            .collect();
        Ok(Self { entries })
    }

    /// Sets `key` to `value`.
    pub(crate) fn set(&mut self, key: &str, value: impl Into<Value>, origin: OptionOrigin) {
        self.set_inside(&[key], value, origin);
    }

    /// Sets a value inside an option, e.g. `["tags", "team"]`. Other layers can set the rest of the option.
    pub(crate) fn set_inside(
        &mut self,
        path: &[&str],
        value: impl Into<Value>,
        origin: OptionOrigin,
    ) {
        let path = path.iter().map(|&key| key.to_owned()).collect();
        self.entries.push(OptionEntry {
            path,
            value: value.into(),
            origin,
        });
    }

    /// Sets `key` to the value of `text`, converted to the type of the option.
    pub(crate) fn set_text(&mut self, key: &str, text: &str, origin: OptionOrigin) {
        self.set(key, keys::read_value(key, text), origin);
    }
}

use std::fmt;
use std::time::Duration;

use serde::de::value::{Error as ValueError, StrDeserializer};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::parts::Part;

/// The metadata of a run.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct RunMetadata {
    /// The command: `run`, `eval`, `llm` or `wrk`.
    pub command: String,
    /// The name: script, model or URL.
    pub name: String,
    /// The part of the run, if there are several.
    pub part: Option<Part>,
    /// An identifier that all parts of a run share; empty if there is none.
    pub run_id: String,
    /// Labels given with `--label`.
    pub labels: Vec<(String, String)>,
    /// The text of the script; empty if there is none.
    pub script: String,
    /// SHA-256 of that text in hexadecimal digits; empty if there is none.
    pub script_hash: String,
    /// The resolved options.
    pub options: Value,
    /// The seed of the random numbers.
    pub seed: Option<u64>,
    /// Version of ssel.
    pub version: String,
    /// The machine that generated the load.
    pub machine: Machine,
    /// The start of the run since the Unix epoch.
    pub started: Duration,
    /// The end of the run; `None` if it was cut off.
    pub end: Option<RunEnd>,
}

impl RunMetadata {
    /// The names of options that differ, except for the seed.
    pub(crate) fn differing_options(&self, other: &Self) -> Vec<String> {
        let empty = serde_json::Map::new();
        let own = self.options.as_object().unwrap_or(&empty);
        let other = other.options.as_object().unwrap_or(&empty);
        let new = other.keys().filter(|name| !own.contains_key(*name));
        own.keys()
            .chain(new)
            .filter(|name| *name != "seed" && own.get(*name) != other.get(*name))
            .cloned()
            .collect()
    }
}

/// The machine that generated the load.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Machine {
    /// Its name.
    pub host: String,
    /// Operating system and kernel.
    pub system: String,
    /// Processor architecture.
    pub arch: String,
    /// The name of the processor; empty if unknown.
    pub cpu: String,
    /// The number of cores that the program may use.
    pub cores: u64,
    /// Memory in bytes; 0 if unknown.
    pub memory: u64,
}

/// The end of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunEnd {
    /// The verdict.
    pub verdict: VerdictKind,
    /// The reason; empty if the run passed.
    pub reason: String,
}

impl RunEnd {
    /// An end with this verdict.
    pub fn new(verdict: VerdictKind, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { verdict, reason }
    }
}

/// The kind of a verdict on a run; its name is that of serde.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum VerdictKind {
    /// The run passed.
    #[default]
    Passed,
    /// The script failed outside of its iterations.
    Script,
    /// The system refused a resource.
    System,
    /// A fault of ssel.
    Internal,
    /// The script ended the run.
    Aborted,
    /// Thresholds failed.
    Thresholds,
    /// The script marked the run as failed.
    MarkedFailed,
    /// The run was stopped from outside.
    Stopped,
    /// Memory ran short.
    Memory,
    /// A result could not be written.
    Output,
    /// Part 0 of the run was lost.
    Lost,
    /// The record ends before the run.
    #[serde(rename = "cut off")]
    CutOff,
    /// A verdict of another version of ssel.
    #[serde(other)]
    Unknown,
}

impl fmt::Display for VerdictKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl From<&str> for VerdictKind {
    fn from(name: &str) -> Self {
        Self::deserialize(StrDeserializer::<ValueError>::new(name)).unwrap_or(Self::Unknown)
    }
}

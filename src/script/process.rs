//! The interface between a script and the program, and state that all Lua states share.

use std::collections::{BTreeSet, HashMap};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::convert::Plain;
use super::shared_data::LoadedOnce;
use crate::chat::Replies;
use crate::llm::trace::Trace;
use crate::metrics::{Registry, Tags};
use crate::parts::Part;
use crate::samples::Connections;
use crate::sync::Mutex;
use crate::vu::RunState;

/// Where scripts print. The layers above own the terminal.
pub(crate) trait Console: Send + Sync {
    /// Prints text unchanged; it includes line ends.
    fn print(&self, text: &[u8]);
    /// Prints text to standard error, e.g. from `io.stderr:write`.
    fn print_error(&self, text: &[u8]);
    /// Reports an error in the script that does not end the run, e.g. a check that raised.
    fn script_error(&self, text: &str);
}

/// What the program provides to a script.
pub(crate) struct Host {
    /// `-e NAME=value`.
    pub env: HashMap<String, String>,
    /// Where the script prints.
    pub console: Arc<dyn Console>,
    /// The metrics of the run.
    pub registry: Arc<Registry>,
    /// The state of the run.
    pub run: Arc<RunState>,
    /// Starts the built-in target on the first call and returns its base URL, e.g. `http://127.0.0.1:40001`.
    pub target: Box<dyn Fn() -> Result<String, String> + Send + Sync>,
    /// Called with each reply of a language model.
    pub replies: Option<Replies>,
    /// Which part of the run this process makes.
    pub part: Part,
}

/// Formats the summary as printed by default, with or without colours.
pub(crate) type SummaryText = Box<dyn Fn(bool) -> String + Send + Sync>;

/// State that all Lua states of a process share.
pub(crate) struct Process {
    /// Folder of the script, in which relative paths of `open`, `require` and `data` begin.
    pub(crate) folder: PathBuf,
    pub(crate) host: Host,
    /// Settings for requests, once the options are known.
    pub(crate) connections: OnceLock<Connections>,
    /// The resolved options, for `exec.test.options`.
    pub(crate) options: OnceLock<serde_json::Value>,
    /// The arrays of `data.shared` and similar functions.
    pub(crate) data: LoadedOnce<[Plain]>,
    /// The traces of `llm.trace`.
    pub(crate) traces: LoadedOnce<Trace>,
    /// The images of `llm.image`, as data URLs.
    pub(crate) images: LoadedOnce<str>,
    /// Files read in the init stage; each is read once for all VUs.
    pub(crate) files: Mutex<HashMap<PathBuf, Arc<[u8]>>>,
    /// Other files read in the init stage, whose content is not kept.
    pub(crate) other_files: Mutex<BTreeSet<PathBuf>>,
    /// Tags of every sample, once the options are known.
    pub(crate) tags: OnceLock<Tags>,
    /// The summary as text, once there is one.
    pub(crate) summary_text: OnceLock<SummaryText>,
    /// Seed of `math.random`, once the options are known; each VU adds its number.
    pub(crate) seed: OnceLock<u64>,
}

impl Deref for Process {
    type Target = Host;

    fn deref(&self) -> &Host {
        &self.host
    }
}

impl Process {
    /// For a script in `folder`, before its options are known.
    pub(crate) fn new(folder: PathBuf, host: Host) -> Self {
        Self {
            folder,
            host,
            connections: OnceLock::new(),
            options: OnceLock::new(),
            data: LoadedOnce::default(),
            traces: LoadedOnce::default(),
            images: LoadedOnce::default(),
            files: Mutex::default(),
            other_files: Mutex::default(),
            tags: OnceLock::new(),
            summary_text: OnceLock::new(),
            seed: OnceLock::new(),
        }
    }

    /// Adds a file to those that the script read.
    pub(crate) fn note_file(&self, path: &Path) {
        let mut files = self.other_files.lock();
        files.insert(path.to_owned());
    }

    /// The files read in the init stage, sorted.
    pub(crate) fn files_read(&self) -> Vec<PathBuf> {
        let whole = self.files.lock();
        let others = self.other_files.lock();
        let all: BTreeSet<PathBuf> = whole.keys().chain(others.iter()).cloned().collect();
        all.into_iter().collect()
    }
}

//! What all Lua states of a process share.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::shared_data::{Shared, SharedData};
use crate::chat::Replies;
use crate::http;
use crate::llm::trace::Trace;
use crate::metrics::{Registry, Tags};
use crate::parts::Part;
use crate::vu::RunState;

/// Where scripts print; the one door to the screen lies above this layer.
pub trait Console: Send + Sync {
    /// Text as it stands, line ends included.
    fn print(&self, text: &[u8]);
    /// Text for standard error, e.g. from `io.stderr:write`.
    fn print_error(&self, text: &[u8]);
    /// A failure inside the script that does not end the run, e.g. a check that raised.
    fn script_error(&self, text: &str);
}

/// What a script needs of its surroundings.
pub struct Host {
    /// `-e NAME=value`.
    pub env: HashMap<String, String>,
    /// Where the script prints.
    pub console: Arc<dyn Console>,
    /// The metrics of the run.
    pub registry: Arc<Registry>,
    /// The state of the run.
    pub run: Arc<RunState>,
    /// Starts the built-in target and gives its base URL, e.g. `http://127.0.0.1:40001`.
    pub target: Box<dyn Fn() -> Result<String, String> + Send + Sync>,
    /// Is told of each reply of a language model.
    pub replies: Option<Replies>,
    /// Which part of the run this process makes.
    pub part: Part,
}

/// Makes the text of the summary as the screen shows it, with its colours or without.
pub type SummaryText = Box<dyn Fn(bool) -> String + Send + Sync>;

/// What requests of scripts are told.
#[derive(Debug, Clone)]
pub struct Connections {
    /// For the HTTP client of every VU.
    pub settings: http::Settings,
    /// Whether a VU's connections end with each iteration.
    pub close_after_iteration: bool,
    /// Whether a VU's cookies outlive an iteration.
    pub keep_cookies: bool,
}

/// What all Lua states of a process share.
pub(crate) struct Process {
    /// Folder of the script; relative paths of `open`, `require` and `data` begin here.
    pub(crate) folder: PathBuf,
    /// `-e NAME=value`, over the process environment.
    pub(crate) env: HashMap<String, String>,
    /// Where `print` goes.
    pub(crate) console: Arc<dyn Console>,
    /// Names and kinds of all metrics.
    pub(crate) registry: Arc<Registry>,
    /// The run as a whole.
    pub(crate) run: Arc<RunState>,
    /// What requests are told, once the options are known.
    pub(crate) connections: OnceLock<Connections>,
    /// The resolved options, for `exec.test.options`.
    pub(crate) options: OnceLock<serde_json::Value>,
    /// What `data.shared` and its like keep for all VUs.
    pub(crate) data: SharedData,
    /// The traces of `llm.trace`.
    pub(crate) traces: Shared<Trace>,
    /// The images of `llm.image`, as data URLs.
    pub(crate) images: Shared<str>,
    /// Files read in init, so that a thousand VUs read each once.
    pub(crate) files: Mutex<HashMap<PathBuf, Arc<[u8]>>>,
    /// Other files read in init, of which only what was made of them is kept.
    pub(crate) other_files: Mutex<BTreeSet<PathBuf>>,
    /// Starts the built-in target on first use and gives its base URL.
    pub(crate) target: Box<dyn Fn() -> Result<String, String> + Send + Sync>,
    /// Streams open at this moment, over all VUs.
    pub(crate) streams_open: AtomicI64,
    /// Tags of every sample, once the options are known.
    pub(crate) tags: OnceLock<Tags>,
    /// Who is told of each reply of a language model, if anybody.
    pub(crate) replies: Option<Replies>,
    /// Which part of the run this process makes.
    pub(crate) part: Part,
    /// The usual summary as text, once there is one.
    pub(crate) summary_text: OnceLock<SummaryText>,
    /// Seed of `math.random`, once the options are known; each VU adds its own number.
    pub(crate) seed: OnceLock<u64>,
}

impl Process {
    /// What a script's states share, before anything is known of its options.
    pub(crate) fn new(folder: PathBuf, host: Host) -> Self {
        Self {
            folder,
            env: host.env,
            console: host.console,
            registry: host.registry,
            run: host.run,
            connections: OnceLock::new(),
            summary_text: OnceLock::new(),
            options: OnceLock::new(),
            data: SharedData::default(),
            traces: Shared::default(),
            images: Shared::default(),
            files: Mutex::default(),
            other_files: Mutex::default(),
            target: host.target,
            replies: host.replies,
            part: host.part,
            streams_open: 0.into(),
            tags: OnceLock::new(),
            seed: OnceLock::new(),
        }
    }

    /// Notes a file that is read piece by piece.
    pub(crate) fn note_file(&self, path: &Path) {
        let mut files = self
            .other_files
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        files.insert(path.to_owned());
    }

    /// The files that were read in init, sorted.
    pub(crate) fn files_read(&self) -> Vec<PathBuf> {
        let whole = self.files.lock().unwrap_or_else(PoisonError::into_inner);
        let others = self
            .other_files
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let all: BTreeSet<PathBuf> = whole.keys().chain(others.iter()).cloned().collect();
        all.into_iter().collect()
    }
}

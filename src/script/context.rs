//! What the functions of one Lua state know of the world around them.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use mlua::{BString, MultiValue};

use super::lifecycle::{Connections, Host};
use super::shared_data::SharedData;
use super::tasks::Spawned;
use crate::chat::Replies;
use crate::http;
use crate::metrics::{Recorder, Registry, Tags};
use crate::vu::{Iteration, RunState, ScenarioInfo};

/// Where scripts print; the one door to the screen lies above this layer.
pub trait Console: Send + Sync {
    /// Text as it stands, line ends included.
    fn print(&self, text: &[u8]);
    /// Text for standard error, e.g. from `io.stderr:write`.
    fn print_error(&self, text: &[u8]);
    /// A failure inside the script that does not end the run, e.g. a check that raised.
    fn script_error(&self, text: &str);
}

/// A waiting function's work, and the values it returns to Lua.
pub(crate) type Operation = Pin<Box<dyn Future<Output = mlua::Result<MultiValue>>>>;

/// The part of a script's life that a state is in; some functions work in some stages only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Init,
    Setup,
    Iteration,
    Teardown,
    Summary,
    /// Any function that `ssel wrk` calls.
    Wrk,
}

impl Stage {
    /// Whether functions may wait in it.
    pub(crate) fn may_wait(self) -> bool {
        matches!(self, Self::Setup | Self::Iteration | Self::Teardown)
    }

    /// How a message calls the stage.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Init => "the init stage (the script's top level)",
            Self::Setup => "setup",
            Self::Iteration => "an iteration",
            Self::Teardown => "teardown",
            Self::Summary => "handle_summary",
            Self::Wrk => {
                "scripts of `ssel wrk`, whose functions cannot wait; scripts of `ssel run` can"
            }
        }
    }
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
    /// Files read in init, so that a thousand VUs read each once.
    pub(crate) files: Mutex<HashMap<PathBuf, Arc<[u8]>>>,
    /// Starts the built-in target on first use and gives its base URL.
    pub(crate) target: Box<dyn Fn() -> Result<String, String> + Send + Sync>,
    /// Streams open at this moment, over all VUs.
    pub(crate) streams_open: AtomicI64,
    /// Tags of every sample, once the options are known.
    pub(crate) tags: OnceLock<Tags>,
    /// Who is told of each reply of a language model, if anybody.
    pub(crate) replies: Option<Replies>,
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
            options: OnceLock::new(),
            data: SharedData::default(),
            files: Mutex::default(),
            target: host.target,
            replies: host.replies,
            streams_open: 0.into(),
            tags: OnceLock::new(),
            seed: OnceLock::new(),
        }
    }
}

/// What one Lua state knows: its process, its stage, and whom it works for.
pub(crate) struct Context {
    pub(crate) process: Arc<Process>,
    pub(crate) stage: Cell<Stage>,
    /// Where samples go.
    pub(crate) recorder: Recorder,
    /// Tags of the scenario, and those a script gave its VU in `exec.vu.tags`.
    pub(crate) own_tags: RefCell<Tags>,
    /// Tags of every sample taken now: `own_tags` and the group.
    pub(crate) tags: RefCell<Tags>,
    /// The names of the groups we are in, outermost first.
    pub(crate) groups: RefCell<Vec<Rc<str>>>,
    /// Number of the VU from 1; 0 in the state that runs setup and teardown.
    pub(crate) vu: u64,
    pub(crate) scenario: Option<Arc<ScenarioInfo>>,
    pub(crate) iteration: Cell<Option<Iteration>>,
    /// Environment of the scenario, over that of the process.
    pub(crate) env: HashMap<String, String>,
    /// The VU's connections and cookies, made when the first request is.
    pub(crate) client: RefCell<Option<http::Client>>,
    /// Whether `exec.test.abort` was called in this very iteration.
    pub(crate) aborting: Cell<bool>,
    /// What the coroutine that has just yielded waits for. Filled and emptied within one resumption of one coroutine, so
    /// that one place serves all tasks.
    pub(crate) pending: RefCell<Option<Operation>>,
    /// Tasks that have just been spawned, until the call they belong to takes them over.
    pub(crate) spawned: RefCell<Vec<Spawned>>,
    /// Message and traceback of an error on its way through one of our own `xpcall`s.
    pub(crate) passing_error: RefCell<Option<(String, String)>>,
    /// Ends the streams of an iteration that is cut off.
    pub(crate) open_streams: RefCell<Vec<std::rc::Weak<dyn Interruptible>>>,
}

/// The groups that a task is in, kept while another one runs.
#[derive(Default)]
pub(crate) struct Scope {
    groups: Vec<Rc<str>>,
    /// Tags of its samples, and the `own_tags` they were made of.
    tags: Tags,
    own_tags: Tags,
}

/// Something an interrupted iteration leaves behind and that must end with it.
pub(crate) trait Interruptible {
    fn interrupt(&self);
}

impl Context {
    /// Looks a variable up: scenario, `-e`, then the environment of the process.
    /// That of the process may be any bytes, as texts of Lua may.
    pub(crate) fn variable(&self, name: &str) -> Option<BString> {
        let given = self.env.get(name).or_else(|| self.process.env.get(name));
        match given {
            Some(text) => Some(text.as_str().into()),
            None => std::env::var_os(name).map(|value| value.into_encoded_bytes().into()),
        }
    }

    /// How late this iteration started after its planned start, if it had one.
    pub(crate) fn schedule_delay(&self) -> Option<Duration> {
        self.iteration.get().and_then(|iteration| iteration.delay)
    }

    /// Leaves `operation` for the driver to await once the calling coroutine yields.
    pub(crate) fn wait_for(
        &self,
        operation: impl Future<Output = mlua::Result<MultiValue>> + 'static,
    ) {
        *self.pending.borrow_mut() = Some(Box::pin(operation));
    }

    /// The HTTP client of this VU.
    pub(crate) fn client(&self) -> http::Client {
        let make = || {
            let settings = self
                .process
                .connections
                .get()
                .map(|connections| connections.settings.clone());
            http::Client::new(http::Shared::for_thread(&settings.unwrap_or_default()))
        };
        self.client.borrow_mut().get_or_insert_with(make).clone()
    }

    /// Forgets the cookies and connections that are not to outlive an iteration.
    pub(crate) fn refresh_client(&self) {
        let client = self.client.borrow();
        let (Some(client), Some(connections)) = (&*client, self.process.connections.get()) else {
            return;
        };
        if !connections.keep_cookies {
            client.jar().clear();
        }
        if connections.close_after_iteration {
            client.close_idle();
        }
    }

    /// Begins a group inside those we are in.
    pub(crate) fn enter_group(&self, name: &str) {
        self.groups.borrow_mut().push(name.into());
        self.refresh_tags();
    }

    /// Ends the innermost group.
    pub(crate) fn leave_group(&self) {
        self.groups.borrow_mut().pop();
        self.refresh_tags();
    }

    /// Back to no group, where an iteration begins, however the last one ended.
    pub(crate) fn leave_all_groups(&self) {
        if !self.groups.borrow().is_empty() {
            self.groups.borrow_mut().clear();
            self.refresh_tags();
        }
    }

    /// A scope as the current one, for a task that begins here.
    pub(crate) fn scope(&self) -> Scope {
        Scope {
            groups: self.groups.borrow().clone(),
            tags: self.tags.borrow().clone(),
            own_tags: self.own_tags.borrow().clone(),
        }
    }

    /// Makes `scope` the current one, and leaves in its place the one that was.
    pub(crate) fn swap_scope(&self, scope: &mut Scope) {
        std::mem::swap(&mut *self.groups.borrow_mut(), &mut scope.groups);
        std::mem::swap(&mut *self.tags.borrow_mut(), &mut scope.tags);
        let own_tags = self.own_tags.borrow().clone();
        let made_of = std::mem::replace(&mut scope.own_tags, own_tags);
        if !made_of.is_same(&scope.own_tags) {
            self.refresh_tags();
        }
    }

    /// Sets a tag of every further sample of this VU.
    pub(crate) fn set_own_tag(&self, name: &str, value: &str) {
        let tags = self.own_tags.borrow().with(name, value);
        *self.own_tags.borrow_mut() = tags;
        self.refresh_tags();
    }

    /// Replaces the tags of this state outside of groups.
    pub(crate) fn set_tags(&self, tags: Tags) {
        *self.own_tags.borrow_mut() = tags;
        self.refresh_tags();
    }

    fn refresh_tags(&self) {
        let groups = self.groups.borrow();
        let own = self.own_tags.borrow();
        *self.tags.borrow_mut() = if groups.is_empty() {
            own.clone()
        } else {
            // k6 writes a nested group as `::outer::inner`.
            own.with(
                "group",
                groups
                    .iter()
                    .fold(String::new(), |path, name| path + "::" + name),
            )
        };
    }

    /// Remembers a stream, so that it ends with its iteration.
    pub(crate) fn add_open_stream(&self, stream: &Rc<dyn Interruptible>) {
        let mut streams = self.open_streams.borrow_mut();
        streams.retain(|stream| stream.strong_count() > 0);
        streams.push(Rc::downgrade(stream));
    }

    /// Ends all that an iteration left behind: what it waited for, its tasks, its streams.
    pub(crate) fn end_iteration(&self) {
        self.pending.take();
        self.spawned.take();
        for stream in self.open_streams.take() {
            if let Some(stream) = stream.upgrade() {
                stream.interrupt();
            }
        }
    }
}

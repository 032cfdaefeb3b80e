//! The context of a Lua state, for its functions.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mlua::{BString, MultiValue, Table};

use super::args;
use super::error::LuaError;
use super::process::Process;
use super::ready::ReadyQueue;
use super::tasks::{IterationJob, TaskScope};
use crate::error::Stage;
use crate::http::{self, TIME_SLICE};
use crate::metrics::{Recorder, Tags};
use crate::samples::{Connections, OpenStreams, Requester};
use crate::vu::{Iteration, RunState, ScenarioInfo};

/// A waiting function's work, and the values it returns to Lua.
pub(crate) type Operation = Pin<Box<dyn Future<Output = mlua::Result<MultiValue>>>>;

/// The context of one Lua state.
pub(crate) struct Context {
    pub(crate) process: Arc<Process>,
    pub(crate) stage: Cell<Stage>,
    /// Where samples go.
    pub(crate) recorder: Recorder,
    /// Tags of the scenario, and those that the script sets in `exec.vu.tags`.
    pub(crate) own_tags: RefCell<Tags>,
    /// Tags of each sample: `own_tags` and the group.
    pub(crate) tags: RefCell<Tags>,
    /// The names of the current groups, outermost first.
    pub(crate) groups: RefCell<Vec<Rc<str>>>,
    /// Number of the VU from 1; 0 in the state that runs setup and teardown.
    pub(crate) vu: u64,
    pub(crate) scenario: Option<Arc<ScenarioInfo>>,
    pub(crate) iteration: Cell<Option<Iteration>>,
    /// Environment of the scenario, which overrides that of the process.
    pub(crate) env: HashMap<String, String>,
    /// The VU's connections and cookies, created with the first request.
    pub(crate) client: RefCell<Option<http::Client>>,
    /// Whether `exec.test.abort` was called in this iteration.
    pub(crate) aborting: Cell<bool>,
    /// The operation of the coroutine that has just yielded. It is set and taken within one resumption of one coroutine, so
    /// all tasks share it.
    pub(crate) pending: RefCell<Option<Operation>>,
    /// Jobs that have just been started, until their call takes them over.
    pub(crate) started: RefCell<Vec<IterationJob>>,
    /// The coroutines and jobs that are ready.
    pub(crate) ready: Arc<ReadyQueue>,
    /// The end of this VU's time slice.
    pub(crate) slice_end: Cell<Instant>,
    /// The error that one of ssel's own `xpcall`s is passing on, with its traceback.
    pub(crate) passing_error: RefCell<Option<LuaError>>,
    /// The last table that was raised as an error.
    pub(crate) raised: RefCell<Option<Table>>,
    /// Each unfinished task holds a clone.
    pub(crate) running: Rc<()>,
}

impl Requester for Context {
    fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    fn tags(&self) -> Tags {
        self.tags.borrow().clone()
    }

    fn client(&self) -> http::Client {
        let make = || self.connections().client();
        self.client.borrow_mut().get_or_insert_with(make).clone()
    }

    fn vu(&self) -> u64 {
        self.vu
    }

    fn iteration(&self) -> Option<Iteration> {
        self.iteration.get()
    }

    fn run(&self) -> &RunState {
        &self.process.run
    }

    fn open_streams(&self) -> &OpenStreams {
        &self.connections().open_streams
    }
}

impl Context {
    /// Looks a variable up: in the scenario, in `-e`, then in the environment of the process,
    /// whose values may contain any bytes.
    pub(crate) fn variable(&self, name: &str) -> Option<BString> {
        let given = self.env.get(name).or_else(|| self.process.env.get(name));
        match given {
            Some(text) => Some(text.as_str().into()),
            None => std::env::var_os(name).map(|value| value.into_encoded_bytes().into()),
        }
    }

    /// Raises unless the script is in its init stage. `remedy` says where to call `function`.
    pub(crate) fn require_init(&self, function: &str, remedy: &str) -> mlua::Result<()> {
        if self.stage.get() == Stage::Init {
            return Ok(());
        }
        let what = format_args!("only works in the init stage: {remedy}");
        Err(args::misuse(function, what))
    }

    /// Stores `operation` for the driver, which awaits it when the coroutine yields.
    pub(crate) fn wait_for(
        &self,
        operation: impl Future<Output = mlua::Result<MultiValue>> + 'static,
    ) {
        *self.pending.borrow_mut() = Some(Box::pin(operation));
    }

    /// Forgets the cookies and connections that do not outlive an iteration.
    pub(crate) fn refresh_client(&self) {
        if let Some(client) = &*self.client.borrow() {
            self.connections().end_iteration(client);
        }
    }

    /// The options of requests; the defaults until the options of the run are known.
    fn connections(&self) -> &Connections {
        self.process.connections.get_or_init(Connections::default)
    }

    /// Enters a group inside the current ones.
    pub(crate) fn enter_group(&self, name: &str) {
        self.groups.borrow_mut().push(name.into());
        self.refresh_tags();
    }

    /// Leaves the innermost group.
    pub(crate) fn leave_group(&self) {
        self.groups.borrow_mut().pop();
        self.refresh_tags();
    }

    /// Leaves all groups at the start of an iteration, however the last one ended.
    pub(crate) fn leave_all_groups(&self) {
        if !self.groups.borrow().is_empty() {
            self.groups.borrow_mut().clear();
            self.refresh_tags();
        }
    }

    /// A copy of the current scope, for a task that starts here.
    pub(crate) fn scope(&self) -> TaskScope {
        TaskScope {
            groups: self.groups.borrow().clone(),
            tags: self.tags.borrow().clone(),
            own_tags: self.own_tags.borrow().clone(),
        }
    }

    /// Exchanges the current scope and `scope`.
    pub(crate) fn swap_scope(&self, scope: &mut TaskScope) {
        std::mem::swap(&mut *self.groups.borrow_mut(), &mut scope.groups);
        std::mem::swap(&mut *self.tags.borrow_mut(), &mut scope.tags);
        let own_tags = self.own_tags.borrow().clone();
        let made_of = std::mem::replace(&mut scope.own_tags, own_tags);
        if !made_of.is_same(&scope.own_tags) {
            self.refresh_tags();
        }
    }

    /// Sets a tag of all further samples of this VU.
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

    /// Starts a job beside the coroutines of this call.
    pub(crate) fn start(&self, job: IterationJob) {
        self.started.borrow_mut().push(job);
    }

    /// Starts the VU's time slice.
    pub(crate) fn begin_slice(&self) {
        self.slice_end.set(Instant::now() + TIME_SLICE);
    }

    /// The rest of the time slice.
    pub(crate) fn slice_left(&self, now: Instant) -> Duration {
        self.slice_end.get().saturating_duration_since(now)
    }

    /// Whether the time slice has ended.
    pub(crate) fn is_slice_over(&self) -> bool {
        self.slice_left(Instant::now()).is_zero()
    }

    /// Drops the operations of an interrupted iteration.
    pub(crate) fn end_iteration(&self) {
        self.pending.take();
        self.started.take();
    }
}

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
use super::tasks::{Job, TaskScope};
use crate::http::{self, TIME_SLICE};
use crate::metrics::{Recorder, Tags};
use crate::samples::{Connections, OpenStreams, Requester};
use crate::vu::{Iteration, RunState, ScenarioInfo};

/// A waiting function's work, and the values it returns to Lua.
pub(crate) type Operation = Pin<Box<dyn Future<Output = mlua::Result<MultiValue>>>>;

/// The part of a script's life that a state is in; some functions work in some stages only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The script's top level.
    Init,
    /// `setup`.
    Setup,
    /// A VU's function.
    Iteration,
    /// `teardown`.
    Teardown,
    /// `handle_summary`.
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
    pub fn name(self) -> &'static str {
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
    /// Jobs that have just been started, until the call they belong to takes them over.
    pub(crate) started: RefCell<Vec<Job>>,
    /// Which coroutines and jobs have something to do.
    pub(crate) ready: Arc<ReadyQueue>,
    /// When this VU is to give its thread back.
    pub(crate) slice_end: Cell<Instant>,
    /// The error that one of ssel's own `xpcall`s is passing on, with its traceback.
    pub(crate) passing_error: RefCell<Option<LuaError>>,
    /// The table that was raised last.
    pub(crate) raised: RefCell<Option<Table>>,
    /// Held by each task that is not over.
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
    /// Looks a variable up: scenario, `-e`, then the environment of the process.
    /// That of the process may be any bytes, as texts of Lua may.
    pub(crate) fn variable(&self, name: &str) -> Option<BString> {
        let given = self.env.get(name).or_else(|| self.process.env.get(name));
        match given {
            Some(text) => Some(text.as_str().into()),
            None => std::env::var_os(name).map(|value| value.into_encoded_bytes().into()),
        }
    }

    /// Raises unless the script is in its init stage. `remedy` says where to call `function`.
    pub(crate) fn require_init(&self, function: &str, remedy: &str) -> mlua::Result<()> {
        match self.stage.get() {
            Stage::Init => Ok(()),
            _ => {
                let what = format_args!("works in the init stage only: {remedy}");
                Err(args::misuse(function, what))
            }
        }
    }

    /// Leaves `operation` for the driver to await once the calling coroutine yields.
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
    pub(crate) fn scope(&self) -> TaskScope {
        TaskScope {
            groups: self.groups.borrow().clone(),
            tags: self.tags.borrow().clone(),
            own_tags: self.own_tags.borrow().clone(),
        }
    }

    /// Makes `scope` the current one, and leaves in its place the one that was.
    pub(crate) fn swap_scope(&self, scope: &mut TaskScope) {
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

    /// Starts something that goes on beside the coroutines of this call.
    pub(crate) fn start(&self, job: Job) {
        self.started.borrow_mut().push(job);
    }

    /// The VU has just been given its thread.
    pub(crate) fn begin_slice(&self) {
        self.slice_end.set(Instant::now() + TIME_SLICE);
    }

    /// How long it may keep it.
    pub(crate) fn slice_left(&self, now: Instant) -> Duration {
        self.slice_end.get().saturating_duration_since(now)
    }

    /// Whether others must have it now.
    pub(crate) fn is_slice_over(&self) -> bool {
        self.slice_left(Instant::now()).is_zero()
    }

    /// Forgets what an iteration that was cut off was waiting for.
    pub(crate) fn end_iteration(&self) {
        self.pending.take();
        self.started.take();
    }
}

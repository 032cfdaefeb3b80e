//! Tasks that run beside the coroutine of an iteration.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as Waking, Poll};

use tokio::sync::Notify;

use super::error::LuaError;
use crate::metrics::Tags;

/// Bytes that a stream may keep waiting for a slow handler. From there on it is not read on, and the server feels the
/// pressure, as it would from a slow reader.
pub(crate) const QUEUE_LIMIT: usize = 4 << 20;

/// Something to be polled inside an iteration. It ends with the iteration.
pub(crate) enum Job {
    /// A coroutine. The iteration waits for it.
    Task(Spawned),
    /// What needs no Lua. The iteration ends without it.
    Background(Rc<dyn Background>),
}

/// Work beside the coroutines, such as a stream that is read.
pub(crate) trait Background {
    /// Goes on. Ready once it is over.
    fn poll(&self, cx: &mut Waking<'_>) -> Poll<()>;

    /// The iteration is over: ends at once, if it has not ended before, and records what there is to be recorded.
    fn cut_off(&self);
}

/// The groups that a task is in, kept while another task runs.
#[derive(Default)]
pub(crate) struct TaskScope {
    /// Their names, outermost first.
    pub(crate) groups: Vec<Rc<str>>,
    /// Tags of its samples, and the `own_tags` of the VU from which they were built.
    pub(crate) tags: Tags,
    pub(crate) own_tags: Tags,
}

/// The state of a task, shared with everyone who holds the task.
#[derive(Debug, Default)]
pub(crate) struct Task {
    over: Cell<bool>,
    /// Woken when it is over.
    ended: Notify,
    failure: RefCell<Option<LuaError>>,
    /// Whether somebody has taken the failure for their own.
    claimed: Cell<bool>,
}

impl Task {
    /// Whether it has returned, raised, or was cut off.
    pub(crate) fn is_over(&self) -> bool {
        self.over.get()
    }

    /// Resolves when it is over.
    pub(crate) async fn ended(&self) {
        while !self.is_over() {
            self.ended.notified().await;
        }
    }

    /// The failure, from now on a matter of whoever asked; `None` if it did not fail.
    pub(crate) fn claim(&self) -> Option<LuaError> {
        self.claimed.set(true);
        self.failure.borrow().clone()
    }

    /// It has failed.
    pub(crate) fn fail(&self, failure: LuaError) {
        *self.failure.borrow_mut() = Some(failure);
    }

    /// The failure, if nobody has claimed it.
    pub(crate) fn unclaimed(&self) -> Option<LuaError> {
        self.failure
            .borrow()
            .clone()
            .filter(|_| !self.claimed.get())
    }
}

/// A task's work: its failure, if any.
type Work = Pin<Box<dyn Future<Output = Option<LuaError>>>>;

/// A task that is to be run beside the coroutine that has just spawned it.
pub(crate) struct Spawned {
    task: Running,
    pub(crate) work: Work,
    pub(crate) scope: TaskScope,
}

impl Spawned {
    /// `work` begins in the groups of `scope`.
    pub(crate) fn new(
        task: Rc<Task>,
        scope: TaskScope,
        work: impl Future<Output = Option<LuaError>> + 'static,
    ) -> Self {
        Self {
            task: Running(task),
            work: Box::pin(work),
            scope,
        }
    }

    pub(crate) fn task(&self) -> &Rc<Task> {
        &self.task.0
    }
}

/// Tells those who wait for a task that it is over, also when it is dropped.
struct Running(Rc<Task>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.over.set(true);
        self.0.ended.notify_waiters();
    }
}

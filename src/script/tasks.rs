//! Tasks that run beside the coroutine of an iteration.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context as Waking, Poll};

use tokio::sync::Notify;

use super::error::LuaError;
use crate::metrics::Tags;

/// The maximum number of bytes that wait for a slow handler. Beyond it, reading pauses, and the server is slowed down
/// as by any slow reader.
pub(crate) const QUEUE_LIMIT: usize = 4 << 20;

/// Work that is polled inside an iteration and ends with it.
pub(crate) enum IterationJob {
    /// A coroutine. The iteration waits for it.
    Task(Spawned),
    /// Work without Lua. The iteration does not wait for it.
    Background(Rc<dyn BackgroundJob>),
}

/// Work beside the coroutines, such as reading a stream.
pub(crate) trait BackgroundJob {
    /// Continues. Ready at the end.
    fn poll(&self, cx: &mut Waking<'_>) -> Poll<()>;

    /// The iteration has ended: ends the work immediately, if it has not ended, and records it.
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
    /// Notified at the end.
    ended: Notify,
    failure: RefCell<Option<LuaError>>,
    /// Whether a waiting task has taken over the failure.
    claimed: Cell<bool>,
}

impl Task {
    /// Whether it has returned, failed, or was interrupted.
    pub(crate) fn is_over(&self) -> bool {
        self.over.get()
    }

    /// Resolves at the end.
    pub(crate) async fn ended(&self) {
        while !self.is_over() {
            self.ended.notified().await;
        }
    }

    /// The failure, which the caller takes over; `None` if the task did not fail.
    pub(crate) fn claim(&self) -> Option<LuaError> {
        self.claimed.set(true);
        self.failure.borrow().clone()
    }

    /// Stores the failure of the task.
    pub(crate) fn fail(&self, failure: LuaError) {
        *self.failure.borrow_mut() = Some(failure);
    }

    /// The failure, if no task has taken it over.
    pub(crate) fn unclaimed(&self) -> Option<LuaError> {
        self.failure
            .borrow()
            .clone()
            .filter(|_| !self.claimed.get())
    }
}

/// The work of a task; its output is the failure, if any.
type TaskWork = Pin<Box<dyn Future<Output = Option<LuaError>>>>;

/// A task that has just been spawned.
pub(crate) struct Spawned {
    task: Running,
    pub(crate) work: TaskWork,
    pub(crate) scope: TaskScope,
}

impl Spawned {
    /// `work` starts in the groups of `scope`.
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

/// Marks a task as ended and notifies those who wait for it, even if it is dropped.
struct Running(Rc<Task>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.over.set(true);
        self.0.ended.notify_waiters();
    }
}

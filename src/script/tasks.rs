//! The tasks of one call into a script: further coroutines that run beside the one that spawned them.
//!
//! They are polled inside the future of the iteration they belong to. So whoever watches over the iteration, for loops
//! that never wait, for panics, for the end of the run, watches over its tasks as well, and they are gone when it is
//! dropped. Each has a waker of its own: only a task that has something to do is polled.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as Waking, Poll, Wake, Waker};

use tokio::sync::Notify;

use super::context::{Context, Scope};

/// What is known of a task by whoever holds it.
#[derive(Debug, Default)]
pub(crate) struct Task {
    over: Cell<bool>,
    /// Woken when it is over.
    ended: Notify,
    failure: RefCell<Option<Failure>>,
    /// Whether somebody has taken the failure for their own.
    claimed: Cell<bool>,
}

/// Why a task failed.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) message: String,
    pub(crate) traceback: String,
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
    pub(crate) fn claim(&self) -> Option<Failure> {
        self.claimed.set(true);
        self.failure.borrow().clone()
    }

    fn unclaimed(&self) -> Option<Failure> {
        self.failure
            .borrow()
            .clone()
            .filter(|_| !self.claimed.get())
    }
}

/// A task's work: its failure, if any.
type Work = Pin<Box<dyn Future<Output = Option<Failure>>>>;

/// A task that is to be run beside the coroutine that has just spawned it.
pub(crate) struct Spawned {
    task: Running,
    work: Work,
    scope: Scope,
}

impl Spawned {
    /// `work` begins in the groups of `scope`.
    pub(crate) fn new(
        task: Rc<Task>,
        scope: Scope,
        work: impl Future<Output = Option<Failure>> + 'static,
    ) -> Self {
        Self {
            task: Running(task),
            work: Box::pin(work),
            scope,
        }
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

/// All tasks of one call.
#[derive(Default)]
pub(crate) struct Tasks {
    /// Places are used again. A late ring for the task that had the place before does no harm.
    places: Vec<Option<Place>>,
    free: Vec<usize>,
    /// Failed tasks in the order they failed.
    failed: Vec<Rc<Task>>,
    /// Made with the first task: calls without any pay nothing.
    bells: Option<Arc<Bells>>,
}

struct Place {
    spawned: Spawned,
    bell: Arc<Bell>,
    waker: Waker,
}

impl Tasks {
    /// Polls every task that has something to do once, new ones included.
    ///
    /// # Errors
    /// When a task has called for the end of the whole run, there is nothing more to be done.
    pub(crate) fn poll(&mut self, context: &Context, cx: &Waking<'_>) -> Result<(), Failure> {
        self.adopt(context);
        let Some(bells) = self.bells.as_ref().filter(|_| !self.is_empty()) else {
            return Ok(());
        };
        for number in bells.answer(cx.waker()) {
            let Some(place) = self.places[number].as_mut() else {
                continue;
            };
            place.bell.rung.store(false, Ordering::Release);
            context.swap_scope(&mut place.spawned.scope);
            let polled = place
                .spawned
                .work
                .as_mut()
                .poll(&mut Waking::from_waker(&place.waker));
            context.swap_scope(&mut place.spawned.scope);
            if let Poll::Ready(failure) = polled {
                self.end(number, failure, context)?;
            }
        }
        // Those that a task has spawned have their turn after everybody else's.
        if self.adopt(context) {
            cx.waker().wake_by_ref();
        }
        Ok(())
    }

    /// Whether none is left.
    pub(crate) fn is_empty(&self) -> bool {
        self.places.len() == self.free.len()
    }

    /// The first failure that nobody waited for.
    pub(crate) fn unclaimed(&self) -> Option<Failure> {
        self.failed.iter().find_map(|task| task.unclaimed())
    }

    /// Takes over what has been spawned, if anything.
    fn adopt(&mut self, context: &Context) -> bool {
        let mut spawned = context.spawned.borrow_mut();
        let any = !spawned.is_empty();
        for spawned in spawned.drain(..) {
            let number = self.free.pop().unwrap_or_else(|| {
                self.places.push(None);
                self.places.len() - 1
            });
            let bells = Arc::clone(self.bells.get_or_insert_default());
            bells.lock().rung.push(number);
            let bell = Arc::new(Bell {
                number,
                rung: AtomicBool::new(true),
                bells,
            });
            let waker = Waker::from(Arc::clone(&bell));
            self.places[number] = Some(Place {
                spawned,
                bell,
                waker,
            });
        }
        any
    }

    fn end(
        &mut self,
        number: usize,
        failure: Option<Failure>,
        context: &Context,
    ) -> Result<(), Failure> {
        self.free.push(number);
        let Some(Place {
            spawned: Spawned { task, .. },
            ..
        }) = self.places[number].take()
        else {
            return Ok(());
        };
        let Some(failure) = failure else {
            return Ok(());
        };
        if context.aborting.get() {
            return Err(failure);
        }
        *task.0.failure.borrow_mut() = Some(failure);
        self.failed.push(Rc::clone(&task.0));
        Ok(())
    }
}

/// Which tasks have something to do. Wakers may be used from any thread, hence the lock.
#[derive(Default)]
struct Bells(Mutex<Rung>);

#[derive(Default)]
struct Rung {
    rung: Vec<usize>,
    /// The task of the runtime that all these are part of.
    whole: Option<Waker>,
}

impl Bells {
    fn lock(&self) -> std::sync::MutexGuard<'_, Rung> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the numbers rung so far; later rings wake `whole`.
    fn answer(&self, whole: &Waker) -> Vec<usize> {
        let mut bells = self.lock();
        match &mut bells.whole {
            Some(known) => known.clone_from(whole),
            none => *none = Some(whole.clone()),
        }
        std::mem::take(&mut bells.rung)
    }
}

/// The waker of one task.
struct Bell {
    number: usize,
    /// Whether the number is in the list already.
    rung: AtomicBool,
    bells: Arc<Bells>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.rung.swap(true, Ordering::AcqRel) {
            return;
        }
        let whole = {
            let mut bells = self.bells.lock();
            bells.rung.push(self.number);
            bells.whole.clone()
        };
        if let Some(whole) = whole {
            whole.wake();
        }
    }
}

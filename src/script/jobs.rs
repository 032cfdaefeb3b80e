//! Polls the jobs of a call into a script when they are ready.
//!
//! They are polled inside the future of their iteration. Whatever watches the iteration, for endless loops, panics and the end
//! of the run, watches them too, and they are dropped with it:
//! by then, they have recorded their samples.

use std::rc::Rc;
use std::task::{Context as Waking, Poll, Waker};

use super::context::Context;
use super::error::LuaError;
use super::ready::JobWaker;
use super::tasks::{IterationJob, Task};
use crate::http::yield_to_runtime;

/// The number of the main coroutine; jobs count from 1.
const MAIN: usize = 0;

/// All jobs of one call.
pub(crate) struct Jobs<'a> {
    context: &'a Context,
    main: Waker,
    has_returned: bool,
    /// Slots are reused. A late wake-up for the previous job of a slot is harmless.
    slots: Vec<Option<JobSlot>>,
    free: Vec<usize>,
    /// The number of unfinished tasks of the script.
    tasks: usize,
    /// Failed tasks in the order of their failures.
    failed: Vec<Rc<Task>>,
}

struct JobSlot {
    job: IterationJob,
    waker: Waker,
}

impl<'a> Jobs<'a> {
    /// The main coroutine without jobs.
    pub(crate) fn new(context: &'a Context) -> Self {
        context.ready.clear();
        let (_, main) = JobWaker::new(&context.ready, MAIN);
        Self {
            context,
            main,
            has_returned: false,
            slots: Vec::new(),
            free: Vec::new(),
            tasks: 0,
            failed: Vec::new(),
        }
    }

    /// Polls everything that is ready until nothing is, or until the time slice has ended. `main` polls the
    /// coroutine; it is ready when the coroutine has returned.
    ///
    /// Ready when the coroutine has returned and all tasks of the script have ended.
    ///
    /// # Errors
    /// The error of `main`; otherwise that of a task that was not waited for. After a task has aborted the
    /// run, polling ends immediately.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Waking<'_>,
        mut main: impl FnMut(&mut Waking<'_>) -> Poll<mlua::Result<()>>,
    ) -> Poll<mlua::Result<()>> {
        let context = self.context;
        context.begin_slice();
        context.ready.enter(cx.waker());
        while let Some(part) = context.ready.next() {
            if part.number != MAIN {
                self.poll_job(part.number)
                    .map_err(|failure| raised(context, failure))?;
            } else if !self.has_returned
                && let Poll::Ready(result) = main(&mut Waking::from_waker(&self.main))
            {
                result?;
                self.has_returned = true;
            }
            self.adopt();
            if self.has_returned && self.tasks == 0 {
                return Poll::Ready(self.verdict());
            }
            if context.is_slice_over() {
                break;
            }
        }
        if context.ready.leave() {
            yield_to_runtime(cx);
        }
        Poll::Pending
    }

    /// The first failure that no task waited for.
    fn verdict(&self) -> mlua::Result<()> {
        let unclaimed = self.failed.iter().find_map(|task| task.unclaimed());
        unclaimed.map_or(Ok(()), |failure| Err(raised(self.context, failure)))
    }

    fn poll_job(&mut self, number: usize) -> Result<(), LuaError> {
        let Some(place) = self.slots.get_mut(number - 1).and_then(Option::as_mut) else {
            return Ok(());
        };
        let mut cx = Waking::from_waker(&place.waker);
        match &mut place.job {
            IterationJob::Background(background) => {
                if background.poll(&mut cx).is_ready() {
                    self.end(number);
                }
                Ok(())
            }
            IterationJob::Task(spawned) => {
                self.context.swap_scope(&mut spawned.scope);
                let polled = spawned.work.as_mut().poll(&mut cx);
                self.context.swap_scope(&mut spawned.scope);
                match polled {
                    Poll::Pending => Ok(()),
                    Poll::Ready(failure) => {
                        let task = Rc::clone(spawned.task());
                        self.end(number);
                        self.tasks -= 1;
                        self.note(task, failure)
                    }
                }
            }
        }
    }

    fn note(&mut self, task: Rc<Task>, failure: Option<LuaError>) -> Result<(), LuaError> {
        let Some(failure) = failure else {
            return Ok(());
        };
        if self.context.aborting.get() {
            return Err(failure);
        }
        task.fail(failure);
        self.failed.push(task);
        Ok(())
    }

    /// Takes over the jobs that have just been started.
    fn adopt(&mut self) {
        let mut started = self.context.started.borrow_mut();
        for job in started.drain(..) {
            let index = self.free.pop().unwrap_or_else(|| {
                self.slots.push(None);
                self.slots.len() - 1
            });
            self.tasks += usize::from(matches!(job, IterationJob::Task(_)));
            let (_, waker) = JobWaker::new(&self.context.ready, index + 1);
            self.slots[index] = Some(JobSlot { job, waker });
        }
    }

    fn end(&mut self, number: usize) {
        self.slots[number - 1] = None;
        self.free.push(number - 1);
    }
}

fn raised(context: &Context, failure: LuaError) -> mlua::Error {
    let error = mlua::Error::runtime(&failure.message);
    context.passing_error.replace(Some(failure));
    error
}

impl Drop for Jobs<'_> {
    fn drop(&mut self) {
        let left = self.slots.drain(..).flatten().map(|place| place.job);
        for job in left.chain(self.context.started.take()) {
            if let IterationJob::Background(background) = job {
                background.cut_off();
            }
        }
        self.context.ready.clear();
        self.context.ready.leave();
    }
}

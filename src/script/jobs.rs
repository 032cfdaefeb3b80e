//! Polls the jobs of a call into a script when they are ready.
//!
//! They are polled inside the future of the iteration they belong to. So whoever watches over the iteration, for loops
//! that never wait, for panics, for the end of the run, watches over them as well, and they are gone when it is dropped:
//! what they had to record is recorded by then.

use std::rc::Rc;
use std::task::{Context as Waking, Poll, Waker};

use super::context::Context;
use super::error::LuaError;
use super::ready::Part;
use super::tasks::{Job, Task};
use crate::http::yield_to_runtime;

/// The number of the coroutine itself; jobs count from 1.
const MAIN: usize = 0;

/// All jobs of one call.
pub(crate) struct Jobs<'a> {
    context: &'a Context,
    main: Waker,
    has_returned: bool,
    /// Used again. A late wake-up for the job that had the place before does no harm.
    places: Vec<Option<Place>>,
    free: Vec<usize>,
    /// How many tasks of the script are left.
    tasks: usize,
    /// Failed tasks in the order they failed.
    failed: Vec<Rc<Task>>,
}

struct Place {
    job: Job,
    waker: Waker,
}

impl<'a> Jobs<'a> {
    /// No jobs but the coroutine itself.
    pub(crate) fn new(context: &'a Context) -> Self {
        context.ready.clear();
        let (_, main) = Part::new(&context.ready, MAIN);
        Self {
            context,
            main,
            has_returned: false,
            places: Vec::new(),
            free: Vec::new(),
            tasks: 0,
            failed: Vec::new(),
        }
    }

    /// Polls whoever has something to do until nobody has, or until others must have the thread. `main` polls the
    /// coroutine; it is ready once it has returned.
    ///
    /// Ready once the coroutine has returned and no task of the script is left.
    ///
    /// # Errors
    /// What `main` raised; else what a task raised that nobody waited for. When a task has called for the end of the whole
    /// run, there is nothing more to be done.
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

    /// The first failure that nobody waited for.
    fn verdict(&self) -> mlua::Result<()> {
        let unclaimed = self.failed.iter().find_map(|task| task.unclaimed());
        unclaimed.map_or(Ok(()), |failure| Err(raised(self.context, failure)))
    }

    fn poll_job(&mut self, number: usize) -> Result<(), LuaError> {
        let Some(place) = self.places.get_mut(number - 1).and_then(Option::as_mut) else {
            return Ok(());
        };
        let mut cx = Waking::from_waker(&place.waker);
        match &mut place.job {
            Job::Background(background) => {
                if background.poll(&mut cx).is_ready() {
                    self.end(number);
                }
                Ok(())
            }
            Job::Task(spawned) => {
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

    /// Takes over what has been started, if anything.
    fn adopt(&mut self) {
        let mut started = self.context.started.borrow_mut();
        for job in started.drain(..) {
            let index = self.free.pop().unwrap_or_else(|| {
                self.places.push(None);
                self.places.len() - 1
            });
            self.tasks += usize::from(matches!(job, Job::Task(_)));
            let (_, waker) = Part::new(&self.context.ready, index + 1);
            self.places[index] = Some(Place { job, waker });
        }
    }

    fn end(&mut self, number: usize) {
        self.places[number - 1] = None;
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
        let left = self.places.drain(..).flatten().map(|place| place.job);
        for job in left.chain(self.context.started.take()) {
            if let Job::Background(background) = job {
                background.cut_off();
            }
        }
        self.context.ready.clear();
        self.context.ready.leave();
    }
}

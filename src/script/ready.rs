//! Tracks which of several futures are ready.
//!
//! Each future has a number and its own waker, so that only those that were woken are polled. During a poll of the whole task,
//! wake-ups only join the queue, because that poll handles them before it returns.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};

use crate::sync::Mutex;

/// The queue of ready futures. Wakers may be used from any thread, hence the lock.
#[derive(Default)]
pub(crate) struct ReadyQueue(Mutex<QueueState>);

#[derive(Default)]
struct QueueState {
    queue: VecDeque<Arc<JobWaker>>,
    /// The waker of the runtime's task that contains the futures.
    whole: Option<Waker>,
    is_polled: bool,
}

/// The waker of one future.
pub(crate) struct JobWaker {
    pub(crate) number: usize,
    is_queued: AtomicBool,
    ready: Arc<ReadyQueue>,
}

impl JobWaker {
    /// A waker for the future of this number, which is ready to be polled for the first time.
    pub(crate) fn new(ready: &Arc<ReadyQueue>, number: usize) -> (Arc<Self>, Waker) {
        let part = Arc::new(Self {
            number,
            is_queued: AtomicBool::new(false),
            ready: Arc::clone(ready),
        });
        let waker = Waker::from(Arc::clone(&part));
        waker.wake_by_ref();
        (part, waker)
    }
}

impl ReadyQueue {
    /// A poll of the task begins, with this waker.
    pub(crate) fn enter(&self, whole: &Waker) {
        let mut state = self.0.lock();
        state.is_polled = true;
        match &mut state.whole {
            Some(known) => known.clone_from(whole),
            none => *none = Some(whole.clone()),
        }
    }

    /// The next future to be polled; it may be woken again from now on.
    pub(crate) fn next(&self) -> Option<Arc<JobWaker>> {
        let part = self.0.lock().queue.pop_front()?;
        part.is_queued.store(false, Ordering::Release);
        Some(part)
    }

    /// The poll has ended; further wake-ups wake the task. Returns whether any futures are ready.
    pub(crate) fn leave(&self) -> bool {
        let mut state = self.0.lock();
        state.is_polled = false;
        !state.queue.is_empty()
    }

    /// Empties the queue.
    pub(crate) fn clear(&self) {
        let queue = std::mem::take(&mut self.0.lock().queue);
        for part in queue {
            part.is_queued.store(false, Ordering::Release);
        }
    }
}

impl Wake for JobWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.is_queued.swap(true, Ordering::AcqRel) {
            return;
        }
        let whole = {
            let mut state = self.ready.0.lock();
            state.queue.push_back(Arc::clone(self));
            state.whole.as_ref().filter(|_| !state.is_polled).cloned()
        };
        if let Some(whole) = whole {
            whole.wake();
        }
    }
}

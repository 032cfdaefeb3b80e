//! Wakes planned starts on time.
//!
//! A timer of tokio rounds up to the next millisecond, and so does the system call that waits for it: a start would be 1 to
//! 2 ms late. The exact clock is a separate thread, which sleeps on a condition variable with microsecond resolution and
//! wakes the task about 0.1 ms late. The thread starts with the first wait, so runs without planned starts have none.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant as StdInstant;

use tokio::time::{Instant, sleep_until};

use crate::sync::{Condvar, Mutex};

/// Wakes tasks of any thread.
#[derive(Debug)]
pub(super) enum StartClock {
    /// With its own thread.
    Exact(Arc<Alarms>),
    /// With the timers of tokio, which follow the paused time of tests.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests run in paused time"))]
    Coarse,
}

/// The alarms the clock's thread waits for.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    state: Mutex<AlarmState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct AlarmState {
    /// Sorted by time; the number distinguishes alarms of the same instant.
    waiting: BTreeMap<AlarmKey, Waker>,
    next_number: u64,
    thread: Thread,
}

type AlarmKey = (StdInstant, u64);

#[derive(Debug, Default, PartialEq, Eq)]
enum Thread {
    #[default]
    NotStarted,
    Running,
    /// The clock was dropped, or its thread could not be started.
    Closed,
}

impl StartClock {
    /// The exact clock.
    pub(super) fn exact() -> Self {
        Self::Exact(Arc::default())
    }

    /// Waits until `at`.
    pub(super) async fn until(&self, at: Instant) {
        if let Self::Exact(alarms) = self
            && alarms.are_running()
        {
            Alarm {
                alarms,
                at: at.into_std(),
                key: None,
            }
            .await;
        } else {
            sleep_until(at).await;
        }
    }
}

impl Drop for StartClock {
    fn drop(&mut self) {
        if let Self::Exact(alarms) = self {
            alarms.state.lock().thread = Thread::Closed;
            alarms.changed.notify_one();
        }
    }
}

impl Alarms {
    fn are_running(self: &Arc<Self>) -> bool {
        let mut state = self.state.lock();
        if state.thread == Thread::NotStarted {
            let alarms = Arc::clone(self);
            let thread = std::thread::Builder::new().name("ssel-clock".into());
            state.thread = match thread.spawn(move || alarms.ring()) {
                Ok(_) => Thread::Running,
                Err(_) => Thread::Closed,
            };
        }
        state.thread == Thread::Running
    }

    /// The loop of the clock's thread.
    fn ring(&self) {
        let mut due = Vec::new();
        let mut state = self.state.lock();
        while state.thread != Thread::Closed {
            let now = StdInstant::now();
            while let Some(alarm) = state.waiting.first_entry()
                && alarm.key().0 <= now
            {
                due.push(alarm.remove());
            }
            if !due.is_empty() {
                // Waking may lock the queue of the woken thread; this lock must not be held meanwhile.
                drop(state);
                due.drain(..).for_each(Waker::wake);
                state = self.state.lock();
                continue;
            }
            let next = state.waiting.first_key_value().map(|((at, _), _)| *at);
            state = match next {
                Some(at) => self.changed.wait_timeout(state, at - now),
                None => self.changed.wait(state),
            };
        }
    }

    fn set(&self, at: StdInstant, waker: Waker) -> AlarmKey {
        let mut state = self.state.lock();
        let key = (at, state.next_number);
        state.next_number += 1;
        let is_first = state
            .waiting
            .first_key_value()
            .is_none_or(|(first, _)| key < *first);
        state.waiting.insert(key, waker);
        drop(state);
        if is_first {
            self.changed.notify_one();
        }
        key
    }
}

/// One wait. Dropping it removes its alarm.
struct Alarm<'a> {
    alarms: &'a Alarms,
    at: StdInstant,
    key: Option<AlarmKey>,
}

impl Future for Alarm<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if StdInstant::now() >= self.at {
            return Poll::Ready(());
        }
        match self.key {
            None => self.key = Some(self.alarms.set(self.at, cx.waker().clone())),
            Some(key) => match self.alarms.state.lock().waiting.get_mut(&key) {
                Some(waker) => waker.clone_from(cx.waker()),
                // The alarm went off after the clock was read above.
                None => cx.waker().wake_by_ref(),
            },
        }
        Poll::Pending
    }
}

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            self.alarms.state.lock().waiting.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::task::{LocalSet, spawn_local};

    use super::*;

    #[tokio::test]
    async fn alarms_go_off_in_order_and_never_early() {
        let clock = std::rc::Rc::new(StartClock::exact());
        let start = Instant::now();
        let woken = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
        let tasks = LocalSet::new();
        for delay in [3_000_u64, 0, 1_500, 700] {
            let (clock, woken) = (std::rc::Rc::clone(&clock), std::rc::Rc::clone(&woken));
            tasks.spawn_local(async move {
                let due = start + Duration::from_micros(delay);
                clock.until(due).await;
                assert!(Instant::now() >= due);
                woken.borrow_mut().push(delay);
            });
        }
        tasks.await;
        assert_eq!(*woken.borrow(), [0, 700, 1_500, 3_000]);
    }

    #[tokio::test]
    async fn a_dropped_wait_leaves_no_alarm() {
        LocalSet::new()
            .run_until(async {
                let clock = std::rc::Rc::new(StartClock::exact());
                let in_an_hour = Instant::now() + Duration::from_hours(1);
                let task = spawn_local({
                    let clock = std::rc::Rc::clone(&clock);
                    async move {
                        clock.until(in_an_hour).await;
                    }
                });
                tokio::task::yield_now().await;
                let StartClock::Exact(alarms) = &*clock else {
                    unreachable!("made exact")
                };
                assert_eq!(alarms.state.lock().waiting.len(), 1);
                task.abort();
                assert!(task.await.is_err());
                assert_eq!(alarms.state.lock().waiting.len(), 0);
            })
            .await;
    }
}

//! The signals that control a VU.
//!
//! A signal applies until the next one. Its effect depends on what the VU does:
//!
//! | signal | the VU is idle | it runs an iteration | it is stopping |
//! |---|---|---|---|
//! | [`Run`](Signal::Run) | starts iterations | continues, and starts further ones | none |
//! | [`Pause`](Signal::Pause) | stays idle | finishes it, then is idle | none |
//! | [`PauseNow`](Signal::PauseNow) | stays idle | drops it, then is idle | drops the iteration and ends |
//! | [`Stop`](Signal::Stop) | ends | finishes it, then ends | none |
//! | [`StopNow`](Signal::StopNow) | ends | drops it, then ends | drops the iteration and ends |

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// A signal to a VU; see the table above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// Run iterations.
    Run,
    /// Start no iteration; finish the running one.
    Pause,
    /// Drop the running iteration, and start none.
    PauseNow,
    /// Finish the running iteration, then end.
    Stop,
    /// Drop the running iteration and end.
    StopNow,
}

impl Signal {
    /// Whether iterations may start.
    pub(super) fn is_run(self) -> bool {
        self == Self::Run
    }

    /// Whether a running iteration may continue.
    pub(super) fn lets_finish(self) -> bool {
        !matches!(self, Self::PauseNow | Self::StopNow)
    }

    fn is_final(self) -> bool {
        matches!(self, Self::Stop | Self::StopNow)
    }
}

/// Connects a VU to the sender of its signals. Both live on the same thread, so reading the signal costs no more than reading
/// a byte. Only the sender receives messages of other threads.
#[derive(Debug)]
pub(super) struct VuControl {
    state: Cell<Signal>,
    /// The VU's task, if it has waited for a signal.
    task: RefCell<Option<Waker>>,
}

impl VuControl {
    /// The control of a VU with this signal.
    pub(super) fn new(state: Signal) -> Rc<Self> {
        Rc::new(Self {
            state: Cell::new(state),
            task: RefCell::new(None),
        })
    }

    /// The current signal.
    pub(super) fn state(&self) -> Signal {
        self.state.get()
    }

    /// Sends a signal.
    pub(super) fn send(&self, signal: Signal) {
        let state = match (self.state.get().is_final(), signal.lets_finish()) {
            (false, _) => signal,
            (true, false) => Signal::StopNow,
            (true, true) => return,
        };
        self.state.set(state);
        if let Some(task) = self.task.take() {
            task.wake();
        }
    }

    /// Waits until the VU may run (true) or must end (false).
    pub(super) async fn wait_for_run(&self) -> bool {
        poll_fn(|cx| {
            self.listen(cx);
            match self.state.get() {
                Signal::Run => Poll::Ready(true),
                state if state.is_final() => Poll::Ready(false),
                _ => Poll::Pending,
            }
        })
        .await
    }

    /// Runs `future` to its end. If a signal arrives that `allowed` refuses, the future is dropped and the result is `None`.
    pub(super) async fn run_while<F: Future>(
        &self,
        allowed: impl Fn(Signal) -> bool,
        future: F,
    ) -> Option<F::Output> {
        let mut future = pin!(future);
        poll_fn(|cx| {
            // Checked first: an iteration that must be dropped gets no more time, even if it could finish.
            if !allowed(self.state.get()) {
                return Poll::Ready(None);
            }
            let poll = future.as_mut().poll(cx).map(Some);
            if poll.is_pending() {
                self.listen(cx);
            }
            poll
        })
        .await
    }

    fn listen(&self, cx: &Context<'_>) {
        let mut task = self.task.borrow_mut();
        if !task.as_ref().is_some_and(|task| task.will_wake(cx.waker())) {
            *task = Some(cx.waker().clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::task::{LocalSet, spawn_local, yield_now};

    use super::*;

    #[tokio::test]
    async fn a_signal_wakes_a_waiting_vu() {
        LocalSet::new()
            .run_until(async {
                let control = VuControl::new(Signal::Pause);
                let vu = spawn_local({
                    let control = Rc::clone(&control);
                    async move {
                        let went = control.wait_for_run().await;
                        let cut = control
                            .run_while(Signal::lets_finish, pending::<()>())
                            .await;
                        (went, cut, control.wait_for_run().await)
                    }
                });
                yield_now().await;
                control.send(Signal::Run);
                yield_now().await;
                control.send(Signal::Pause);
                yield_now().await;
                assert!(!vu.is_finished(), "resting lets the iteration finish");
                control.send(Signal::PauseNow);
                yield_now().await;
                control.send(Signal::Stop);
                assert_eq!(vu.await.unwrap(), (true, None, false));
            })
            .await;
    }

    #[test]
    fn a_stop_is_final() {
        let control = VuControl::new(Signal::Run);
        control.send(Signal::Stop);
        control.send(Signal::Run);
        assert_eq!(control.state(), Signal::Stop);
        control.send(Signal::PauseNow);
        control.send(Signal::Stop);
        assert_eq!(control.state(), Signal::StopNow);
    }
}

//! What a VU is told to do, and how it hears of it while it waits for something else.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// An order holds until the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// Start no iteration; finish the running one.
    Rest,
    /// Run iterations.
    Go,
    /// Drop the running iteration, then rest.
    Drop,
    /// Finish the running iteration, then leave for good.
    Leave,
    /// Drop the running iteration and leave for good.
    Quit,
}

impl Order {
    /// Whether iterations may start.
    pub(super) fn is_go(self) -> bool {
        self == Self::Go
    }

    /// Whether a running iteration may go on.
    pub(super) fn lets_finish(self) -> bool {
        !matches!(self, Self::Drop | Self::Quit)
    }

    fn is_final(self) -> bool {
        matches!(self, Self::Leave | Self::Quit)
    }
}

/// Joins one VU to whoever gives it orders. Both live on the same thread, so asking costs no more than reading a byte;
/// signals from other threads stop at the giver of orders.
#[derive(Debug)]
pub(super) struct Leash {
    order: Cell<Order>,
    /// The VU's task, if it has waited under this leash.
    task: RefCell<Option<Waker>>,
}

impl Leash {
    /// A leash under the given order.
    pub(super) fn new(order: Order) -> Rc<Self> {
        Rc::new(Self {
            order: Cell::new(order),
            task: RefCell::new(None),
        })
    }

    /// The order that holds now.
    pub(super) fn order(&self) -> Order {
        self.order.get()
    }

    /// Gives an order. After one to leave, one to drop the iteration means to leave at once, and others mean nothing.
    pub(super) fn give(&self, order: Order) {
        let order = match (self.order.get().is_final(), order.lets_finish()) {
            (false, _) => order,
            (true, false) => Order::Quit,
            (true, true) => return,
        };
        self.order.set(order);
        if let Some(task) = self.task.take() {
            task.wake();
        }
    }

    /// Waits for work: true with the order to go, false with one to leave.
    pub(super) async fn wait_for_go(&self) -> bool {
        poll_fn(|cx| {
            self.listen(cx);
            match self.order.get() {
                Order::Go => Poll::Ready(true),
                order if order.is_final() => Poll::Ready(false),
                _ => Poll::Pending,
            }
        })
        .await
    }

    /// Runs `future` to its end, or until an order comes that `allowed` refuses: then it is dropped, `None`.
    pub(super) async fn hold<F: Future>(
        &self,
        allowed: impl Fn(Order) -> bool,
        future: F,
    ) -> Option<F::Output> {
        let mut future = pin!(future);
        poll_fn(|cx| {
            // Asked first: a VU that is to be dropped gets no more time, not even to finish.
            if !allowed(self.order.get()) {
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
    async fn an_order_wakes_whoever_waits() {
        LocalSet::new()
            .run_until(async {
                let leash = Leash::new(Order::Rest);
                let vu = spawn_local({
                    let leash = Rc::clone(&leash);
                    async move {
                        let went = leash.wait_for_go().await;
                        let cut = leash.hold(Order::lets_finish, pending::<()>()).await;
                        (went, cut, leash.wait_for_go().await)
                    }
                });
                yield_now().await;
                leash.give(Order::Go);
                yield_now().await;
                leash.give(Order::Rest);
                yield_now().await;
                assert!(!vu.is_finished(), "resting lets the iteration finish");
                leash.give(Order::Drop);
                yield_now().await;
                leash.give(Order::Leave);
                assert_eq!(vu.await.unwrap(), (true, None, false));
            })
            .await;
    }

    #[test]
    fn the_order_to_leave_is_final() {
        let leash = Leash::new(Order::Go);
        leash.give(Order::Leave);
        leash.give(Order::Go);
        assert_eq!(leash.order(), Order::Leave);
        leash.give(Order::Drop);
        leash.give(Order::Leave);
        assert_eq!(leash.order(), Order::Quit);
    }
}

//! Runs one iteration, guarded against panics and blocked threads.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use tokio::time::Instant;

use super::control::{Signal, VuControl};
use super::local::LocalScenario;
use crate::vu::{Iteration, IterationError, Vu};

/// How an iteration went.
pub(super) struct Ran {
    pub(super) outcome: IterationEnd,
    /// Whether it has given its thread back on the way.
    pub(super) waited: bool,
}

/// What became of an iteration.
pub(super) enum IterationEnd {
    /// It ran to its end.
    Returned(Result<(), IterationError>),
    /// Its code panicked, with this message.
    Panicked(String),
    /// A signal dropped it.
    Cut,
}

/// Runs one iteration to its end, or until a signal drops it.
pub(super) async fn run_iteration<V: Vu>(
    vu: &mut V,
    iteration: &Iteration,
    began: Instant,
    id: u64,
    local: &LocalScenario,
    control: &VuControl,
) -> Ran {
    let mut waited = false;
    // The clock was read a moment ago.
    let mut since = Some(began.into_std());
    let mut future = pin!(Some(vu.iterate(iteration)));
    let guarded = poll_fn(|cx| {
        let Some(running) = future.as_mut().as_pin_mut() else {
            return Poll::Ready(IterationEnd::Cut);
        };
        let since = since.take().unwrap_or_else(std::time::Instant::now);
        let polled = local.hold_thread(id, since, || caught(|| running.poll(cx)));
        local.shared.heed_abort();
        match polled {
            Ok(poll) => {
                waited |= poll.is_pending();
                poll.map(IterationEnd::Returned)
            }
            Err(message) => Poll::Ready(IterationEnd::Panicked(message)),
        }
    });
    let outcome = control
        .run_while(Signal::lets_finish, guarded)
        .await
        .unwrap_or_else(|| {
            // To drop the future is to run code of the VU as well.
            let drop = || caught(|| future.set(None));
            match local.hold_thread(id, std::time::Instant::now(), drop) {
                Ok(()) => IterationEnd::Cut,
                Err(message) => IterationEnd::Panicked(message),
            }
        });
    Ran { outcome, waited }
}

/// Runs `work`; what it says if it panics is the error.
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    // Whatever the work leaves half changed belongs to one VU, and is for that VU to put right.
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| panic_message(&*panic))
}

/// What a panic said.
pub(super) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}

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

/// The result of an iteration.
pub(super) struct IterationResult {
    pub(super) outcome: IterationEnd,
    /// Whether it has yielded its thread.
    pub(super) waited: bool,
}

/// The end of an iteration.
pub(super) enum IterationEnd {
    /// It returned.
    Returned(Result<(), IterationError>),
    /// Its code panicked, with this message.
    Panicked(String),
    /// A signal dropped it.
    Interrupted,
}

/// Runs one iteration to its end, or until a signal drops it.
pub(super) async fn run_iteration<V: Vu>(
    vu: &mut V,
    iteration: &Iteration,
    began: Instant,
    id: u64,
    local: &LocalScenario,
    control: &VuControl,
) -> IterationResult {
    let mut waited = false;
    // The clock has just been read.
    let mut since = Some(began.into_std());
    let mut future = pin!(Some(vu.iterate(iteration)));
    let guarded = poll_fn(|cx| {
        let Some(running) = future.as_mut().as_pin_mut() else {
            return Poll::Ready(IterationEnd::Interrupted);
        };
        let since = since.take().unwrap_or_else(std::time::Instant::now);
        let polled = local.hold_thread(id, since, || caught(|| running.poll(cx)));
        local.shared.stop_if_aborted();
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
            // Dropping the future runs code of the VU too.
            let drop = || caught(|| future.set(None));
            match local.hold_thread(id, std::time::Instant::now(), drop) {
                Ok(()) => IterationEnd::Interrupted,
                Err(message) => IterationEnd::Panicked(message),
            }
        });
    IterationResult { outcome, waited }
}

/// Runs `work`; the message of a panic is the error.
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    // Only one VU can be left in a half-changed state, and it must restore itself.
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| panic_message(&*panic))
}

/// The message of a panic.
pub(super) fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without a message").to_owned()
}

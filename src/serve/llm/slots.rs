//! A server that makes so many replies at once and lets the others wait, as real ones do.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A place among the replies that are made at once.
pub(super) type Slot = OwnedSemaphorePermit;

/// The queues of one server: requests that ask for the same number of slots share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Slots(Arc<Mutex<HashMap<usize, Arc<Semaphore>>>>);

impl Slots {
    /// Waits for one of `slots`, behind those that wait already. Without a limit there is nothing to wait for.
    pub(super) async fn take(&self, slots: Option<u64>) -> Option<Slot> {
        let slots = usize::try_from(slots?).ok()?;
        let queue = {
            let mut queues = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let queue = queues
                .entry(slots)
                .or_insert_with(|| Arc::new(Semaphore::new(slots)));
            Arc::clone(queue)
        };
        // No queue is ever closed.
        queue.acquire_owned().await.ok()
    }
}

//! Decides whether a request may be sent again: only if its server cannot have seen it.
//!
//! A server may close an idle connection just before a request arrives, which it then never reads. A worker that
//! crashes while processing a request looks similar to the client, but is a failure. The kernel can tell them apart: a
//! request that has arrived is acknowledged.

use std::cell::RefCell;
use std::time::Duration;

use super::io::Link;
use super::origin::Origin;

/// A reset this soon after the request means that no processing took place.
const NO_WORK: Duration = Duration::from_millis(15);

/// The same for a reset after a FIN, and for a server that is known to close connections after its answers. Longer,
/// since machines may be busy.
const PROMPT: Duration = Duration::from_millis(100);

/// A connection that closes this soon after an answer closed because of it.
const AFTER_THE_ANSWER: Duration = Duration::from_secs(1);

/// The most origins that are recorded.
const MANY: usize = 64;

/// How many milliseconds the reset of a peer that did not read the request may take.
const PATIENCE: u32 = 3;

/// How the connection of a failed request closed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Disconnect {
    /// Whether it ended with a reset without a FIN.
    pub(super) reset: bool,
    /// Whether the method is idempotent.
    pub(super) idempotent: bool,
    /// Whether the server is known to close connections after its answers.
    pub(super) closer: bool,
}

/// Whether the server cannot have processed the request.
pub(super) async fn is_unprocessed(link: &Link, disconnect: Disconnect) -> bool {
    if link.written() == 0 {
        return true;
    }
    let took = link.ended_after();
    let prompt = took < PROMPT;
    match link.acknowledged() {
        // The server had closed the connection before the request arrived.
        Some(0) if !disconnect.reset => true,
        // A server that closes with unread data sends a reset without an acknowledgement. A kernel delays
        // acknowledgements, so this is conclusive only if there was no time for processing.
        Some(0) => took < NO_WORK || prompt && disconnect.closer,
        // Some kernels acknowledge immediately. Then only a server known to close early is distinguishable from a
        // crash.
        Some(_) if disconnect.reset => prompt && disconnect.closer,
        // The FIN acknowledges what has arrived. A reset after it means that the server did not read it.
        Some(_) => prompt && is_reset_soon(link).await,
        // The system reports nothing. A close within a round trip is not a reaction to the request.
        None => disconnect.idempotent && took <= link.round_trip(),
    }
}

/// Origins that close connections after their answers although they announced keep-alive.
#[derive(Debug, Default)]
pub(crate) struct EarlyClosers(RefCell<Vec<Origin>>);

impl EarlyClosers {
    /// Records that a connection to `origin` was found closed, `idle` after its last answer.
    pub(super) fn note(&self, origin: &Origin, idle: Duration) {
        let mut known = self.0.borrow_mut();
        if idle < AFTER_THE_ANSWER && known.len() < MANY && !known.contains(origin) {
            known.push(origin.clone());
        }
    }

    pub(super) fn has(&self, origin: &Origin) -> bool {
        self.0.borrow().contains(origin)
    }
}

async fn is_reset_soon(link: &Link) -> bool {
    for _ in 0..PATIENCE {
        if link.is_reset() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    link.is_reset()
}

//! Decides whether a request may be sent again: only if its server cannot have seen it.
//!
//! A server may close a connection that it promised to keep, and a request that meets such an end was never seen by it.
//! A worker that reads a request, works and dies looks much the same from here, and that is a failure. The kernels know
//! the difference: a request that has arrived is acknowledged.

use std::cell::RefCell;
use std::time::Duration;

use super::io::Link;
use super::origin::Origin;

/// A reset that comes so soon after the request is hardly the end of work.
const NO_WORK: Duration = Duration::from_millis(15);

/// The same of a reset behind a farewell: who closes in good manners has not died at work. And of a server that is known
/// to close after its answers. Machines may be busy.
const PROMPT: Duration = Duration::from_millis(100);

/// A connection that is closed so soon after an answer was closed because of it.
const AFTER_THE_ANSWER: Duration = Duration::from_secs(1);

/// So many origins are remembered.
const MANY: usize = 64;

/// How long the kernel of a peer that closed with the request unread may take to say so.
const PATIENCE: u32 = 3;

/// What is known of a request that has failed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Disconnect {
    /// The connection ended by a reset alone, without the farewell that a closing server sends.
    pub(super) reset: bool,
    /// The method may be repeated.
    pub(super) idempotent: bool,
    /// The server is known to close connections after its answers.
    pub(super) closer: bool,
}

/// Whether the server cannot have seen the request.
pub(super) async fn is_unprocessed(link: &Link, disconnect: Disconnect) -> bool {
    if link.written() == 0 {
        return true;
    }
    let took = link.ended_after();
    let prompt = took < PROMPT;
    match link.acknowledged() {
        // The server had closed before the request came.
        Some(0) if !disconnect.reset => true,
        // A server that closes with something unread sends a reset. It acknowledges nothing, and a kernel waits a moment
        // before it does so by itself: this proves something only where there was no time for work.
        Some(0) => took < NO_WORK || prompt && disconnect.closer,
        // Some kernels acknowledge at once. Then only the server's habit tells this end from a worker's.
        Some(_) if disconnect.reset => prompt && disconnect.closer,
        // The farewell acknowledges what has arrived. A reset behind it says that the server did not read it.
        Some(_) => prompt && is_reset_soon(link).await,
        // Nothing is known. What ends within a round trip is not a reaction.
        None => disconnect.idempotent && took <= link.round_trip(),
    }
}

/// Origins that were seen to close connections after their answers, although they had promised to keep them.
#[derive(Debug, Default)]
pub(crate) struct EarlyClosers(RefCell<Vec<Origin>>);

impl EarlyClosers {
    /// A connection to `origin` was found closed, `idle` after its last answer.
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

//! The idle connections of one client.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::connector::Connection;
use super::http1::Http1;
use super::http2::Http2;
use super::origin::Origin;
use super::unprocessed::EarlyClosers;

/// How long an idle connection is kept; after that, a middlebox may have dropped it.
const MAX_IDLE: Duration = Duration::from_secs(90);

/// The most idle connections.
const MAX_KEPT: usize = 64;

/// The connection pool of one VU. It holds few connections, so lists suffice.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    idle: RefCell<Vec<Idle>>,
    shared: RefCell<Vec<(Origin, Http2)>>,
    dials: RefCell<Vec<(Origin, Rc<Notify>)>>,
    /// Origins that chose HTTP/1.1, which needs one connection per stream.
    one_at_a_time: RefCell<Vec<Origin>>,
}

#[derive(Debug)]
struct Idle {
    origin: Origin,
    connection: Box<Http1>,
    since: Instant,
}

impl Pool {
    /// Takes a usable connection to `origin` and drops unusable ones. Records servers that closed a connection early in
    /// `early_closers`.
    pub(crate) fn take(&self, origin: &Origin, early_closers: &EarlyClosers) -> Option<Connection> {
        let mut shared = self.shared.borrow_mut();
        shared.retain_mut(|(_, connection)| connection.is_fit());
        if let Some((_, connection)) = shared.iter().find(|(kept, _)| kept == origin) {
            return Some(Connection::Http2(connection.clone()));
        }
        let mut idle = self.idle.borrow_mut();
        // The connection used last is most likely still open.
        while let Some(index) = idle.iter().rposition(|kept| kept.origin == *origin) {
            let mut kept = idle.remove(index);
            let idle = kept.since.elapsed();
            if idle >= MAX_IDLE {
                continue;
            }
            if kept.connection.is_fit() {
                return Some(Connection::Http1(kept.connection));
            }
            early_closers.note(origin, idle);
        }
        None
    }

    /// Returns a connection whose exchange is complete.
    pub(crate) fn put(&self, origin: Origin, connection: Box<Http1>) {
        let mut idle = self.idle.borrow_mut();
        if idle.len() >= MAX_KEPT {
            idle.remove(0);
        }
        idle.push(Idle {
            origin,
            connection,
            since: Instant::now(),
        });
    }

    /// Shares a connection with other streams.
    pub(crate) fn share(&self, origin: Origin, connection: Http2) {
        self.shared.borrow_mut().push((origin, connection));
    }

    /// Records that connections to `origin` carry one request at a time.
    pub(crate) fn note_one_at_a_time(&self, origin: &Origin) {
        let mut known = self.one_at_a_time.borrow_mut();
        if !known.contains(origin) {
            known.push(origin.clone());
        }
    }

    /// Whether streams may be able to share a connection to `origin`.
    pub(crate) fn may_share(&self, origin: &Origin) -> bool {
        !self.one_at_a_time.borrow().contains(origin)
    }

    /// The pending connection attempt to `origin`.
    pub(crate) fn dial_under_way(&self, origin: &Origin) -> Option<Rc<Notify>> {
        let dials = self.dials.borrow();
        dials
            .iter()
            .find(|(dialled, _)| dialled == origin)
            .map(|(_, done)| done.clone())
    }

    /// Announces a connection attempt, which ends when the guard is dropped.
    pub(crate) fn announce_dial(&self, origin: &Origin) -> Dial<'_> {
        let done = Rc::new(Notify::new());
        self.dials.borrow_mut().push((origin.clone(), done.clone()));
        Dial { pool: self, done }
    }

    /// Closes idle connections.
    pub(crate) fn clear(&self) {
        self.idle.borrow_mut().clear();
        self.shared.borrow_mut().clear();
    }
}

/// An announced connection attempt.
#[derive(Debug)]
pub(crate) struct Dial<'a> {
    pool: &'a Pool,
    done: Rc<Notify>,
}

impl Drop for Dial<'_> {
    fn drop(&mut self) {
        self.pool
            .dials
            .borrow_mut()
            .retain(|(_, done)| !Rc::ptr_eq(done, &self.done));
        self.done.notify_waiters();
    }
}

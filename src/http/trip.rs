//! What is known of a request on its way, kept outside the future that sends it: a timeout drops the future, and the
//! times and bytes up to then are still told.

use std::rc::Rc;
use std::time::Instant;

use super::error::Error;
use super::io::Link;
use super::response::{Failure, Head};
use super::timings::{Phase, Stopwatch, Traffic};

/// An exchange that brought no response.
pub(crate) struct Lost {
    pub(crate) error: Error,
    /// The connection died before a byte of an answer.
    pub(crate) unanswered: bool,
    pub(crate) traffic: Traffic,
}

/// One request with its redirects.
pub(crate) struct Trip {
    pub(crate) watch: Stopwatch,
    pub(crate) link: Option<Rc<Link>>,
    pub(crate) traffic: Traffic,
    pub(crate) head: Option<Head>,
    pub(crate) reused: bool,
    pub(crate) reconnects: u32,
    pub(crate) redirects: u32,
}

impl Trip {
    pub(crate) fn start() -> Self {
        Self {
            watch: Stopwatch::start(Instant::now()),
            link: None,
            traffic: Traffic::default(),
            head: None,
            reused: false,
            reconnects: 0,
            redirects: 0,
        }
    }

    /// What the request is doing, as far as its socket can tell.
    pub(crate) fn phase(&self) -> Phase {
        match (&self.link, self.watch.phase()) {
            (Some(link), Phase::Sending) if link.first_byte().is_some() => Phase::Answered,
            (Some(link), Phase::Sending) if link.sent_at().is_some() => Phase::Waiting,
            (_, phase) => phase,
        }
    }

    /// Books sending and waiting by what the socket saw.
    pub(crate) fn book(&mut self, link: &Link) {
        self.link = None;
        if let Some(sent) = link.sent_at() {
            self.watch.enter(Phase::Waiting, sent);
        }
        if let Some(first_byte) = link.first_byte() {
            self.watch.enter(Phase::Answered, first_byte);
        }
    }

    pub(crate) fn fail(mut self, error: Error) -> Box<Failure> {
        // Set only when the request was given up in the middle of an exchange.
        if let Some(link) = self.link.take() {
            self.book(&link);
            self.traffic += link.claim();
        }
        self.watch.enter(Phase::Answered, Instant::now());
        let Self {
            watch,
            traffic,
            head,
            reconnects,
            redirects,
            ..
        } = self;
        Box::new(Failure {
            error,
            head,
            timings: watch.timings(),
            traffic,
            reconnects,
            redirects,
        })
    }
}

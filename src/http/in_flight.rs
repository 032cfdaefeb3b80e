//! What is known of a request on its way, kept outside the future that sends it: a timeout drops the future, and the
//! times and bytes up to then are still told.

use std::rc::Rc;
use std::time::Instant;

use super::error::Error;
use super::io::{Link, Moment};
use super::response::{Failure, Head};
use super::timings::{Phase, Stopwatch, Traffic};

/// An exchange that brought no response.
pub(crate) struct FailedExchange {
    pub(crate) error: Error,
    /// The server cannot have seen the request, or says that it has not looked at it.
    pub(crate) unprocessed: bool,
    pub(crate) traffic: Traffic,
}

/// Where to look for the moments of an exchange.
pub(crate) enum Exchange {
    /// A connection carries one at a time, and knows.
    Http1(Rc<Link>),
    /// A connection is shared; the moment at which the request was written is noted for it.
    Http2(Rc<Link>, Moment),
}

impl Exchange {
    fn link(&self) -> &Link {
        match self {
            Self::Http1(link) | Self::Http2(link, _) => link,
        }
    }

    fn sent_at(&self) -> Option<Instant> {
        match self {
            Self::Http1(link) => link.sent_at(),
            Self::Http2(_, sent) => sent.get(),
        }
    }

    fn answered(&self) -> Option<Instant> {
        match self {
            Self::Http1(link) => link.answered(),
            Self::Http2(..) => None,
        }
    }
}

/// One request with its redirects.
pub(crate) struct InFlight {
    pub(crate) watch: Stopwatch,
    /// The exchange that has no answer yet.
    pub(crate) exchange: Option<Exchange>,
    pub(crate) traffic: Traffic,
    pub(crate) head: Option<Head>,
    pub(crate) reused: bool,
    pub(crate) reconnects: u32,
    pub(crate) redirects: u32,
}

impl InFlight {
    pub(crate) fn start() -> Self {
        Self {
            watch: Stopwatch::start(Instant::now()),
            exchange: None,
            traffic: Traffic::default(),
            head: None,
            reused: false,
            reconnects: 0,
            redirects: 0,
        }
    }

    /// What the request is doing, as far as its socket can tell.
    pub(crate) fn phase(&self) -> Phase {
        match (&self.exchange, self.watch.phase()) {
            (Some(exchange), Phase::Sending) if exchange.answered().is_some() => Phase::Answered,
            (Some(exchange), Phase::Sending) if exchange.sent_at().is_some() => Phase::Waiting,
            (_, phase) => phase,
        }
    }

    /// The exchange under way is over. Books sending and waiting by what its socket saw.
    pub(crate) fn record_times(&mut self) {
        let Some(exchange) = self.exchange.take() else {
            return;
        };
        if let Some(sent) = exchange.sent_at() {
            self.watch.enter(Phase::Waiting, sent);
        }
        if let Some(first_byte) = exchange.answered() {
            self.watch.enter(Phase::Answered, first_byte);
        }
    }

    pub(crate) fn fail(mut self, error: Error) -> Box<Failure> {
        // Set only when the request was given up in the middle of an exchange.
        if let Some(exchange) = &self.exchange {
            self.traffic += exchange.link().claim();
            self.record_times();
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

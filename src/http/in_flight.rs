//! The state of a request in flight, kept outside the future that sends it: a timeout drops the future, but its times
//! and bytes are still reported.

use std::rc::Rc;
use std::time::Instant;

use super::error::Error;
use super::io::{Link, Moment};
use super::response::{Head, RequestFailure};
use super::timings::{RequestPhase, Stopwatch, Traffic};

/// An exchange without a response.
#[derive(Debug)]
pub(crate) struct FailedExchange {
    pub(crate) error: Error,
    /// Whether the server cannot have processed the request, or reports that it did not.
    pub(crate) unprocessed: bool,
}

impl From<Error> for FailedExchange {
    fn from(error: Error) -> Self {
        Self {
            error,
            unprocessed: false,
        }
    }
}

/// The source of the times of an exchange.
pub(crate) struct ExchangeTimes {
    pub(crate) link: Rc<Link>,
    /// On a shared connection, the time at which the request was written. A connection that carries one exchange at a
    /// time records the times itself.
    pub(crate) written: Option<Moment>,
}

impl ExchangeTimes {
    fn sent_at(&self) -> Option<Instant> {
        match &self.written {
            None => self.link.sent_at(),
            Some(written) => written.get(),
        }
    }

    fn answered(&self) -> Option<Instant> {
        self.link.answered().filter(|_| self.written.is_none())
    }
}

/// A request in flight, with its redirects.
pub(crate) struct InFlight {
    pub(crate) watch: Stopwatch,
    /// The exchange without an answer yet.
    pub(crate) exchange: Option<ExchangeTimes>,
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

    /// The current phase of the request, as seen by its socket.
    pub(crate) fn phase(&self) -> RequestPhase {
        match (&self.exchange, self.watch.phase()) {
            (Some(exchange), RequestPhase::Sending) if exchange.answered().is_some() => {
                RequestPhase::Answered
            }
            (Some(exchange), RequestPhase::Sending) if exchange.sent_at().is_some() => {
                RequestPhase::Waiting
            }
            (_, phase) => phase,
        }
    }

    /// Ends the current exchange, and records sending and waiting by the times of its socket.
    pub(crate) fn record_times(&mut self) {
        let Some(exchange) = self.exchange.take() else {
            return;
        };
        if let Some(sent) = exchange.sent_at() {
            self.watch.enter(RequestPhase::Waiting, sent);
        }
        if let Some(first_byte) = exchange.answered() {
            self.watch.enter(RequestPhase::Answered, first_byte);
        }
    }

    pub(crate) fn fail(mut self, error: Error) -> Box<RequestFailure> {
        // Set only if the request was cancelled during an exchange.
        if let Some(exchange) = &self.exchange {
            self.traffic += exchange.link.claim();
            self.record_times();
        }
        self.watch.enter(RequestPhase::Answered, Instant::now());
        let Self {
            watch,
            traffic,
            head,
            reconnects,
            redirects,
            ..
        } = self;
        Box::new(RequestFailure {
            error,
            head,
            timings: watch.timings(),
            traffic,
            reconnects,
            redirects,
        })
    }
}

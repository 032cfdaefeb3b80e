//! The counters of a thread of `ssel wrk`. They are few and fixed, so that a sample needs no lookup.

use super::distribution::Distribution;

/// What threads have counted. Times are in microseconds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// Complete responses.
    pub requests: u64,
    /// Bytes read, heads included; inside of TLS.
    pub bytes: u64,
    /// What went wrong.
    pub errors: ErrorCounts,
    /// The first message of each kind of failure.
    pub first_errors: FirstErrors,
    /// What was still under way at the end.
    pub unfinished: Unfinished,
    /// Errors that the script raised.
    pub script_errors: u64,
    /// From sending, or from the planned time of sending, to the end of the last response to what was sent.
    pub latency: Distribution,
    /// Requests per second of one thread, a sample every tenth of a second.
    pub rate: Distribution,
    /// Event streams.
    pub streams: StreamTally,
}

/// What went wrong, under the names of wrk.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ErrorCounts {
    /// Connections that could not be made, TLS included.
    pub connect: u64,
    /// Responses that broke off or are not HTTP.
    pub read: u64,
    /// Requests that could not be written.
    pub write: u64,
    /// Requests that took longer than the limit, whether or not they were answered later.
    pub timeout: u64,
    /// Responses with a status of 400 or above.
    pub status: u64,
}

/// The first message of each kind of failure, which says more than a count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FirstErrors {
    /// Of connections that could not be made.
    pub connect: Option<String>,
    /// Of responses that broke off or are not HTTP.
    pub read: Option<String>,
    /// Of requests that could not be written.
    pub write: Option<String>,
}

/// Connections at the end of a load, by what they waited for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Unfinished {
    /// The system had not connected them.
    pub connecting: u64,
    /// TLS was not agreed on.
    pub agreeing: u64,
    /// A request was not answered in full.
    pub busy: u64,
}

/// Event streams.
#[derive(Debug, Clone, Default)]
pub(crate) struct StreamTally {
    /// Streams that began.
    pub opened: u64,
    /// Events of all streams.
    pub events: u64,
    /// From sending the request to the first event.
    pub first_event: Distribution,
    /// From one event of a stream to the next.
    pub gaps: Distribution,
}

impl Tally {
    /// Adds the counts of `other`.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.requests += other.requests;
        self.bytes += other.bytes;
        self.errors.connect += other.errors.connect;
        self.errors.read += other.errors.read;
        self.errors.write += other.errors.write;
        self.errors.timeout += other.errors.timeout;
        self.errors.status += other.errors.status;
        self.first_errors.merge(&other.first_errors);
        self.unfinished.connecting += other.unfinished.connecting;
        self.unfinished.agreeing += other.unfinished.agreeing;
        self.unfinished.busy += other.unfinished.busy;
        self.script_errors += other.script_errors;
        self.latency.merge(&other.latency);
        self.rate.merge(&other.rate);
        self.streams.opened += other.streams.opened;
        self.streams.events += other.streams.events;
        self.streams.first_event.merge(&other.streams.first_event);
        self.streams.gaps.merge(&other.streams.gaps);
    }
}

impl FirstErrors {
    fn merge(&mut self, other: &Self) {
        for (own, other) in [
            (&mut self.connect, &other.connect),
            (&mut self.read, &other.read),
            (&mut self.write, &other.write),
        ] {
            if own.is_none() {
                own.clone_from(other);
            }
        }
    }
}

impl ErrorCounts {
    /// Whether a socket failed or was too slow; bad statuses are not among it.
    pub(crate) fn any_of_sockets(&self) -> bool {
        self.connect + self.read + self.write + self.timeout > 0
    }
}

//! The counters of a thread of `ssel wrk`. They are few and fixed, so that a sample needs no lookup.

use super::distribution::Distribution;

/// What threads have counted. Times are in microseconds.
#[derive(Debug, Clone, Default)]
pub(crate) struct WrkTally {
    /// Complete responses.
    pub requests: u64,
    /// Bytes read, heads included; inside of TLS.
    pub bytes: u64,
    /// Failures by kind.
    pub errors: ErrorCounts,
    /// The unfinished work at the end.
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

/// Failures by kind, with the names of wrk.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ErrorCounts {
    /// Connections that could not be made, TLS included.
    pub connect: ErrorCount,
    /// Responses that broke off or are not HTTP.
    pub read: ErrorCount,
    /// Requests that could not be written.
    pub write: ErrorCount,
    /// Requests that took longer than the limit, whether or not they were answered later.
    pub timeout: u64,
    /// Responses with a status of 400 or above.
    pub status: u64,
}

/// Failures of one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ErrorCount {
    /// Their number.
    pub count: u64,
    /// The message of the first one.
    pub first: Option<String>,
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

impl WrkTally {
    /// Adds the counts of `other`.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.requests += other.requests;
        self.bytes += other.bytes;
        self.errors.connect.merge(&other.errors.connect);
        self.errors.read.merge(&other.errors.read);
        self.errors.write.merge(&other.errors.write);
        self.errors.timeout += other.errors.timeout;
        self.errors.status += other.errors.status;
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

impl ErrorCount {
    /// Counts failures; `why` is called for the first one only.
    pub(crate) fn add(&mut self, count: u64, why: impl FnOnce() -> String) {
        if count > 0 {
            self.count += count;
            self.first.get_or_insert_with(why);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        if self.first.is_none() {
            self.first.clone_from(&other.first);
        }
    }
}

impl ErrorCounts {
    /// The failures of sockets, by kind.
    pub(crate) fn of_sockets(&self) -> [(&'static str, &ErrorCount); 3] {
        [
            ("connect", &self.connect),
            ("read", &self.read),
            ("write", &self.write),
        ]
    }
}

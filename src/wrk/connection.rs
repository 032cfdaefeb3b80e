//! A connection and its state.

use std::time::Instant;

use super::batch::Batch;
use super::socket::Socket;
use super::stream::SseStream;
use crate::h1::Parser;

/// What a connection is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// There is none; a timer makes it anew.
    Closed,
    /// The system connects.
    Connecting,
    /// TLS is being handshake_done on.
    Handshaking,
    /// A timer begins the next request at its planned time.
    Waiting,
    /// Something was sent and is not answered in full.
    Busy,
}

/// One connection. Its buffers are used again and again.
pub(super) struct Connection {
    pub(super) socket: Option<Socket>,
    pub(super) phase: Phase,
    pub(super) parser: Parser,
    /// What the script wants to send; how much is sent, and how much of that has been written.
    pub(super) bytes: Vec<u8>,
    pub(super) length: usize,
    pub(super) written: usize,
    pub(super) batch: Batch,
    /// When sending began, or was planned to; before that, when connecting began.
    pub(super) start: Instant,
    /// The next planned time of sending; without a rate, the end of the pause that the script wanted.
    pub(super) planned: Instant,
    /// Whether the script has been asked for the pause before the next request.
    pub(super) paused: bool,
    /// Of the response that is being read.
    pub(super) status: u16,
    pub(super) head: Vec<u8>,
    pub(super) body: Vec<u8>,
    pub(super) stream: Option<SseStream>,
}

impl Connection {
    /// A connection to be made, whose first request is planned for `planned`.
    pub(super) fn new(batch: Batch, planned: Instant) -> Self {
        Self {
            socket: None,
            phase: Phase::Closed,
            parser: Parser::default(),
            bytes: Vec::new(),
            length: 0,
            written: 0,
            batch,
            start: planned,
            planned,
            paused: false,
            status: 0,
            head: Vec::new(),
            body: Vec::new(),
            stream: None,
        }
    }

    /// Leaves the connection, and whatever was under way on it.
    pub(super) fn close(&mut self) {
        self.socket = None;
        self.phase = Phase::Closed;
        self.parser.reset();
        self.stream = None;
        self.body.clear();
    }
}

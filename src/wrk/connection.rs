//! A connection and its state.

use std::time::Instant;

use super::batch::RequestBatch;
use super::socket::WrkSocket;
use super::stream::SseStream;
use crate::h1::Parser;

/// The state of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConnectionState {
    /// Closed; a timer reopens it.
    Closed,
    /// Connecting.
    Connecting,
    /// In the TLS handshake.
    Handshaking,
    /// Waiting for the planned time of the next request.
    Waiting,
    /// A request was sent and is not completely answered.
    Busy,
}

/// One connection. It reuses its buffers.
pub(super) struct WrkConnection {
    pub(super) socket: Option<WrkSocket>,
    pub(super) phase: ConnectionState,
    pub(super) parser: Parser,
    /// The request of the script; how much of it is to be sent, and how much has been written.
    pub(super) bytes: Vec<u8>,
    pub(super) length: usize,
    pub(super) written: usize,
    pub(super) batch: RequestBatch,
    /// When the request was sent or planned; before, when connecting began.
    pub(super) start: Instant,
    /// The planned time of the next request; without a rate, the end of the pause set by the script.
    pub(super) planned: Instant,
    /// Whether the script has set the pause before the next request.
    pub(super) paused: bool,
    /// The response that is being read.
    pub(super) status: u16,
    pub(super) head: Vec<u8>,
    pub(super) body: Vec<u8>,
    pub(super) stream: Option<SseStream>,
}

impl WrkConnection {
    /// A closed connection, whose first request is planned for `planned`.
    pub(super) fn new(batch: RequestBatch, planned: Instant) -> Self {
        Self {
            socket: None,
            phase: ConnectionState::Closed,
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

    /// Closes the connection and discards its exchange.
    pub(super) fn close(&mut self) {
        self.socket = None;
        self.phase = ConnectionState::Closed;
        self.parser.reset();
        self.stream = None;
        self.body.clear();
    }
}

//! Opens and closes connections.

use std::fmt::Display;
use std::io;
use std::time::Instant;

use mio::Token;

use super::super::connection::ConnectionState;
use super::super::hooks::Hooks;
use super::super::socket::WrkSocket;
use super::{RETRY, Worker};
use crate::h1::AtEnd;
use crate::http;

/// What failed on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FailedOperation {
    Connect,
    Read,
    Write,
}

impl<H: Hooks> Worker<'_, H> {
    /// Begins to connect.
    pub(super) fn open(&mut self, i: usize, now: Instant) {
        match WrkSocket::connect(self.address, self.plan, self.poll.registry(), Token(i)) {
            Ok(socket) => {
                let connection = &mut self.connections[i];
                connection.socket = Some(socket);
                connection.phase = ConnectionState::Connecting;
                connection.start = now;
            }
            Err(error) => self.fail(i, FailedOperation::Connect, &error, now),
        }
    }

    /// Replaces the connection, unless no request is left.
    pub(super) fn reopen(&mut self, i: usize, now: Instant) {
        self.connections[i].close();
        if !self.is_used_up() {
            self.open(i, now);
        }
    }

    /// Counts a failure, and keeps the message of the first one of its kind. Opens a new connection, after a pause if
    /// connecting failed.
    pub(super) fn fail(
        &mut self,
        i: usize,
        failure: FailedOperation,
        why: &dyn Display,
        now: Instant,
    ) {
        self.count(|tally| {
            let errors = match failure {
                FailedOperation::Connect => &mut tally.errors.connect,
                FailedOperation::Read => &mut tally.errors.read,
                FailedOperation::Write => &mut tally.errors.write,
            };
            errors.add(1, || why.to_string());
        });
        if failure == FailedOperation::Connect {
            self.connections[i].close();
            // A failed attempt counts as a planned request; otherwise the load would never end.
            if self.claim(1) > 0 {
                self.timers.set(now + RETRY, i);
            }
        } else {
            self.reopen(i, now);
        }
    }

    /// Handles a due timer.
    pub(super) fn wake(&mut self, i: usize, now: Instant) {
        match self.connections[i].phase {
            ConnectionState::Closed => self.reopen(i, now),
            ConnectionState::Waiting if self.connections[i].planned <= now => self.send(i, now),
            // The timer was set for a connection that has failed since.
            ConnectionState::Connecting
            | ConnectionState::Handshaking
            | ConnectionState::Busy
            | ConnectionState::Waiting => {}
        }
    }

    /// Handles the readiness of a socket.
    pub(super) fn ready(&mut self, i: usize, readable: bool, writable: bool, closed: bool) {
        match self.connections[i].phase {
            ConnectionState::Closed => {}
            ConnectionState::Connecting | ConnectionState::Handshaking => self.connect_on(i),
            ConnectionState::Waiting | ConnectionState::Busy => {
                if writable && self.connections[i].phase == ConnectionState::Busy {
                    self.write(i);
                }
                if readable {
                    self.read(i, closed);
                }
            }
        }
    }

    fn connect_on(&mut self, i: usize) {
        let connection = &mut self.connections[i];
        let Some(socket) = &mut connection.socket else {
            return;
        };
        let mut step = || -> io::Result<bool> {
            if connection.phase == ConnectionState::Connecting {
                if !socket.connected()? {
                    return Ok(false);
                }
                connection.phase = ConnectionState::Handshaking;
            }
            socket.handshake_done()
        };
        match step() {
            Ok(false) => {}
            Ok(true) => self.begin(i, Instant::now()),
            Err(error) => {
                let why = http::tls_failure(&error).unwrap_or_else(|| error.to_string());
                self.fail(i, FailedOperation::Connect, &why, Instant::now());
            }
        }
    }

    /// Handles the end of a connection by the server.
    pub(super) fn ended(&mut self, i: usize, now: Instant) {
        let connection = &mut self.connections[i];
        match connection.parser.at_end() {
            AtEnd::Complete => self.complete(i, false, now),
            AtEnd::Between if connection.phase != ConnectionState::Busy => {
                // The connection was idle. A pending timer applies to the new connection.
                self.reopen(i, now);
            }
            AtEnd::Between => {
                let why = "the server closed the connection before it answered";
                self.fail(i, FailedOperation::Read, &why, now);
            }
            AtEnd::Broken => self.fail(i, FailedOperation::Read, &"the response was cut off", now),
        }
    }
}

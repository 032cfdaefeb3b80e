//! How connections come and go.

use std::io;
use std::time::Instant;

use mio::Token;

use super::super::connection::Phase;
use super::super::hooks::Hooks;
use super::super::socket::Socket;
use super::{RETRY, Worker};
use crate::h1::AtEnd;

/// What failed on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    Connect,
    Read,
    Write,
}

impl<H: Hooks> Worker<'_, H> {
    /// Begins to connect.
    pub(super) fn open(&mut self, i: usize, now: Instant) {
        match Socket::connect(self.address, self.plan, self.poll.registry(), Token(i)) {
            Ok(socket) => {
                self.connections[i].socket = Some(socket);
                self.connections[i].phase = Phase::Connecting;
            }
            Err(_) => self.fail(i, Failure::Connect, now),
        }
    }

    /// A new connection in place of this one.
    pub(super) fn reopen(&mut self, i: usize, now: Instant) {
        self.connections[i].close();
        self.open(i, now);
    }

    /// Counts what failed and makes a new connection; after a pause, where there was none.
    pub(super) fn fail(&mut self, i: usize, failure: Failure, now: Instant) {
        self.count(|tally| match failure {
            Failure::Connect => tally.errors.connect += 1,
            Failure::Read => tally.errors.read += 1,
            Failure::Write => tally.errors.write += 1,
        });
        if failure == Failure::Connect {
            self.connections[i].close();
            self.timers.set(now + RETRY, i);
        } else {
            self.reopen(i, now);
        }
    }

    /// The time of a timer has come.
    pub(super) fn wake(&mut self, i: usize, now: Instant) {
        match self.connections[i].phase {
            Phase::Closed => self.open(i, now),
            Phase::Waiting { delayed } => self.begin(i, delayed, now),
            // It was made for a connection that has failed since.
            Phase::Connecting | Phase::Agreeing | Phase::Busy => {}
        }
    }

    /// The system says that something can be done.
    pub(super) fn ready(&mut self, i: usize, readable: bool, writable: bool, closed: bool) {
        match self.connections[i].phase {
            Phase::Closed => {}
            Phase::Connecting | Phase::Agreeing => self.connect_on(i),
            Phase::Waiting { .. } | Phase::Busy => {
                if writable && self.connections[i].phase == Phase::Busy {
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
            if connection.phase == Phase::Connecting {
                if !socket.connected()? {
                    return Ok(false);
                }
                connection.phase = Phase::Agreeing;
            }
            socket.agreed()
        };
        match step() {
            Ok(false) => {}
            Ok(true) => self.begin(i, false, Instant::now()),
            Err(_) => self.fail(i, Failure::Connect, Instant::now()),
        }
    }

    /// The server has ended the connection.
    pub(super) fn ended(&mut self, i: usize, now: Instant) {
        let connection = &mut self.connections[i];
        match connection.parser.at_end() {
            AtEnd::Complete => self.complete(i, false, now),
            AtEnd::Between if connection.phase != Phase::Busy => {
                // Nobody was waiting for anything. What a timer was to begin begins on the new connection.
                self.reopen(i, now);
            }
            AtEnd::Between | AtEnd::Broken => self.fail(i, Failure::Read, now),
        }
    }
}

//! Requests out, responses in.

use std::io;
use std::time::Instant;

use super::super::connection::Phase;
use super::super::hooks::Hooks;
use super::super::stream::{Stream, micros};
use super::life::Failure;
use super::{RETRY, Worker};
use crate::h1::{Malformed, Step};

impl<H: Hooks> Worker<'_, H> {
    /// Begins the next request: after the pause that the script wants, unless that is over, and not before its time.
    pub(super) fn begin(&mut self, i: usize, delayed: bool, now: Instant) {
        if self.wants.delay && !delayed {
            let pause = self.hooks.delay().unwrap_or_else(|_| {
                self.count(|tally| tally.script_errors += 1);
                std::time::Duration::ZERO
            });
            if !pause.is_zero() {
                return self.wait(i, now.checked_add(pause).unwrap_or(now));
            }
        }
        let connection = &mut self.connections[i];
        connection.start = match self.period {
            Some(_) if connection.planned > now => {
                let planned = connection.planned;
                return self.wait(i, planned);
            }
            Some(_) => connection.planned,
            None => now,
        };
        self.send(i, now);
    }

    fn wait(&mut self, i: usize, until: Instant) {
        self.connections[i].phase = Phase::Waiting { delayed: true };
        self.timers.set(until, i);
    }

    fn send(&mut self, i: usize, now: Instant) {
        let connection = &mut self.connections[i];
        connection.written = 0;
        if self.wants.request {
            connection.bytes.clear();
            let made = self.hooks.request(&mut connection.bytes);
            let read = made.map(|()| connection.batch.read(&connection.bytes));
            if let Ok(Err(why)) = read {
                self.hooks.no_request(&why.to_string());
            }
            if read != Ok(Ok(())) {
                self.count(|tally| tally.script_errors += 1);
                return self.wait(i, now + RETRY);
            }
        } else {
            connection.batch.again();
        }
        if let Some(period) = self.period {
            let connection = &mut self.connections[i];
            let step = period.saturating_mul(connection.batch.count().max(1));
            let planned = connection.planned.checked_add(step);
            connection.planned = planned.unwrap_or(connection.planned);
        }
        self.connections[i].phase = Phase::Busy;
        self.write(i);
    }

    /// Writes as much as the socket takes.
    pub(super) fn write(&mut self, i: usize) {
        let connection = &mut self.connections[i];
        let Some(socket) = &mut connection.socket else {
            return;
        };
        let bytes = if self.wants.request {
            &connection.bytes
        } else {
            &self.fixed
        };
        while connection.written < bytes.len() {
            match socket.write(&bytes[connection.written..]) {
                Ok(written) => connection.written += written,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return self.fail(i, Failure::Write, Instant::now()),
            }
        }
        if socket.flush().is_err() {
            self.fail(i, Failure::Write, Instant::now());
        }
    }

    /// Reads all that is there. `closed` says that the server sends no more.
    pub(super) fn read(&mut self, i: usize, closed: bool) {
        let mut buffer = std::mem::take(&mut self.buffer);
        while let Some(socket) = &mut self.connections[i].socket {
            let read = socket.read(&mut buffer);
            // The moment at which the bytes arrived, as near as one can know.
            let now = Instant::now();
            match read {
                Ok(0) => {
                    self.ended(i, now);
                    break;
                }
                Ok(length) => {
                    let all = length < buffer.len() && socket.short_read_is_all() && !closed;
                    self.bytes += length as u64;
                    let goes_on = self.take(i, &buffer[..length], now);
                    if all || !goes_on {
                        break;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => {
                    self.fail(i, Failure::Read, now);
                    break;
                }
            }
        }
        self.buffer = buffer;
    }

    /// Takes bytes that arrived at `now`. Says whether the connection is still the one they came from.
    fn take(&mut self, i: usize, bytes: &[u8], now: Instant) -> bool {
        let mut input = bytes;
        loop {
            let connection = &mut self.connections[i];
            let bodiless = connection.batch.bodiless();
            match connection.parser.next(&mut input, bodiless) {
                Ok(Step::More) => return true,
                Ok(Step::Head(head)) => {
                    connection.status = head.status;
                    if self.wants.headers {
                        connection.head.clear();
                        connection.head.extend_from_slice(head.bytes);
                    }
                    if head.event_stream {
                        connection.stream = Some(Stream::new(connection.start));
                        self.count(|tally| tally.streams.opened += 1);
                    }
                }
                Ok(Step::Body(piece)) => match &mut connection.stream {
                    Some(stream) => {
                        let hooks = (&mut *self.hooks, self.wants.event);
                        let limit = self.plan.timeout;
                        let pushed = stream.push(piece, now, limit, hooks, &self.shared.tally);
                        if pushed.is_err() {
                            self.fail(i, Failure::Read, now);
                            return false;
                        }
                    }
                    None if self.wants.body => connection.body.extend_from_slice(piece),
                    None => {}
                },
                Ok(Step::End { keep_alive }) => {
                    self.complete(i, keep_alive, now);
                    let phase = self.connections[i].phase;
                    if matches!(phase, Phase::Connecting | Phase::Closed) {
                        return false;
                    }
                }
                Err(Malformed) => {
                    self.fail(i, Failure::Read, now);
                    return false;
                }
            }
        }
    }

    /// A response has come to its end.
    pub(super) fn complete(&mut self, i: usize, keep_alive: bool, now: Instant) {
        let connection = &mut self.connections[i];
        // Of bytes that nobody asked for, nothing is known.
        if connection.phase != Phase::Busy {
            return self.fail(i, Failure::Read, now);
        }
        let raised = self.wants.response
            && self
                .hooks
                .response(connection.status, &connection.head, &connection.body)
                .is_err();
        connection.body.clear();
        let was_stream = connection.stream.take().is_some();
        let all = connection.batch.answer();
        let time = now.saturating_duration_since(connection.start);
        let latency = micros(now, connection.start);
        let bad = connection.status > 399;
        let bytes = std::mem::take(&mut self.bytes);
        let limit = self.plan.timeout;
        self.recent += 1;
        self.count(|tally| {
            tally.requests += 1;
            tally.bytes += bytes;
            tally.errors.status += u64::from(bad);
            tally.script_errors += u64::from(raised);
            // What is sent at once is timed as one.
            if all && !was_stream {
                if time < limit {
                    tally.latency.record(latency);
                } else {
                    tally.errors.timeout += 1;
                }
            }
        });
        if !keep_alive {
            self.reopen(i, now);
        } else if all {
            self.begin(i, false, now);
        }
    }
}

//! Sends requests and receives responses.

use std::io;
use std::time::{Duration, Instant};

use super::super::connection::{ConnectionState, WrkConnection};
use super::super::hooks::{Hooks, Raised};
use super::super::stream::{SseStream, micros};
use super::Worker;
use super::lifecycle::FailedOperation;
use crate::h1::Step;
use crate::http;

impl<H: Hooks> Worker<'_, H> {
    /// Begins the next request, after the pause set by the script and not before its planned time.
    pub(super) fn begin(&mut self, i: usize, now: Instant) {
        if self.wants.delay && !self.connections[i].paused {
            self.pause(i, now);
        }
        let connection = &mut self.connections[i];
        if connection.planned > now {
            connection.phase = ConnectionState::Waiting;
            self.timers.set(connection.planned, i);
        } else {
            self.send(i, now);
        }
    }

    /// Lets the script set the pause, once per request, even if the server closes the connection meanwhile.
    fn pause(&mut self, i: usize, now: Instant) {
        if self.shared.is_stopped() {
            return;
        }
        let pause = self.hooks.delay().unwrap_or_else(|raised| {
            self.raised(raised);
            Duration::ZERO
        });
        let connection = &mut self.connections[i];
        connection.paused = true;
        // A pause set by the script is not a delay: it shifts the plan.
        let from = match self.period {
            Some(_) => connection.planned.min(now),
            None => now,
        };
        let until = from.checked_add(pause).unwrap_or(now);
        connection.planned = connection.planned.max(until);
    }

    /// Sends the next request, if there is one.
    pub(super) fn send(&mut self, i: usize, now: Instant) {
        // The script may have requested the end.
        if self.shared.is_stopped() || self.claim(1) == 0 {
            return self.connections[i].close();
        }
        if self.wants.request {
            if !self.make(i) {
                return self.connections[i].close();
            }
        } else {
            let connection = &mut self.connections[i];
            connection.length = self.fixed.len();
            connection.batch.again();
        }
        let connection = &mut self.connections[i];
        let count = connection.batch.count();
        if count > 1 {
            let granted = 1 + self.claim(count - 1);
            if granted < count {
                self.cut(i, granted);
            }
        }
        let connection = &mut self.connections[i];
        connection.written = 0;
        connection.start = now;
        if let Some(period) = self.period {
            connection.start = connection.planned;
            let step = period.saturating_mul(connection.batch.count().max(1));
            let planned = connection.planned.checked_add(step);
            connection.planned = planned.unwrap_or(connection.planned);
        }
        connection.paused = false;
        connection.phase = ConnectionState::Busy;
        self.write(i);
    }

    /// Lets the script create the next request. Without one, the load ends, as in wrk.
    fn make(&mut self, i: usize) -> bool {
        let connection = &mut self.connections[i];
        connection.bytes.clear();
        let made = self.hooks.request(&mut connection.bytes);
        let read = made.map(|()| connection.batch.read(&connection.bytes));
        match read {
            Ok(Ok(())) => {
                connection.length = connection.bytes.len();
                return true;
            }
            Ok(Err(why)) => {
                self.hooks.no_request(&why.to_string());
                self.raised(Raised::Error);
            }
            Err(raised) => self.raised(raised),
        }
        self.shared.end();
        false
    }

    /// Drops requests of the batch beyond the planned number.
    fn cut(&mut self, i: usize, count: u32) {
        let connection = &mut self.connections[i];
        let bytes = if self.wants.request {
            &connection.bytes
        } else {
            &self.fixed
        };
        connection.length = connection.batch.cut(bytes, count);
    }

    fn raised(&mut self, raised: Raised) {
        match raised {
            Raised::Error => self.count(|tally| tally.script_errors += 1),
            Raised::Exit => self.shared.end(),
        }
    }

    /// Writes as much as the socket accepts.
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
        while connection.written < connection.length {
            match socket.write(&bytes[connection.written..connection.length]) {
                Ok(written) => connection.written += written,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return self.fail(i, FailedOperation::Write, &error, Instant::now()),
            }
        }
        if let Err(error) = socket.flush() {
            self.fail(i, FailedOperation::Write, &error, Instant::now());
        }
    }

    /// Reads all available bytes. `closed` means that the server sends no more.
    pub(super) fn read(&mut self, i: usize, closed: bool) {
        let mut buffer = std::mem::take(&mut self.buffer);
        while let Some(socket) = &mut self.connections[i].socket {
            let read = socket.read(&mut buffer);
            // The best estimate of the arrival time.
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
                Err(error) => {
                    self.fail(i, FailedOperation::Read, &error, now);
                    break;
                }
            }
        }
        self.buffer = buffer;
    }

    /// Takes bytes that arrived at `now`. Returns whether the connection is still the same.
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
                        connection.stream = Some(SseStream::new(connection.start));
                        self.count(|tally| tally.streams.opened += 1);
                    }
                }
                Ok(Step::Body(piece)) => match &mut connection.stream {
                    Some(stream) => {
                        let hooks = (&mut *self.hooks, self.wants.event);
                        let limit = self.plan.timeout;
                        let pushed = stream.push(piece, now, limit, hooks, &self.shared.tally);
                        if let Err(why) = pushed {
                            self.fail(i, FailedOperation::Read, &why, now);
                            return false;
                        }
                    }
                    None if self.wants.body => connection.body.extend_from_slice(piece),
                    None => {}
                },
                Ok(Step::End { keep_alive }) => {
                    self.complete(i, keep_alive, now);
                    let phase = self.connections[i].phase;
                    let other =
                        matches!(phase, ConnectionState::Connecting | ConnectionState::Closed);
                    // A script that requested the end receives nothing more.
                    if other || self.shared.is_ended() {
                        return false;
                    }
                }
                Err(_) => {
                    let why = if http::is_tls_record(bytes) {
                        http::TLS_EXPECTED
                    } else {
                        "the answer is not HTTP"
                    };
                    self.fail(i, FailedOperation::Read, &why, now);
                    return false;
                }
            }
        }
    }

    /// Completes a response.
    pub(super) fn complete(&mut self, i: usize, keep_alive: bool, now: Instant) {
        let connection = &mut self.connections[i];
        // Unrequested data cannot be attributed.
        if connection.phase != ConnectionState::Busy {
            let why = "the server sent data without a request";
            return self.fail(i, FailedOperation::Read, &why, now);
        }
        let called = if self.wants.response {
            let WrkConnection { head, body, .. } = connection;
            self.hooks.response(connection.status, head, body)
        } else {
            Ok(())
        };
        connection.body.clear();
        let was_stream = connection.stream.take().is_some();
        let all = connection.batch.answer();
        let time = now.saturating_duration_since(connection.start);
        let latency = micros(now, connection.start);
        let bad = connection.status > 399;
        let bytes = std::mem::take(&mut self.bytes);
        let late = time >= self.plan.timeout;
        let recorded = self.period.is_some() || !late;
        self.recent += 1;
        self.count(|tally| {
            tally.requests += 1;
            tally.bytes += bytes;
            tally.errors.status += u64::from(bad);
            // A batch is timed as a whole.
            if all && !was_stream {
                tally.errors.timeout += u64::from(late);
                // With a rate, late responses count in the latencies; wrk's own report omits them.
                if recorded {
                    tally.latency.record(latency);
                }
            }
        });
        if let Err(raised) = called {
            self.raised(raised);
        }
        if !keep_alive {
            self.reopen(i, now);
        } else if all {
            self.begin(i, now);
        }
    }
}

//! The loop of a thread over its connections.
//!
//! Readiness is edge-triggered, so a socket is read until it is empty. A request is written as soon as the previous
//! answer is complete, without waiting for write readiness.

mod exchange;
mod lifecycle;

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};

use super::batch::RequestBatch;
use super::connection::{ConnectionState, WrkConnection};
use super::hooks::{Hooks, Wants};
use super::plan::LoadPlan;
use super::threads::ThreadState;
use super::timers::Timers;
use super::wakeup::Wakeup;
use crate::metrics::{Unfinished, WrkTally};

/// How often the request rate is sampled and a stop is checked.
const TICK: Duration = Duration::from_millis(100);

/// The pause before a failed connection is retried.
const RETRY: Duration = Duration::from_millis(100);

/// The size of a read.
const BUFFER: usize = 64 << 10;

pub(super) struct Worker<'a, H> {
    plan: &'a LoadPlan,
    shared: &'a ThreadState,
    hooks: &'a mut H,
    wants: Wants,
    address: SocketAddr,
    poll: Poll,
    connections: Vec<WrkConnection>,
    timers: Timers,
    wakeup: Option<Wakeup>,
    /// The request if the script does not create each one.
    fixed: Vec<u8>,
    buffer: Vec<u8>,
    /// The time between two planned requests of a connection.
    period: Option<Duration>,
    /// Bytes that are not counted in the tally yet.
    bytes: u64,
    /// Responses since the last tick.
    recent: u64,
    last_tick: Instant,
}

/// Generates load from `start` until the time is up or a stop is requested. `number` is that of the thread, from 0.
///
/// # Errors
/// The error of the system, e.g. that no file descriptor is left.
pub(super) fn run<H: Hooks>(
    plan: &LoadPlan,
    shared: &ThreadState,
    number: usize,
    hooks: &mut H,
    start: Instant,
) -> io::Result<()> {
    let poll = Poll::new()?;
    let wants = hooks.wants();
    let fixed = hooks.fixed().to_vec();
    let batch = RequestBatch::of(&fixed).unwrap_or_default();
    let share = plan.share();
    let period = plan.period();
    let planned = |i: usize| {
        // Connections take turns over all threads.
        let turn = (number * share + i) as f64 / plan.connections.max(1) as f64;
        start + period.unwrap_or_default().mul_f64(turn)
    };
    let connections: Vec<WrkConnection> = (0..share)
        .map(|i| WrkConnection::new(batch.clone(), planned(i)))
        .collect();
    let wakeup = (period.is_some() || wants.delay)
        .then(|| Wakeup::new(poll.registry(), Token(share)))
        .transpose()?;
    let mut worker = Worker {
        plan,
        shared,
        hooks,
        wants,
        address: shared.address(),
        poll,
        connections,
        timers: Timers::default(),
        wakeup,
        fixed,
        buffer: vec![0; BUFFER],
        period,
        bytes: 0,
        recent: 0,
        last_tick: start,
    };
    let end = plan.duration.and_then(|time| start.checked_add(time));
    let result = worker.run(end);
    shared.leave();
    worker.finish();
    result
}

impl<H: Hooks> Worker<'_, H> {
    fn run(&mut self, end: Option<Instant>) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        for i in 0..self.connections.len() {
            let now = Instant::now();
            if self.is_over(end, now) {
                return Ok(());
            }
            self.open(i, now);
        }
        loop {
            let now = Instant::now();
            if self.is_over(end, now) || self.is_all_done() {
                return Ok(());
            }
            while let Some(i) = self.timers.due(now) {
                self.wake(i, now);
            }
            if now >= self.last_tick + TICK {
                self.tick(now);
            }
            let limit = self.next_wake(now, end)?;
            match self.poll.poll(&mut events, Some(limit)) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                done => done?,
            }
            for event in &events {
                let Token(i) = event.token();
                if i < self.connections.len() {
                    let readable = event.is_readable() || event.is_error();
                    self.ready(i, readable, event.is_writable(), event.is_read_closed());
                }
                if self.shared.is_stopped() {
                    return Ok(());
                }
            }
        }
    }

    fn is_over(&self, end: Option<Instant>, now: Instant) -> bool {
        end.is_some_and(|end| now >= end) || self.shared.is_stopped()
    }

    /// Whether all planned requests have been sent and answered.
    fn is_all_done(&self) -> bool {
        let busy = |connection: &WrkConnection| connection.phase == ConnectionState::Busy;
        self.is_used_up() && !self.connections.iter().any(busy)
    }

    /// Whether all planned requests have been sent.
    fn is_used_up(&self) -> bool {
        self.plan.requests.is_some() && self.shared.is_used_up()
    }

    /// Claims up to `count` of the remaining requests.
    fn claim(&self, count: u32) -> u32 {
        match self.plan.requests {
            Some(_) => self.shared.claim(count),
            None => count,
        }
    }

    /// The timeout of the next poll.
    fn next_wake(&mut self, now: Instant, end: Option<Instant>) -> io::Result<Duration> {
        let tick = self.last_tick + TICK;
        let mut until = end.map_or(tick, |end| end.min(tick));
        if let Some(next) = self.timers.next() {
            match &mut self.wakeup {
                Some(wakeup) if next < until => wakeup.set(next, now)?,
                _ => until = until.min(next),
            }
        }
        Ok(until.saturating_duration_since(now))
    }

    /// Records a sample of the request rate.
    fn tick(&mut self, now: Instant) {
        let seconds = now.duration_since(self.last_tick).as_secs_f64();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a count by a time is not negative"
        )]
        let rate = (self.recent as f64 / seconds).round() as u64;
        let bytes = std::mem::take(&mut self.bytes);
        self.count(|tally| {
            tally.rate.record(rate);
            tally.bytes += bytes;
        });
        self.recent = 0;
        self.last_tick = now;
    }

    /// At the end, counts unfinished exchanges that have exceeded the timeout.
    fn finish(&mut self) {
        let now = Instant::now();
        let sampled = self.count(|tally| tally.rate.count() > 0);
        // A load shorter than a tick also has a rate.
        if !sampled && self.recent > 0 && now > self.last_tick {
            self.tick(now);
        }
        let limit = self.plan.timeout;
        let mut unfinished = Unfinished::default();
        let (mut unmade, mut late) = (0, 0);
        for connection in &self.connections {
            let too_long = now.saturating_duration_since(connection.start) >= limit;
            match connection.phase {
                ConnectionState::Connecting => {
                    unfinished.connecting += 1;
                    unmade += u64::from(too_long);
                }
                ConnectionState::Handshaking => {
                    unfinished.agreeing += 1;
                    unmade += u64::from(too_long);
                }
                ConnectionState::Busy => {
                    unfinished.busy += 1;
                    let stream = connection.stream.as_ref();
                    let begun = stream.is_some_and(super::stream::SseStream::has_begun);
                    late += u64::from(too_long && !begun);
                }
                ConnectionState::Closed | ConnectionState::Waiting => {}
            }
        }
        let bytes = std::mem::take(&mut self.bytes);
        self.count(|tally| {
            tally.errors.connect.add(unmade, || {
                let what = match unfinished.agreeing {
                    0 => "connecting",
                    _ => "the TLS handshake",
                };
                format!("{what} took longer than the timeout")
            });
            tally.errors.timeout += late;
            tally.unfinished = unfinished;
            tally.bytes += bytes;
        });
        self.connections.clear();
    }

    /// Changes the tally. The lock is contended only while another thread reads the figures.
    #[inline]
    fn count<T>(&self, change: impl FnOnce(&mut WrkTally) -> T) -> T {
        change(&mut self.shared.tally.lock())
    }
}

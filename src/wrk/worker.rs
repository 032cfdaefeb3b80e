//! One thread's load: a readiness loop over its connections.
//!
//! Readiness is told once for each change, so a socket is read until it has no more. A request is written as soon as
//! the answer before it is complete, without asking whether the socket can take it.

mod exchange;
mod life;

use std::io;
use std::net::SocketAddr;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};

use super::alarm::Alarm;
use super::batch::Batch;
use super::connection::{Connection, Phase};
use super::crew::Shared;
use super::hooks::{Hooks, Wants};
use super::plan::Plan;
use super::timers::Timers;

/// How often the rate of requests is sampled, and a stop is looked for.
const TICK: Duration = Duration::from_millis(100);

/// Pause before a connection that could not be made, or a request that the script did not give, is tried again.
const RETRY: Duration = Duration::from_millis(100);

/// Bytes of one read.
const BUFFER: usize = 64 << 10;

pub(super) struct Worker<'a, H> {
    plan: &'a Plan,
    shared: &'a Shared,
    hooks: &'a mut H,
    wants: Wants,
    address: SocketAddr,
    poll: Poll,
    connections: Vec<Connection>,
    timers: Timers,
    alarm: Option<Alarm>,
    /// What is sent when the script does not make each request.
    fixed: Vec<u8>,
    buffer: Vec<u8>,
    /// From one planned request of a connection to its next.
    period: Option<Duration>,
    /// Bytes read that are not in the tally yet.
    bytes: u64,
    /// Responses since the last tick.
    recent: u64,
    last_tick: Instant,
}

/// Makes load from `start` on until time is up or a stop is asked for. `number` is that of the thread, from 0.
///
/// # Errors
/// What the system says when it has no more descriptors, say.
pub(super) fn run<H: Hooks>(
    plan: &Plan,
    shared: &Shared,
    number: usize,
    hooks: &mut H,
    start: Instant,
) -> io::Result<()> {
    let poll = Poll::new()?;
    let wants = hooks.wants();
    let fixed = hooks.fixed().to_vec();
    let batch = Batch::of(&fixed).unwrap_or_default();
    let share = plan.share();
    let period = plan.period();
    let planned = |i: usize| {
        // Connections take turns, over all threads.
        let turn = (number * share + i) as f64 / plan.connections.max(1) as f64;
        start + period.unwrap_or_default().mul_f64(turn)
    };
    let connections: Vec<Connection> = (0..share)
        .map(|i| Connection::new(batch.clone(), planned(i)))
        .collect();
    let alarm = (period.is_some() || wants.delay)
        .then(|| Alarm::new(poll.registry(), Token(share)))
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
        alarm,
        fixed,
        buffer: vec![0; BUFFER],
        period,
        bytes: 0,
        recent: 0,
        last_tick: start,
    };
    let result = worker.run(start + plan.duration);
    worker.finish();
    result
}

impl<H: Hooks> Worker<'_, H> {
    fn run(&mut self, end: Instant) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        for i in 0..self.connections.len() {
            self.open(i, Instant::now());
        }
        loop {
            let now = Instant::now();
            if now >= end || self.shared.is_stopped() {
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

    /// How long a poll may last.
    fn next_wake(&mut self, now: Instant, end: Instant) -> io::Result<Duration> {
        let mut until = end.min(self.last_tick + TICK);
        if let Some(next) = self.timers.next() {
            match &mut self.alarm {
                Some(alarm) if next < until => alarm.set(next, now)?,
                _ => until = until.min(next),
            }
        }
        Ok(until.saturating_duration_since(now))
    }

    /// A sample of the rate.
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

    /// What is still under way when the time is up counts where it has been so for too long.
    fn finish(&mut self) {
        let now = Instant::now();
        let limit = self.plan.timeout;
        let too_long = |connection: &&Connection| {
            let stream = connection.stream.as_ref();
            connection.phase == Phase::Busy
                && !stream.is_some_and(super::stream::Stream::has_begun)
                && now.saturating_duration_since(connection.start) >= limit
        };
        let late = self.connections.iter().filter(too_long).count() as u64;
        let bytes = std::mem::take(&mut self.bytes);
        self.count(|tally| {
            tally.errors.timeout += late;
            tally.bytes += bytes;
        });
        self.connections.clear();
    }

    /// Changes the tally. The lock is free but for whoever looks at the figures of a thread that does not end.
    #[inline]
    fn count<T>(&self, change: impl FnOnce(&mut crate::metrics::Tally) -> T) -> T {
        change(
            &mut self
                .shared
                .tally
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }
}

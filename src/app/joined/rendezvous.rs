//! Connecting all parts before the load.

use std::time::{Duration, Instant};

use super::follower::RunFollower;
use super::leader::RunLeader;
use super::{Join, hello};
use crate::app::Job;
use crate::app::inbox::Inbox;
use crate::app::program::Program;
use crate::app::role::{Rendezvous, Role};
use crate::error::Error;
use crate::join::{Disconnected, Follower, Leader, TOKEN_VARIABLE};
use crate::options::Options;
use crate::output::Terminal;
use crate::units::{counted, format_duration};

/// How long parts wait for each other.
const LIMIT: Duration = Duration::from_mins(1);
/// How often a waiting part reports what it waits for.
pub(super) const REPORT_INTERVAL: Duration = Duration::from_secs(5);
/// How often it checks.
const POLL_INTERVAL: Duration = Duration::from_millis(2);
/// The time for the others to learn that the run is cancelled.
const END_TIMEOUT: Duration = Duration::from_millis(500);

impl Rendezvous for Join {
    fn meet(
        &self,
        job: &Job,
        program: &dyn Program,
        options: &Options,
        terminal: &Terminal,
        inbox: &Inbox,
    ) -> Result<Box<dyn Role>, Error> {
        if self.token.is_none() && !self.address.is_loopback() {
            return Err(Error::Usage(format!(
                "other machines can reach {}: set {TOKEN_VARIABLE} to the same secret for all parts",
                self.address
            )));
        }
        let hello = hello(job, program, options);
        let waiting = Waiting::new(terminal, inbox);
        Ok(if job.part().index() == 0 {
            Box::new(lead(self, hello, waiting)?)
        } else {
            Box::new(follow(self, hello, waiting)?)
        })
    }
}

fn lead(
    join: &Join,
    hello: crate::join::Hello,
    mut waiting: Waiting<'_>,
) -> Result<RunLeader, Error> {
    let own = hello.clone();
    let leader = Leader::listen(&join.address, join.token.clone(), hello);
    let leader = leader.map_err(|source| Error::Io {
        what: format!("cannot listen for the other parts on {}", join.address),
        source,
    })?;
    let count = own.count;
    waiting.terminal.info(&format!(
        "waiting for {} at {}",
        counted(count - 1, "other part"),
        join.address
    ));
    let mut strangers = 0;
    loop {
        if let Some(fault) = leader.members().fault() {
            cancel(&leader, &fault);
            return Err(Error::Usage(fault));
        }
        let missing = leader.members().missing();
        if missing.is_empty() {
            leader.members().close();
            return Ok(RunLeader::new(leader, own));
        }
        if leader.unauthorized() > strangers {
            if strangers == 0 {
                waiting.terminal.warn(&format!(
                    "a client without the right {TOKEN_VARIABLE} tried to connect to {} and was rejected",
                    join.address
                ));
            }
            strangers = leader.unauthorized();
        }
        let missing = || format!("{} of {count}", numbers(&missing));
        waiting.look(|| format!("waiting for {} to join", missing()))?;
        if waiting.is_over() {
            let fault = format!(
                "{} did not join within {}",
                missing(),
                format_duration(LIMIT)
            );
            cancel(&leader, &fault);
            return Err(Error::Lost(fault));
        }
    }
}

/// Cancels the run for the parts that have joined.
fn cancel(leader: &Leader, fault: &str) {
    leader.order(|orders| orders.fault = Some(fault.to_owned()));
    std::thread::sleep(END_TIMEOUT);
}

/// `part 2` or `parts 2, 3`, shortened if there are many.
pub(super) fn numbers(parts: &[u64]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<String> = parts.iter().take(SHOWN).map(u64::to_string).collect();
    let more = parts.len().saturating_sub(SHOWN);
    let more = match more {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let word = if parts.len() == 1 { "part" } else { "parts" };
    format!("{word} {}{more}", shown.join(", "))
}

fn follow(
    join: &Join,
    hello: crate::join::Hello,
    mut waiting: Waiting<'_>,
) -> Result<RunFollower, Error> {
    let own = hello.clone();
    let follower = Follower::join(join.address.clone(), join.token.clone(), hello);
    let follower = follower.map_err(|source| Error::Io {
        what: "cannot start the thread that joins part 0".to_owned(),
        source,
    })?;
    loop {
        if let Some(lost) = follower.lost() {
            return Err(match lost {
                Disconnected::Refused(_) | Disconnected::Token => Error::Usage(lost.to_string()),
                lost => Error::Lost(lost.to_string()),
            });
        }
        if let Some(clock) = follower.clock() {
            waiting.terminal.info(&format!(
                "part {} of {} has joined part 0 at {}, clock known to within {:?}",
                own.part,
                own.count,
                join.address,
                clock.round_trip / 2
            ));
            return Ok(RunFollower::new(follower, clock, own, &join.address));
        }
        let why = follower.trouble();
        let why = why.map_or(String::new(), |why| format!(": {why}"));
        waiting.look(|| format!("waiting for part 0 at {}{why}", join.address))?;
        if waiting.is_over() {
            return Err(Error::Lost(format!(
                "part 0 at {} did not answer within {}{why}",
                join.address,
                format_duration(LIMIT)
            )));
        }
    }
}

/// Waits for other parts.
struct Waiting<'a> {
    terminal: &'a Terminal,
    inbox: &'a Inbox,
    since: Instant,
    due: Instant,
}

impl<'a> Waiting<'a> {
    fn new(terminal: &'a Terminal, inbox: &'a Inbox) -> Self {
        let since = Instant::now();
        Self {
            terminal,
            inbox,
            since,
            due: since + REPORT_INTERVAL,
        }
    }

    /// Waits for a moment. Reports the reason if waiting takes long.
    fn look(&mut self, what: impl FnOnce() -> String) -> Result<(), Error> {
        if self.inbox.stopper.is_stopped() {
            return Err(Error::Stopped);
        }
        let now = Instant::now();
        if now >= self.due {
            self.due = now + REPORT_INTERVAL;
            let seconds = Duration::from_secs(self.since.elapsed().as_secs());
            let seconds = format_duration(seconds);
            self.terminal.info(&format!("{} ({seconds})", what()));
        }
        std::thread::sleep(POLL_INTERVAL);
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.since.elapsed() >= LIMIT
    }
}

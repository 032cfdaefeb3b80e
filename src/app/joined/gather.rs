//! Before the load: all parts find each other.

use std::time::{Duration, Instant};

use super::follow::Follow;
use super::lead::Lead;
use super::{Join, Team, hello};
use crate::app::Job;
use crate::app::inbox::Inbox;
use crate::app::program::Program;
use crate::error::Error;
use crate::join::{Disconnected, Follower, Leader, TOKEN_VARIABLE};
use crate::options::Options;
use crate::output::Terminal;
use crate::units::format_duration;

/// How long parts wait for each other.
const LIMIT: Duration = Duration::from_mins(1);
/// How often a part that waits says so.
pub(super) const TELL: Duration = Duration::from_secs(5);
/// How often it looks.
const GLANCE: Duration = Duration::from_millis(2);
/// How long the others may take to hear that the run does not take place.
const FAREWELL: Duration = Duration::from_millis(500);

/// Finds the other parts of a run that has several and is joined; `None` for all other runs.
///
/// # Errors
/// Parts that do not come, or do not belong together.
pub(in crate::app) fn gather(
    job: &Job,
    program: &Program,
    options: &Options,
    terminal: &Terminal,
    inbox: &Inbox,
) -> Result<Option<Team>, Error> {
    let Some(join) = job.join.as_ref().filter(|_| !job.part().is_whole()) else {
        return Ok(None);
    };
    if join.token.is_none() && !join.address.is_loopback() {
        return Err(Error::Usage(format!(
            "{} is reached from other machines: set {TOKEN_VARIABLE} to the same secret for all parts",
            join.address
        )));
    }
    let hello = hello(job, program, options);
    let waiting = Waiting::new(terminal, inbox);
    if job.part().index() == 0 {
        lead(join, hello, waiting).map(|lead| Some(Team::Lead(lead)))
    } else {
        follow(join, hello, waiting).map(|follow| Some(Team::Follow(follow)))
    }
}

fn lead(join: &Join, hello: crate::join::Hello, mut waiting: Waiting<'_>) -> Result<Lead, Error> {
    let own = hello.clone();
    let leader = Leader::listen(&join.address, join.token.clone(), hello);
    let leader = leader.map_err(|source| Error::Io {
        what: format!("cannot listen for the other parts on {}", join.address),
        source,
    })?;
    let count = own.count;
    waiting.terminal.info(&format!(
        "part 0 waits for {} other parts at {}",
        count - 1,
        join.address
    ));
    let mut strangers = 0;
    loop {
        if let Some(fault) = leader.fault() {
            leader.order(|orders| orders.fault = Some(fault.clone()));
            std::thread::sleep(FAREWELL);
            return Err(Error::Usage(fault));
        }
        let missing = leader.missing();
        if missing.is_empty() {
            leader.close();
            return Ok(Lead::new(leader, own));
        }
        if leader.unauthorized() > strangers {
            if strangers == 0 {
                waiting.terminal.warn(&format!(
                    "somebody who does not know {TOKEN_VARIABLE} knocked at {} and was turned away",
                    join.address
                ));
            }
            strangers = leader.unauthorized();
        }
        let missing = || format!("{} of {count}", numbers(&missing));
        waiting.look(|| format!("waiting for {} to join", missing()))?;
        if waiting.is_over() {
            let told = format!(
                "{} did not join within {}",
                missing(),
                format_duration(LIMIT)
            );
            leader.order(|orders| orders.fault = Some(told.clone()));
            std::thread::sleep(FAREWELL);
            return Err(Error::Lost(told));
        }
    }
}

/// `part 2` or `parts 2, 3`; of many, the first few.
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
) -> Result<Follow, Error> {
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
                "part {} of {} has joined part 0 at {}, clock read to {:?}",
                own.part,
                own.count,
                join.address,
                clock.round_trip / 2
            ));
            return Ok(Follow::new(follower, clock, own, &join.address));
        }
        let why = follower.trouble();
        let why = why.map_or(String::new(), |why| format!(": {why}"));
        waiting.look(|| format!("waiting for part 0 at {}{why}", join.address))?;
        if waiting.is_over() {
            return Err(Error::Lost(format!(
                "nobody answered for part 0 at {} within {}{why}",
                join.address,
                format_duration(LIMIT)
            )));
        }
    }
}

/// A part that waits for others.
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
            due: since + TELL,
        }
    }

    /// Waits for a moment, and says what for when that takes long.
    fn look(&mut self, what: impl FnOnce() -> String) -> Result<(), Error> {
        if self.inbox.stopper.is_stopped() {
            return Err(Error::Stopped);
        }
        let now = Instant::now();
        if now >= self.due {
            self.due = now + TELL;
            let seconds = Duration::from_secs(self.since.elapsed().as_secs());
            let seconds = format_duration(seconds);
            self.terminal.info(&format!("{} ({seconds})", what()));
        }
        std::thread::sleep(GLANCE);
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.since.elapsed() >= LIMIT
    }
}

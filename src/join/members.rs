//! The other parts as part 0 knows them: joined, silent and lost. Pure: times are passed in, as durations since part 0
//! started to listen.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::hello::Hello;
use super::merged::MergedFrames;
use super::part::PartState;
use super::wire::{BadMessage, Content, MessageBatch, from_json};
use crate::metrics::SeriesInfo;
use crate::record::Frame;

/// A part that is silent for this long is lost; nothing waits longer for it.
pub(super) const LOST_AFTER: Duration = Duration::from_secs(30);
/// A part whose connection was closed and which does not reconnect within this time is lost: its process has ended.
pub(super) const GONE_AFTER: Duration = Duration::from_secs(5);

/// Why part 0 rejects a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub(super) String);

/// All parts except part 0.
#[derive(Debug)]
pub struct Members {
    own: Hello,
    others: Vec<Option<Member>>,
    /// The frames of all of them.
    pub merged: MergedFrames,
    /// Whether all parts have joined, so that no other is admitted.
    is_closed: bool,
    /// The error that prevents the run.
    fault: Option<String>,
}

#[derive(Debug)]
struct Member {
    state: PartState,
    session: String,
    from: String,
    series: Vec<SeriesInfo>,
    places: Vec<u32>,
    next: u64,
    /// When its last message arrived.
    last_seen: Duration,
    /// How many streams of orders it has open: briefly two when it reconnects.
    listening: u32,
    /// Since when it has had no stream of orders.
    silent: Option<Duration>,
}

impl Members {
    pub(super) fn new(own: Hello) -> Self {
        let others = usize::try_from(own.count.saturating_sub(1)).unwrap_or_default();
        Self {
            own,
            others: std::iter::repeat_with(|| None).take(others).collect(),
            merged: MergedFrames::default(),
            is_closed: false,
            fault: None,
        }
    }

    /// Admits a part that connects from the address `from`. An error of a part of this run is an error of the run.
    pub(super) fn admit(
        &mut self,
        hello: Hello,
        session: &str,
        from: &str,
        now: Duration,
    ) -> Result<(), Refusal> {
        if hello.run_id != self.own.run_id {
            let message = format!(
                "this is the run {:?}, the part belongs to {:?}",
                self.own.run_id, hello.run_id
            );
            return Err(Refusal(message));
        }
        if self.is_closed {
            let message = format!("the run has begun without part {}", hello.part);
            return Err(Refusal(message));
        }
        if let Some(differs) = self.own.differs_from(&hello) {
            self.fault.get_or_insert_with(|| differs.clone());
            return Err(Refusal(differs));
        }
        let (part, count) = (hello.part, self.own.count);
        let slot = usize::try_from(part).ok().and_then(|at| at.checked_sub(1));
        let slot = slot.and_then(|at| self.others.get_mut(at));
        let own = (part == 0).then(|| "part 0 itself".to_owned());
        let is_here = |member: &Member| now.saturating_sub(member.last_seen) < GONE_AFTER;
        let other = slot.as_ref().and_then(|slot| slot.as_ref());
        let other = other
            .filter(|member| is_here(member))
            .map(|member| member.from.clone());
        if let Some(other) = own.or(other) {
            let message = format!(
                "two processes say that they are part {part} of {count}, {other} and {from}: give each part a different number"
            );
            self.fault.get_or_insert_with(|| message.clone());
            return Err(Refusal(message));
        }
        let Some(slot) = slot else {
            let message = format!("there is no part {part} of {count}: parts are numbered from 0");
            self.fault.get_or_insert_with(|| message.clone());
            return Err(Refusal(message));
        };
        *slot = Some(Member {
            state: PartState {
                hello: Arc::new(hello),
                ..PartState::default()
            },
            session: session.to_owned(),
            from: from.to_owned(),
            series: Vec::new(),
            places: Vec::new(),
            next: 0,
            last_seen: now,
            listening: 0,
            silent: None,
        });
        Ok(())
    }

    /// Takes a batch of a part, each message once, and returns the number of the next expected message.
    pub(super) fn take(
        &mut self,
        part: u64,
        session: &str,
        batch: MessageBatch,
        now: Duration,
    ) -> Result<u64, Refusal> {
        let bad = || Refusal(format!("part {part} sent an invalid message"));
        let member = member(&mut self.others, part, session)?;
        member.last_seen = now;
        if batch.first > member.next {
            return Err(bad());
        }
        for (number, message) in (batch.first..).zip(batch.messages) {
            if number >= member.next {
                member.next += 1;
                if let Some(content) = message.content {
                    member.take(content, &mut self.merged).map_err(|_| bad())?;
                }
            }
        }
        Ok(member.next)
    }

    /// Records that a part has opened or closed a stream of orders.
    pub(super) fn set_listening(&mut self, part: u64, session: &str, now: Duration, does: bool) {
        if let Ok(member) = member(&mut self.others, part, session) {
            if does {
                member.listening += 1;
                member.last_seen = now;
            } else {
                member.listening = member.listening.saturating_sub(1);
            }
            member.silent = (member.listening == 0).then_some(now);
        }
    }

    /// Records that a part has signed off.
    pub(super) fn leaves(&mut self, part: u64, session: &str) -> Result<(), Refusal> {
        member(&mut self.others, part, session)?.state.has_left = true;
        Ok(())
    }

    /// Checks that the session of a part is valid.
    pub(super) fn check_session(&mut self, part: u64, session: &str) -> Result<(), Refusal> {
        member(&mut self.others, part, session).map(|_| ())
    }

    /// Marks silent parts as lost. Until all parts have joined, a lost part is removed and may join again.
    pub(super) fn drop_lost(&mut self, now: Duration) {
        for slot in &mut self.others {
            let Some(member) = slot else { continue };
            let since = |then: Duration| now.saturating_sub(then);
            let is_gone =
                |silent| since(silent) >= GONE_AFTER && since(member.last_seen) >= GONE_AFTER;
            let is_lost =
                since(member.last_seen) >= LOST_AFTER || member.silent.is_some_and(is_gone);
            if !is_lost || member.state.end.is_some() {
                continue;
            }
            if self.is_closed {
                member.state.is_lost = true;
            } else {
                *slot = None;
            }
        }
    }

    /// The parts that have not joined.
    pub fn missing(&self) -> Vec<u64> {
        let slots = (1..).zip(&self.others);
        slots
            .filter(|(_, member)| member.is_none())
            .map(|(part, _)| part)
            .collect()
    }

    /// Admits no further parts.
    pub fn close(&mut self) {
        self.is_closed = true;
    }

    /// The error that prevents the run, if there is one.
    pub(crate) fn fault(&self) -> Option<String> {
        self.fault.clone()
    }

    /// The parts that have joined.
    pub(crate) fn parts(&self) -> Vec<PartState> {
        let members = self.others.iter().flatten();
        members.map(|member| member.state.clone()).collect()
    }

    /// Marks parts that still generate load as lost.
    pub(crate) fn give_up(&mut self) {
        let late = self.others.iter_mut().flatten();
        for member in late.filter(|member| member.state.end.is_none()) {
            member.state.is_lost = true;
        }
    }

    /// Takes the complete seconds: the number of the first incomplete second, and the merged frame of each complete one.
    /// `own` is the end of the frames of part 0.
    pub fn take_complete(&mut self, own: Duration) -> (u64, Vec<(u64, Frame)>) {
        let live = self.others.iter().flatten();
        let live = live.filter(|member| !member.state.is_lost && member.state.end.is_none());
        let until = live
            .map(|member| member.state.until)
            .fold(own, Duration::min);
        let until = until.as_secs();
        (until, self.merged.take(until))
    }
}

fn member<'a>(
    members: &'a mut [Option<Member>],
    part: u64,
    session: &str,
) -> Result<&'a mut Member, Refusal> {
    let slot = usize::try_from(part).ok().and_then(|at| at.checked_sub(1));
    let member = slot.and_then(|at| members.get_mut(at)?.as_mut());
    let member = member.filter(|member| member.session == session);
    match member {
        Some(member) if member.state.is_lost => Err(Refusal(format!(
            "part {part} was silent for too long; the run continues without it"
        ))),
        Some(member) => Ok(member),
        None => Err(Refusal(format!("part {part} has not joined this run"))),
    }
}

impl Member {
    fn take(&mut self, content: Content, merged: &mut MergedFrames) -> Result<(), BadMessage> {
        let state = &mut self.state;
        match content {
            Content::Series(series) => {
                let series: SeriesInfo = from_json(&series)?;
                self.places.push(merged.place(series.clone())?);
                self.series.push(series);
            }
            Content::Frame(frame) => {
                let frame = frame.read(&self.series)?;
                state.until = state.until.max(frame.end());
                state.tally.add(&self.series, &frame);
                merged.add(state.hello.part, frame, &self.places);
            }
            Content::Ready(ready) => state.is_ready = ready,
            Content::Begun(at) => state.begun = Some(at),
            Content::Heartbeat(beat) => state.beat = beat,
            Content::End(end) => {
                state.end = Some(Arc::new(from_json(&end)?));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "tests/members.rs"]
mod tests;

//! A model of an inference server under load: queue, batch, prefill and decode times.
//!
//! It receives times as durations since the start of the engine, and never waits.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use super::prefix::PrefixCache;
use super::stalls::{Stall, reach, times};

/// The parameters of an engine, which all its requests share.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::serve::llm) struct EngineLoad {
    /// The maximum number of concurrent replies.
    pub(in crate::serve::llm) slots: Option<u64>,
    /// The size of the KV cache in tokens, for prompts and replies together.
    pub(in crate::serve::llm) kv: Option<u64>,
    /// The factor by which each other reply lengthens a token, in millionths.
    pub(in crate::serve::llm) slowdown: u64,
    /// Time for one token of a prompt.
    pub(in crate::serve::llm) prefill: Duration,
    /// Tokens of a prompt that are computed in one chunk.
    pub(in crate::serve::llm) chunk: Option<u64>,
    /// The size of the prefix cache in tokens.
    pub(in crate::serve::llm) cache: u64,
    /// Tokens of one block of the prefix cache.
    pub(in crate::serve::llm) block: u64,
}

/// One request to the engine.
#[derive(Debug, Clone, Default)]
pub(in crate::serve::llm) struct EngineRequest {
    /// Tokens of the prompt.
    pub(in crate::serve::llm) prompt: u64,
    /// Blocks of the prompt.
    pub(in crate::serve::llm) blocks: Vec<u64>,
    /// Tokens of the reply.
    pub(in crate::serve::llm) reply: u64,
    /// The maximum number of tokens of a step.
    pub(in crate::serve::llm) step: u64,
    /// Time of a step without other requests.
    pub(in crate::serve::llm) interval: Duration,
}

/// The admission of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::serve::llm) struct Admitted {
    pub(in crate::serve::llm) at: Duration,
    /// The time at which its prompt is computed.
    pub(in crate::serve::llm) prefilled: Duration,
    /// Tokens of its prompt that came from the cache.
    pub(in crate::serve::llm) cached: u64,
}

/// The counters of an engine.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::serve::llm) struct Counts {
    pub(in crate::serve::llm) running: u64,
    pub(in crate::serve::llm) waiting: u64,
    /// Tokens in the KV cache, and its size.
    pub(in crate::serve::llm) kv_used: u64,
    pub(in crate::serve::llm) kv_size: u64,
    pub(in crate::serve::llm) preemptions: u64,
    /// Prompt tokens that were looked up in the prefix cache, and those that were found.
    pub(in crate::serve::llm) queried: u64,
    pub(in crate::serve::llm) hits: u64,
}

type Id = u64;

#[derive(Debug)]
struct EngineReply {
    request: EngineRequest,
    generated: u64,
    admitted: Option<Admitted>,
    was_preempted: bool,
    /// The gap before the next step: its start, and its length without pauses.
    gap: (Duration, Duration),
}

impl EngineReply {
    fn held(&self) -> u64 {
        self.request.prompt + self.generated
    }

    /// The number of tokens that must fit into the KV cache before it runs.
    fn needed(&self) -> u64 {
        let total = self.request.prompt + self.request.reply;
        (self.held() + self.request.step).min(total)
    }
}

/// The state of an engine.
#[derive(Debug)]
pub(super) struct Model {
    load: EngineLoad,
    replies: HashMap<Id, EngineReply>,
    waiting: VecDeque<Id>,
    /// The admitted requests in order of their admission.
    running: Vec<Id>,
    cache: PrefixCache,
    stalls: VecDeque<Stall>,
    /// The end of the last prefill; prompts are computed one after the other.
    prefilled: Duration,
    counts: Counts,
}

impl Model {
    pub(super) fn new(load: EngineLoad) -> Self {
        let blocks = usize::try_from(load.cache / load.block.max(1)).unwrap_or(usize::MAX);
        Self {
            load,
            replies: HashMap::new(),
            waiting: VecDeque::new(),
            running: Vec::new(),
            cache: PrefixCache::new(blocks),
            stalls: VecDeque::new(),
            prefilled: Duration::ZERO,
            counts: Counts::default(),
        }
    }

    /// Adds a request to the end of the queue.
    pub(super) fn arrive(&mut self, id: Id, request: EngineRequest, now: Duration) {
        let reply = EngineReply {
            request,
            generated: 0,
            admitted: None,
            was_preempted: false,
            gap: (now, Duration::ZERO),
        };
        self.replies.insert(id, reply);
        self.waiting.push_back(id);
    }

    /// Admits waiting requests, as long as there is room, and returns them.
    pub(super) fn admit(&mut self, now: Duration) -> Vec<Id> {
        let mut admitted = Vec::new();
        while let Some(id) = self.waiting.front().copied() {
            let has_slot = (self.running.len() as u64) < self.load.slots.unwrap_or(u64::MAX);
            let needed = self.replies.get(&id).map_or(0, EngineReply::needed);
            let has_room = self.counts.kv_used + needed <= self.load.kv.unwrap_or(u64::MAX);
            if !has_slot || !has_room {
                break;
            }
            self.waiting.pop_front();
            self.start(id, now);
            admitted.push(id);
        }
        admitted
    }

    fn start(&mut self, id: Id, now: Duration) {
        let Some(reply) = self.replies.get(&id) else {
            return;
        };
        let held = reply.held();
        let blocks = self.cache.hits(&reply.request.blocks) as u64;
        // The last token of a prompt is always computed, because it produces the first token of the reply.
        let most = reply.request.prompt.saturating_sub(1) / self.load.block.max(1);
        let cached = blocks.min(most) * self.load.block;
        if !reply.was_preempted && self.load.cache > 0 {
            self.counts.queried += reply.request.prompt;
            self.counts.hits += cached;
        }
        let prefilled = self.prefill(held - cached, reply.request.interval, now);
        self.running.push(id);
        self.counts.kv_used += held;
        if let Some(reply) = self.replies.get_mut(&id) {
            self.cache.keep(&reply.request.blocks);
            reply.admitted = Some(Admitted {
                at: now,
                prefilled,
                cached,
            });
            reply.gap = (prefilled, Duration::ZERO);
        }
    }

    /// Plans the prefill of this number of tokens, and the pauses that it causes for other replies. Returns its end.
    fn prefill(&mut self, tokens: u64, interval: Duration, now: Duration) -> Duration {
        let token = self.load.prefill;
        if token.is_zero() || tokens == 0 {
            return now;
        }
        // Pauses that are over for all replies.
        let gaps = self.running.iter().filter_map(|id| self.replies.get(id));
        let oldest = gaps.map(|reply| reply.gap.0).min().unwrap_or(now);
        self.stalls.retain(|stall| stall.end() > oldest);

        let start = self.prefilled.max(now);
        let chunk = self.load.chunk.unwrap_or(tokens).min(tokens);
        let others = self.running.len() as u64;
        let turn = if others > 0 {
            self.gap(interval, others)
        } else {
            Duration::ZERO
        };
        let (whole, rest) = (tokens / chunk, tokens % chunk);
        let length = times(token, chunk);
        let period = length + turn;
        self.stalls.push_back(Stall {
            start,
            length,
            period,
            count: whole,
        });
        if rest > 0 {
            let length = times(token, rest);
            self.stalls.push_back(Stall {
                start: start + times(period, whole),
                length,
                period: length,
                count: 1,
            });
        }
        self.prefilled = self.stalls.back().map_or(start, Stall::end);
        self.prefilled
    }

    /// The time of a step with this number of running replies.
    fn gap(&self, interval: Duration, running: u64) -> Duration {
        let others = u128::from(running.saturating_sub(1));
        let more = interval.as_nanos() * others * u128::from(self.load.slowdown) / 1_000_000;
        interval + Duration::from_nanos(u64::try_from(more).unwrap_or(u64::MAX))
    }

    /// The admission of a request, if it is admitted.
    pub(super) fn admitted(&self, id: Id) -> Option<Admitted> {
        self.replies.get(&id)?.admitted
    }

    /// The time at which its next step is due. A prefill that begins in the meantime delays it.
    pub(super) fn due(&self, id: Id) -> Duration {
        let gap = self
            .replies
            .get(&id)
            .map_or_else(Default::default, |r| r.gap);
        reach(&self.stalls, gap.0, gap.1)
    }

    /// Delays its next step.
    pub(super) fn delay(&mut self, id: Id, time: Duration) {
        if let Some(reply) = self.replies.get_mut(&id) {
            reply.gap.0 += time;
        }
    }

    /// Allocates room for a step of this number of tokens, if necessary by preempting the requests that were admitted last.
    /// Returns whether the request is still admitted.
    pub(super) fn take(&mut self, id: Id, tokens: u64) -> bool {
        let size = self.load.kv.unwrap_or(u64::MAX);
        if self.admitted(id).is_none() {
            return false;
        }
        while self.counts.kv_used + tokens > size {
            let Some(victim) = self.running.pop() else {
                break;
            };
            self.preempt(victim);
            if victim == id {
                return false;
            }
        }
        self.counts.kv_used += tokens;
        if let Some(reply) = self.replies.get_mut(&id) {
            reply.generated += tokens;
        }
        true
    }

    fn preempt(&mut self, id: Id) {
        self.counts.preemptions += 1;
        self.waiting.push_front(id);
        if let Some(reply) = self.replies.get_mut(&id) {
            self.counts.kv_used -= reply.held();
            reply.admitted = None;
            reply.was_preempted = true;
        }
    }

    /// Completes the step that was due and starts the gap before the next one.
    pub(super) fn stepped(&mut self, id: Id) {
        let due = self.due(id);
        let running = self.running.len() as u64;
        let Some(interval) = self.replies.get(&id).map(|reply| reply.request.interval) else {
            return;
        };
        let gap = self.gap(interval, running);
        if let Some(reply) = self.replies.get_mut(&id) {
            reply.gap = (due, gap);
        }
    }

    /// Removes a request that has ended or whose client has left. `blocks` are those of its prompt and its reply, for the cache.
    pub(super) fn leave(&mut self, id: Id, blocks: &[u64]) {
        self.waiting.retain(|waiting| *waiting != id);
        self.running.retain(|running| *running != id);
        if let Some(reply) = self.replies.remove(&id)
            && reply.admitted.is_some()
        {
            self.counts.kv_used -= reply.held();
        }
        self.cache.keep(blocks);
    }

    pub(super) fn counts(&self) -> Counts {
        Counts {
            running: self.running.len() as u64,
            waiting: self.waiting.len() as u64,
            kv_size: self.load.kv.unwrap_or(0),
            ..self.counts
        }
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

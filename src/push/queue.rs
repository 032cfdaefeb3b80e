//! Requests waiting to be sent, in bounded memory, and the account of what was lost.

use std::collections::VecDeque;

use super::PushRequest;

/// Requests in order. When there are too many, the oldest are dropped.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<PushRequest>,
    bytes: usize,
    pub(super) account: DeliveryStats,
}

/// Statistics of the requests of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DeliveryStats {
    /// Requests that were stored.
    pub sent: u64,
    /// Samples in them.
    pub samples: u64,
    /// Bytes of their bodies, compressed as they were sent.
    pub bytes: u64,
    /// How often a request had to be sent again.
    pub retries: u64,
    /// Requests that were not stored.
    pub dropped: u64,
    /// Samples that were not stored.
    pub dropped_samples: u64,
    /// The reason for the first loss.
    pub reason: Option<String>,
}

impl Queue {
    /// The most requests that wait.
    const MOST: usize = 1_000;
    /// The most bytes that wait: half an hour of a thousand histograms, pushed every five seconds.
    const MOST_BYTES: usize = 64 << 20;

    /// Adds a request.
    pub(super) fn push(&mut self, request: PushRequest) {
        self.bytes += request.body.len();
        self.waiting.push_back(request);
        // The newest request is always kept: later values of a counter include earlier ones.
        while self.waiting.len() > 1
            && (self.waiting.len() > Self::MOST || self.bytes > Self::MOST_BYTES)
        {
            if let Some(oldest) = self.take() {
                self.account
                    .drop(&oldest, "the store was unreachable for too long");
            }
        }
    }

    /// Whether no request waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Takes the oldest request.
    pub(super) fn take(&mut self) -> Option<PushRequest> {
        let request = self.waiting.pop_front()?;
        self.bytes -= request.body.len();
        Some(request)
    }

    /// Puts a request back at the front.
    pub(super) fn put_back(&mut self, request: PushRequest) {
        self.bytes += request.body.len();
        self.waiting.push_front(request);
    }

    /// Replaces each waiting request.
    pub(super) fn reencode(&mut self, reencode: impl Fn(PushRequest) -> PushRequest) {
        self.waiting = self.waiting.drain(..).map(reencode).collect();
        self.bytes = self.waiting.iter().map(|request| request.body.len()).sum();
    }

    /// Drops all waiting requests.
    pub(super) fn give_up(&mut self, why: &str) {
        while let Some(request) = self.take() {
            self.account.drop(&request, why);
        }
    }
}

impl DeliveryStats {
    /// Counts a stored request, except for `without` of its samples.
    pub(super) fn store(&mut self, request: &PushRequest, without: u64, why: Option<String>) {
        self.sent += 1;
        self.samples += request.samples.saturating_sub(without);
        self.bytes += request.body.len() as u64;
        self.dropped_samples += without.min(request.samples);
        if let (Some(why), None) = (why, &self.reason) {
            self.reason = Some(why);
        }
    }

    /// Counts a request that was not stored.
    pub(super) fn drop(&mut self, request: &PushRequest, why: &str) {
        self.dropped += 1;
        self.dropped_samples += request.samples;
        self.reason.get_or_insert_with(|| why.to_owned());
    }

    /// Counts samples that were dropped before they were put in a request.
    pub(super) fn miss(&mut self, samples: u64) {
        if samples > 0 {
            self.dropped_samples += samples;
            self.reason
                .get_or_insert_with(|| "too many samples were waiting".to_owned());
        }
    }

    /// Whether the store lacks any sample.
    pub(crate) fn is_incomplete(&self) -> bool {
        self.dropped_samples > 0 || self.dropped > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(samples: u64, length: usize) -> PushRequest {
        PushRequest {
            headers: Vec::new(),
            body: vec![0; length].into(),
            samples,
        }
    }

    #[test]
    fn the_queue_is_bounded_and_drops_the_oldest() {
        let mut queue = Queue::default();
        for n in 0..Queue::MOST as u64 + 80 {
            queue.push(request(n, 10));
        }
        assert_eq!(queue.waiting.len(), Queue::MOST);
        assert_eq!(queue.take().map(|request| request.samples), Some(80));
        assert_eq!(queue.account.dropped, 80);
        assert_eq!(queue.account.dropped_samples, (0..80).sum::<u64>());
        let mut queue = Queue::default();
        for n in 0..5 {
            queue.push(request(n, Queue::MOST_BYTES / 2));
        }
        assert_eq!((queue.waiting.len(), queue.account.dropped), (2, 3));
        queue.push(request(9, Queue::MOST_BYTES * 2));
        assert_eq!(queue.waiting.len(), 1);
        queue.give_up("the end");
        assert_eq!((queue.bytes, queue.account.dropped), (0, 6));
    }

    #[test]
    fn a_request_put_back_is_next_and_reencoding_keeps_the_order() {
        let mut queue = Queue::default();
        queue.push(request(1, 10));
        queue.push(request(2, 10));
        let first = queue.take().unwrap();
        queue.put_back(first);
        queue.reencode(|old| request(old.samples + 10, 4));
        assert_eq!(queue.bytes, 8);
        let order: Vec<u64> = std::iter::from_fn(|| queue.take())
            .map(|r| r.samples)
            .collect();
        assert_eq!(order, [11, 12]);
        assert!(!queue.account.is_incomplete());
    }
}

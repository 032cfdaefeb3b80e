//! A prefix cache: blocks of tokens, evicted by least recent use.

use std::collections::{BTreeMap, HashMap};

use crate::units::SplitMix64;

/// The blocks of a text, each identified by its tokens and all tokens before it.
pub(in crate::serve::llm) fn blocks(tokens: impl IntoIterator<Item = u64>, size: u64) -> Vec<u64> {
    let mut blocks = Vec::new();
    let (mut hash, mut count) = (0, 0);
    for token in tokens {
        hash = SplitMix64::new(hash ^ token).next();
        count += 1;
        if count == size {
            blocks.push(hash);
            count = 0;
        }
    }
    blocks
}

/// The blocks that are cached.
#[derive(Debug, Default)]
pub(super) struct PrefixCache {
    /// The maximum number of blocks.
    capacity: usize,
    /// The time of the last use of each block.
    used: HashMap<u64, u64>,
    /// The blocks by the time of their last use.
    by_use: BTreeMap<u64, u64>,
    clock: u64,
}

impl PrefixCache {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            ..Self::default()
        }
    }

    /// The number of blocks that are cached without a gap from the beginning.
    pub(super) fn hits(&self, blocks: &[u64]) -> usize {
        let is_cached = |block: &&u64| self.used.contains_key(block);
        blocks.iter().take_while(is_cached).count()
    }

    /// Keeps these blocks. The end of a text is evicted first, because its beginning remains useful without it.
    pub(super) fn keep(&mut self, blocks: &[u64]) {
        for block in blocks.iter().take(self.capacity).rev() {
            self.clock += 1;
            if let Some(before) = self.used.insert(*block, self.clock) {
                self.by_use.remove(&before);
            }
            self.by_use.insert(self.clock, *block);
        }
        while self.used.len() > self.capacity {
            let Some((_, oldest)) = self.by_use.pop_first() else {
                return;
            };
            self.used.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_identified_by_all_tokens_before_it() {
        let one = blocks([1, 2, 3, 4, 5], 2);
        assert_eq!(one.len(), 2);
        assert_eq!(blocks([1, 2, 3, 4, 9], 2), one);
        let other = blocks([7, 2, 3, 4], 2);
        assert!(one[0] != other[0] && one[1] != other[1]);
    }

    #[test]
    fn prefixes_hit_and_the_least_recently_used_block_is_evicted() {
        let mut cache = PrefixCache::new(4);
        let (a, b) = (blocks(0..6, 2), blocks(10..14, 2));
        assert_eq!(cache.hits(&a), 0);
        cache.keep(&a);
        assert_eq!(cache.hits(&a), 3);
        assert_eq!(cache.hits(&blocks([0, 1, 2, 9], 2)), 1);
        cache.keep(&b);
        assert_eq!((cache.hits(&a), cache.hits(&b)), (2, 2));
        assert_eq!(cache.used.len(), cache.by_use.len());
        assert_eq!(PrefixCache::new(0).hits(&a), 0);
    }
}

//! A cache of recently built values, found by hash.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

/// At most this many values are remembered; then each new one takes the place of the oldest.
const KEPT: usize = 400;

/// The values that were made last, each under a hash of what it was made of.
#[derive(Debug)]
pub(crate) struct Recent<T> {
    values: HashMap<u64, T, BuildHasherDefault<Spread>>,
    /// Their hashes, the oldest first.
    order: VecDeque<u64>,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self {
            values: HashMap::default(),
            order: VecDeque::new(),
        }
    }
}

impl<T> Recent<T> {
    /// The value under this hash, if `is` says that it is the right one: different things may have the same hash.
    pub(crate) fn find(&self, hash: u64, is: impl FnOnce(&T) -> bool) -> Option<&T> {
        self.values.get(&hash).filter(|value| is(value))
    }

    /// Remembers a value under this hash, in place of one that is there.
    pub(crate) fn keep(&mut self, hash: u64, value: T) {
        if self.values.insert(hash, value).is_some() {
            return;
        }
        if self.order.len() >= KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.values.remove(&oldest);
        }
        self.order.push_back(hash);
    }
}

/// Spreads what may be the address of something over all bits of the hash.
#[derive(Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        // 2^64 divided by the golden ratio: numbers that lie side by side come to lie far apart.
        let product = (self.0 ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = product ^ (product >> 32);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_values_are_found_again_and_memory_is_bounded() {
        let mut recent = Recent::default();
        for n in 0..300 {
            recent.keep(n * 16, n);
        }
        for n in 0..300 {
            assert_eq!(recent.find(n * 16, |found| *found == n), Some(&n));
        }
        for n in 300..5000 {
            recent.keep(n * 16, n);
        }
        assert_eq!((recent.values.len(), recent.order.len()), (KEPT, KEPT));
        assert_eq!(recent.find(0, |_| true), None);
        assert_eq!(recent.find(4999 * 16, |_| true), Some(&4999));
    }

    #[test]
    fn one_of_two_with_the_same_hash_is_kept() {
        let mut recent = Recent::default();
        recent.keep(7, "first");
        assert_eq!(recent.find(7, |found| *found == "second"), None);
        recent.keep(7, "second");
        assert_eq!(recent.find(7, |found| *found == "second"), Some(&"second"));
        assert_eq!(recent.order.len(), 1);
    }
}

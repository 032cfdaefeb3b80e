//! A cache of recently built values, found by hash.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

/// The maximum number of values; then each new one replaces the oldest.
const KEPT: usize = 400;

/// Recently built values, each under a hash of its key.
#[derive(Debug)]
pub(crate) struct Recent<T> {
    values: HashMap<u64, T, BuildHasherDefault<Spread>>,
    /// The hashes, the oldest first.
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
    /// The value under this hash, if `is` confirms that it is the right one: different keys may have the same hash.
    pub(crate) fn find(&self, hash: u64, is: impl FnOnce(&T) -> bool) -> Option<&T> {
        self.values.get(&hash).filter(|value| is(value))
    }

    /// Stores a value under this hash, replacing an existing one.
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

/// Spreads a number, such as an address, over all bits of the hash.
#[derive(Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        // 2^64 divided by the golden ratio moves neighbouring numbers far apart.
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
    fn recent_values_are_found_and_memory_is_bounded() {
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
    fn a_value_with_the_same_hash_replaces_the_other() {
        let mut recent = Recent::default();
        recent.keep(7, "first");
        assert_eq!(recent.find(7, |found| *found == "second"), None);
        recent.keep(7, "second");
        assert_eq!(recent.find(7, |found| *found == "second"), Some(&"second"));
        assert_eq!(recent.order.len(), 1);
    }
}

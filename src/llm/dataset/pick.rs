//! Samples items of a stream of unknown length.

use crate::units::SplitMix64;

/// Keeps a number of items of all it is offered, each set of them as likely as any other (Vitter's algorithm R).
#[derive(Debug)]
pub(super) struct Pick<T> {
    wanted: usize,
    kept: Vec<T>,
    offered: u64,
    random: SplitMix64,
}

impl<T> Pick<T> {
    pub(super) fn new(wanted: usize, seed: u64) -> Self {
        Self {
            wanted,
            kept: Vec::new(),
            offered: 0,
            random: SplitMix64::new(seed),
        }
    }

    /// Offers an item.
    pub(super) fn offer(&mut self, item: T) {
        self.offered += 1;
        if self.kept.len() < self.wanted {
            self.kept.push(item);
            return;
        }
        let index = self.random.below(self.offered);
        if let Some(index) = usize::try_from(index)
            .ok()
            .and_then(|index| self.kept.get_mut(index))
        {
            *index = item;
        }
    }

    /// The items in random order.
    pub(super) fn finish(mut self) -> Vec<T> {
        self.random.shuffle(&mut self.kept);
        self.kept
    }
}

/// Repeats items, drawn at random, until there are as many as wanted. None stay none.
pub(super) fn fill_up<T: Clone>(items: &mut Vec<T>, wanted: usize, seed: u64) {
    let mut random = SplitMix64::new(seed ^ 0x5EED);
    let distinct = items.len();
    while distinct > 0 && items.len() < wanted {
        let item = items[random.index(distinct)].clone();
        items.push(item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pick(n: u32, wanted: usize, seed: u64) -> Vec<u32> {
        let mut pick = Pick::new(wanted, seed);
        (0..n).for_each(|item| pick.offer(item));
        pick.finish()
    }

    #[test]
    fn every_item_is_as_likely_in_every_place() {
        let mut counts = [[0; 10]; 3];
        for seed in 0..5000 {
            for (index, item) in pick(10, 3, seed).into_iter().enumerate() {
                counts[index][item as usize] += 1;
            }
        }
        assert!(
            counts.iter().flatten().all(|n| (400..600).contains(n)),
            "{counts:?}"
        );
    }

    #[test]
    fn few_items_are_all_kept_and_may_be_repeated() {
        let mut few = pick(3, 10, 7);
        few.sort_unstable();
        assert_eq!(few, [0, 1, 2]);
        fill_up(&mut few, 8, 7);
        assert_eq!((few.len(), &few[..3]), (8, &[0, 1, 2][..]));
        let mut none: Vec<u32> = Vec::new();
        fill_up(&mut none, 8, 7);
        assert!(none.is_empty());
    }
}

//! Selects samples of a dataset of unknown size.

use super::error::DatasetError;
use super::sample::PromptSample;
use crate::units::SplitMix64;

/// Which of the usable samples are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Selection {
    /// The first ones; the rest of the dataset is not read.
    First,
    /// Random ones, drawn with this seed. The dataset is read to its end; only the taken samples are kept in memory.
    Random(u64),
}

/// Takes a number of the items that are offered: the first ones, or each set of them with the same probability (Vitter's
/// algorithm R).
#[derive(Debug)]
pub(super) struct Pick<T> {
    /// The number of items to take; `None` for all, each once.
    count: Option<usize>,
    selection: Selection,
    taken: Vec<T>,
    offered: u64,
    random: SplitMix64,
}

impl<T: Clone> Pick<T> {
    pub(super) fn new(count: Option<usize>, selection: Selection) -> Self {
        Self {
            count,
            selection,
            taken: Vec::new(),
            offered: 0,
            random: SplitMix64::new(selection.seed()),
        }
    }

    /// Offers an item. Returns whether further items may be taken.
    pub(super) fn offer(&mut self, item: T) -> bool {
        let wanted = self.count.unwrap_or(usize::MAX);
        self.offered += 1;
        if self.taken.len() < wanted {
            self.taken.push(item);
        } else if let Selection::Random(_) = self.selection {
            let index = usize::try_from(self.random.below(self.offered)).unwrap_or(usize::MAX);
            if let Some(place) = self.taken.get_mut(index) {
                *place = item;
            }
        }
        matches!(self.selection, Selection::Random(_)) || self.taken.len() < wanted
    }

    /// The items: the first ones in their order, random ones in random order. If there are fewer than wanted, random ones
    /// are repeated.
    pub(super) fn finish(mut self) -> Vec<T> {
        if let Selection::Random(_) = self.selection {
            self.random.shuffle(&mut self.taken);
        }
        let mut random = SplitMix64::new(self.selection.seed() ^ 0x5EED);
        let distinct = self.taken.len();
        while distinct > 0 && self.taken.len() < self.count.unwrap_or(0) {
            self.taken.push(self.taken[random.index(distinct)].clone());
        }
        self.taken
    }
}

impl Selection {
    fn seed(self) -> u64 {
        match self {
            Self::First => 0,
            Self::Random(seed) => seed,
        }
    }
}

/// Takes `count` of `samples`, repeating some if there are fewer; without a count all, each once.
///
/// # Errors
/// The first error among the samples, and a dataset without samples.
pub(crate) fn select(
    samples: impl Iterator<Item = Result<PromptSample, DatasetError>>,
    count: Option<usize>,
    selection: Selection,
) -> Result<Vec<PromptSample>, DatasetError> {
    let mut pick = Pick::new(count, selection);
    for sample in samples {
        if !pick.offer(sample?) {
            break;
        }
    }
    let taken = pick.finish();
    if taken.is_empty() {
        return Err(DatasetError::without_prompt("the file has none"));
    }
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pick(n: u32, wanted: usize, seed: u64) -> Vec<u32> {
        let mut pick = Pick::new(Some(wanted), Selection::Random(seed));
        (0..n).for_each(|item| assert!(pick.offer(item)));
        pick.finish()
    }

    #[test]
    fn every_item_is_equally_likely_at_every_index() {
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
    fn few_items_are_all_taken_and_then_repeated() {
        let mut few = pick(3, 8, 7);
        assert_eq!(few.len(), 8);
        assert!(few[3..].iter().all(|item| few[..3].contains(item)));
        few.truncate(3);
        few.sort_unstable();
        assert_eq!(few, [0, 1, 2]);
        assert!(pick(0, 8, 7).is_empty());
    }

    fn numbered(n: u64) -> impl Iterator<Item = Result<PromptSample, DatasetError>> {
        (0..n).map(|i| Ok(PromptSample::of_prompt(i.to_string(), Some(i))))
    }

    fn numbers(n: u64, count: Option<usize>, selection: Selection) -> Vec<u64> {
        let samples = select(numbered(n), count, selection).unwrap();
        samples.iter().filter_map(|s| s.output_tokens).collect()
    }

    #[test]
    fn samples_are_the_first_ones_or_random_ones() {
        assert_eq!(numbers(9, Some(3), Selection::First), [0, 1, 2]);
        assert_eq!(numbers(3, None, Selection::First), [0, 1, 2]);
        let mut all = numbers(9, None, Selection::Random(4));
        assert_eq!(all, numbers(9, None, Selection::Random(4)));
        assert_ne!(all, numbers(9, None, Selection::Random(5)));
        all.sort_unstable();
        assert_eq!(all, (0..9).collect::<Vec<_>>());
    }

    #[test]
    fn few_are_repeated_and_none_is_an_error() {
        let five = numbers(2, Some(5), Selection::First);
        assert_eq!((five.len(), &five[..2]), (5, &[0, 1][..]));
        let none = select(numbered(0), Some(5), Selection::First).unwrap_err();
        assert!(matches!(none, DatasetError::Unusable(_)));
    }
}

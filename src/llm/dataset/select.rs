//! Selects samples of a dataset.

use super::error::DatasetError;
use super::pick::{Pick, fill_up};
use super::sample::PromptSample;

/// Which of the usable samples are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Selection {
    /// The first ones, which ends the reading early.
    First,
    /// Any, drawn with this seed. The dataset is read to its end; only the samples are kept in memory.
    Random(u64),
}

/// Takes `count` of `samples`, repeating some if there are fewer; without a count all, each once.
///
/// # Errors
/// That of the first sample that is one, and a dataset without any.
pub(crate) fn select(
    samples: impl Iterator<Item = Result<PromptSample, DatasetError>>,
    count: Option<usize>,
    selection: Selection,
) -> Result<Vec<PromptSample>, DatasetError> {
    let wanted = count.unwrap_or(usize::MAX);
    let (mut taken, seed) = match selection {
        Selection::First => (samples.take(wanted).collect::<Result<Vec<_>, _>>()?, 0),
        Selection::Random(seed) => {
            let mut pick = Pick::new(wanted, seed);
            for sample in samples {
                pick.offer(sample?);
            }
            (pick.finish(), seed)
        }
    };
    if taken.is_empty() {
        return Err(DatasetError::Empty("the file has none".into()));
    }
    fill_up(&mut taken, count.unwrap_or(0), seed);
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(n: u64) -> impl Iterator<Item = Result<PromptSample, DatasetError>> {
        (0..n).map(|i| Ok(PromptSample::of_prompt(i.to_string(), Some(i))))
    }

    fn numbers(n: u64, count: Option<usize>, selection: Selection) -> Vec<u64> {
        let samples = select(numbered(n), count, selection).unwrap();
        samples.iter().filter_map(|s| s.output_tokens).collect()
    }

    #[test]
    fn the_first_in_order_or_any_in_any_order() {
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
        assert!(matches!(none, DatasetError::Empty(_)));
    }
}

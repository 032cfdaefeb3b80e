//! Repeated messages: the first one is printed, the others are counted.

use std::collections::HashMap;

/// Detects repeated texts and counts them.
///
/// Memory is bounded: after [`Dedup::DISTINCT`] different texts, further ones are only counted.
#[derive(Debug, Default)]
pub(super) struct Dedup {
    /// The number of each text, in order of appearance.
    known: HashMap<String, usize>,
    /// The number of repetitions of each text since the last report.
    counts: Vec<u64>,
    others: u64,
    full: bool,
}

/// Whether a text is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repetition {
    /// A new text, to be shown.
    First,
    /// A repetition, or a text beyond the limit, not to be shown.
    Again,
    /// The first text beyond the limit.
    Full,
}

impl Dedup {
    /// The maximum number of different texts.
    pub(super) const DISTINCT: usize = 100;
    /// The number of compared bytes.
    const LONGEST: usize = 4096;

    pub(super) fn see(&mut self, text: &str) -> Repetition {
        let text = &text[..text.floor_char_boundary(Self::LONGEST)];
        if let Some(&at) = self.known.get(text) {
            self.counts[at] += 1;
            return Repetition::Again;
        }
        if self.known.len() >= Self::DISTINCT {
            self.others += 1;
            let first = !std::mem::replace(&mut self.full, true);
            return if first {
                Repetition::Full
            } else {
                Repetition::Again
            };
        }
        self.known.insert(text.to_owned(), self.counts.len());
        self.counts.push(0);
        Repetition::First
    }

    /// The texts repeated since the last report with their counts, and the number of other texts.
    pub(super) fn report(&mut self) -> (Vec<(String, u64)>, u64) {
        let mut again: Vec<_> = self
            .known
            .iter()
            .filter(|&(_, &at)| self.counts[at] > 0)
            .map(|(text, &at)| (at, text.clone(), self.counts[at]))
            .collect();
        again.sort_unstable();
        self.counts.fill(0);
        let again = again
            .into_iter()
            .map(|(_, text, count)| (text, count))
            .collect();
        (again, std::mem::take(&mut self.others))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_occurrence_of_a_text_is_new() {
        let mut dedup = Dedup::default();
        assert_eq!(dedup.see("b"), Repetition::First);
        assert_eq!(dedup.see("a"), Repetition::First);
        for _ in 0..3 {
            assert_eq!(dedup.see("b"), Repetition::Again);
        }
        assert_eq!(dedup.report(), (vec![("b".to_owned(), 3)], 0));
        assert_eq!(dedup.report(), (vec![], 0));
        dedup.see("a");
        dedup.see("b");
        assert_eq!(
            dedup.report(),
            (vec![("b".to_owned(), 1), ("a".to_owned(), 1)], 0)
        );
    }

    #[test]
    fn memory_is_bounded() {
        let mut dedup = Dedup::default();
        let seen: Vec<_> = (0..1000).map(|n| dedup.see(&format!("{n}"))).collect();
        assert!(
            seen[..Dedup::DISTINCT]
                .iter()
                .all(|seen| *seen == Repetition::First)
        );
        assert_eq!(seen[Dedup::DISTINCT], Repetition::Full);
        assert!(
            seen[Dedup::DISTINCT + 1..]
                .iter()
                .all(|seen| *seen == Repetition::Again)
        );
        assert_eq!(dedup.known.len(), Dedup::DISTINCT);
        assert_eq!(dedup.report(), (vec![], 900));
        assert_eq!(dedup.see("one more"), Repetition::Again);
        assert_eq!(dedup.report(), (vec![], 1));
    }

    #[test]
    fn long_texts_are_truncated_at_a_character() {
        let mut dedup = Dedup::default();
        let long = "é".repeat(10_000);
        dedup.see(&long);
        assert_eq!(dedup.see(&(long + "x")), Repetition::Again);
        assert!(dedup.known.keys().all(|text| text.len() <= Dedup::LONGEST));
    }
}

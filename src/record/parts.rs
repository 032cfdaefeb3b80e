//! The parts of a run, according to its records.

use super::{MergeError, Record, RunMetadata};

impl RunMetadata {
    /// Checks whether both can be parts of the same run: different parts with the same number of parts, run ID and seed. A run
    /// that is not a part can be merged with any run but itself.
    ///
    /// # Errors
    /// The difference.
    pub(super) fn is_beside(&self, other: &Self) -> Result<(), MergeError> {
        let (Some(own), Some(others)) = (self.part, other.part) else {
            let is_same = self.is_copy_of(other);
            return if is_same {
                Err(MergeError::Same)
            } else {
                Ok(())
            };
        };
        if own.count() != others.count() {
            return Err(MergeError::Counts(own.count(), others.count()));
        }
        if self.run_id != other.run_id && !self.run_id.is_empty() && !other.run_id.is_empty() {
            return Err(MergeError::Runs(self.run_id.clone(), other.run_id.clone()));
        }
        if own == others {
            return Err(MergeError::Twice(own.to_string()));
        }
        match (self.seed, other.seed) {
            (Some(own), Some(other)) if own != other => Err(MergeError::Seeds(own, other)),
            _ => Ok(()),
        }
    }

    /// Whether both describe the same run: no two runs on a machine start in the same instant with the same seed.
    fn is_copy_of(&self, other: &Self) -> bool {
        !self.started.is_zero()
            && (self.part, self.started, self.seed) == (other.part, other.started, other.seed)
            && self.machine == other.machine
    }
}

impl Record {
    /// A note on missing parts; `None` if no part is missing.
    pub(crate) fn missing_parts(&self) -> Option<String> {
        let parts = self.runs.iter().filter_map(|run| run.part);
        let there: Vec<u32> = parts.clone().map(crate::parts::Part::index).collect();
        let count = parts.map(crate::parts::Part::count).next()?;
        let missing: Vec<u32> = (0..count).filter(|index| !there.contains(index)).collect();
        let shown: Vec<String> = missing.iter().take(SHOWN).map(u32::to_string).collect();
        let shown = shown.join(", ");
        let (figures, others) = (
            "the figures are those of the others",
            missing.len().saturating_sub(SHOWN),
        );
        match missing.len() {
            0 => None,
            1 => Some(format!("part {shown} of {count} is missing: {figures}")),
            _ if others > 0 => Some(format!(
                "parts {shown} and {others} more of {count} are missing: {figures}"
            )),
            _ => Some(format!("parts {shown} of {count} are missing: {figures}")),
        }
    }
}

/// The maximum number of missing parts that are named.
const SHOWN: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parts::Part;

    fn part(text: &str) -> RunMetadata {
        RunMetadata {
            part: Part::parse(text).ok(),
            seed: Some(0),
            ..RunMetadata::default()
        }
    }

    #[test]
    fn different_parts_of_one_run_can_be_merged() {
        let of = |text: &str, run_id: &str| RunMetadata {
            run_id: run_id.to_owned(),
            ..part(text)
        };
        let beside = |own: &RunMetadata, other: &RunMetadata| own.is_beside(other);
        assert_eq!(beside(&part("0/4"), &part("1/4")), Ok(()));
        assert!(matches!(
            beside(&part("1/4"), &part("1/4")),
            Err(MergeError::Twice(_))
        ));
        assert!(matches!(
            beside(&part("0/4"), &part("1/3")),
            Err(MergeError::Counts(..))
        ));
        assert!(matches!(
            beside(&of("0/4", "a"), &of("1/4", "b")),
            Err(MergeError::Runs(..))
        ));
        assert_eq!(beside(&of("0/4", "a"), &of("1/4", "")), Ok(()));
        let seeded = RunMetadata {
            seed: Some(1),
            ..part("1/4")
        };
        assert!(matches!(
            beside(&part("0/4"), &seeded),
            Err(MergeError::Seeds(..))
        ));
        assert_eq!(
            beside(&RunMetadata::default(), &RunMetadata::default()),
            Ok(())
        );
    }

    #[test]
    fn missing_parts_are_named() {
        let missing = |parts: &[&str]| {
            let runs = parts.iter().map(|text| part(text)).collect();
            Record {
                runs,
                ..Record::default()
            }
            .missing_parts()
        };
        assert_eq!(missing(&["0/2", "1/2"]), None);
        assert_eq!(
            missing(&["0/3", "2/3"]).unwrap(),
            "part 1 of 3 is missing: the figures are those of the others"
        );
        assert_eq!(
            missing(&["3/4"]).unwrap(),
            "parts 0, 1, 2 of 4 are missing: the figures are those of the others"
        );
        assert!(
            missing(&["0/100"])
                .unwrap()
                .contains("20 and 79 more of 100")
        );
        let none = Record {
            runs: vec![RunMetadata::default()],
            ..Record::default()
        };
        assert_eq!(none.missing_parts(), None);
    }
}

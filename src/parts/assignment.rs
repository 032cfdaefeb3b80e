//! Assigns the plan of a scenario to the parts of a run.

use super::Part;

/// The VUs and starts of a scenario that one part executes.
///
/// The VU with ID `i` belongs to part `(i − 1) mod N`. Start `k` of an arrival rate or of shared iterations belongs to
/// the part of VU `k` of the scenario, modulo the number of parts that have VUs, so a part with a start always has a VU
/// for it. In a run with one scenario and at least as many VUs as parts, that is part `k mod N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// The number of its first VU of the scenario, if the scenario has that many.
    position: u64,
    parts: u64,
    /// The number of parts that have VUs of the scenario.
    sharers: u64,
}

impl Assignment {
    /// The assignment of `part` in a scenario of at most `vus` VUs; `before` is the number of VUs in earlier scenarios.
    pub(crate) fn new(part: Part, before: u64, vus: u64) -> Self {
        let parts = u64::from(part.count());
        Self {
            position: (u64::from(part.index()) + parts - before % parts) % parts,
            parts,
            sharers: parts.min(vus).max(1),
        }
    }

    /// The numbers, from 0, of its VUs among the first `vus` of the scenario.
    pub(crate) fn vus(self, vus: u64) -> impl Iterator<Item = u64> {
        (0..self.vu_count(vus)).map(move |own| own * self.parts + self.position)
    }

    /// The number of its VUs among the first `vus` of the scenario.
    pub(crate) fn vu_count(self, vus: u64) -> u64 {
        share(vus, self.position, self.parts)
    }

    /// The first of its starts, and the step to the next one; `None` if it has none.
    pub(crate) fn starts(self) -> Option<(u64, u64)> {
        (self.position < self.sharers).then_some((self.position, self.sharers))
    }

    /// The number of its starts among the first `starts`.
    pub(crate) fn start_count(self, starts: u64) -> u64 {
        self.starts()
            .map_or(0, |(first, step)| share(starts, first, step))
    }

    /// The number in the whole run of its start or iteration `own`.
    #[inline]
    pub(crate) fn start_number(self, own: u64) -> u64 {
        own * self.sharers + self.position
    }
}

/// The count of the numbers `first`, `first + step`, `first + 2 · step` and so on below `n`.
pub(super) fn share(n: u64, first: u64, step: u64) -> u64 {
    n.saturating_sub(first).div_ceil(step)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn deals(parts: u64, before: u64, vus: u64) -> Vec<Assignment> {
        (0..parts)
            .map(|index| Assignment::new(Part::new(index, parts).unwrap(), before, vus))
            .collect()
    }

    #[test]
    fn a_single_part_executes_everything() {
        let assignment = Assignment::new(Part::WHOLE, 7, 3);
        assert_eq!(
            (assignment.position, assignment.parts, assignment.sharers),
            (0, 1, 1)
        );
        assert_eq!(assignment.vus(3).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(
            (assignment.start_count(5), assignment.start_number(4)),
            (5, 4)
        );
    }

    proptest! {
        #[test]
        fn each_vu_and_start_belongs_to_one_part(
            parts in 1_u64..12, before in 0_u64..30, vus in 0_u64..30, starts in 0_u64..100,
        ) {
            let deals = deals(parts, before, vus);
            let mut assigned: Vec<u64> = deals.iter().flat_map(|assignment| assignment.vus(vus)).collect();
            assigned.sort_unstable();
            prop_assert!(assigned.into_iter().eq(0..vus));
            let of = |assignment: &Assignment| (0..assignment.start_count(starts)).map(|own| assignment.start_number(own)).collect::<Vec<_>>();
            let mut assigned: Vec<u64> = deals.iter().flat_map(of).collect();
            assigned.sort_unstable();
            prop_assert!(assigned.into_iter().eq(0..starts));
        }

        #[test]
        fn a_part_with_starts_has_a_vu(parts in 1_u64..12, before in 0_u64..30, vus in 1_u64..30) {
            for (index, assignment) in deals(parts, before, vus).into_iter().enumerate() {
                prop_assert_eq!(assignment.starts().is_some(), assignment.vu_count(vus) > 0);
                // By id: VU v of the scenario has the id before + v + 1.
                for vu in assignment.vus(vus) {
                    prop_assert_eq!((before + vu) % parts, index as u64);
                }
            }
        }
    }
}

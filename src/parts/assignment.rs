//! Deals the plan of a scenario to the parts of a run.

use super::Part;

/// What one part has of a scenario.
///
/// VUs are assigned by their numbers in the run: the VU with id `i` goes to part `(i − 1) mod N`. Start `k`, of planned
/// arrivals or of shared iterations, goes where VU `k` of the scenario is, counted round those VUs that are on different
/// parts; so it always goes to a part that has a VU for it. In a run with one scenario and at least as many VUs as parts, that
/// is part `k mod N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assignment {
    /// The number of the first VU of the scenario that is its own, if there are so many.
    position: u64,
    parts: u64,
    /// How many parts have VUs of the scenario.
    sharers: u64,
}

impl Assignment {
    /// What `part` has of a scenario with `vus` VUs at most, before which the run has `before` VUs.
    pub fn new(part: Part, before: u64, vus: u64) -> Self {
        let parts = u64::from(part.count());
        Self {
            position: (u64::from(part.index()) + parts - before % parts) % parts,
            parts,
            sharers: parts.min(vus).max(1),
        }
    }

    /// The numbers of its own VUs among the first `vus` of the scenario, from 0.
    pub fn vus(self, vus: u64) -> impl Iterator<Item = u64> {
        (0..self.vu_count(vus)).map(move |own| own * self.parts + self.position)
    }

    /// How many these are.
    pub fn vu_count(self, vus: u64) -> u64 {
        share(vus, self.position, self.parts)
    }

    /// The first of the starts that are its own, and after how many starts the next one is; `None` if it has none.
    pub fn starts(self) -> Option<(u64, u64)> {
        (self.position < self.sharers).then_some((self.position, self.sharers))
    }

    /// How many of the first `starts` starts are its own.
    pub fn start_count(self, starts: u64) -> u64 {
        self.starts()
            .map_or(0, |(first, step)| share(starts, first, step))
    }

    /// The number, in the scenario of the whole run, of its own start or iteration `own`.
    #[inline]
    pub fn start_number(self, own: u64) -> u64 {
        own * self.sharers + self.position
    }
}

/// How many numbers below `n` are `first`, `first + step`, `first + 2 · step` and so on.
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
    fn one_part_has_all() {
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
        fn each_thing_goes_to_one_part(
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
        fn who_has_starts_has_a_vu(parts in 1_u64..12, before in 0_u64..30, vus in 1_u64..30) {
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

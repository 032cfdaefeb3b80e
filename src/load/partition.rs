//! Distributes VUs over workers: VU `i`, from 0, goes to worker `i % workers`.
//!
//! So the numbers of VUs of two workers differ by one at most, at any time of a ramp.

/// The worker, from 0, of VU `index`; 0 without workers.
pub(crate) fn worker_of(index: u64, workers: usize) -> usize {
    let workers = workers.max(1) as u64;
    usize::try_from(index % workers).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn without_workers_the_index_is_0() {
        assert_eq!(worker_of(7, 0), 0);
    }

    proptest! {
        #[test]
        fn workers_differ_by_at_most_one(count in 0_u64..500, workers in 1_usize..17) {
            let mut shares = vec![0_u64; workers];
            for index in 0..count {
                shares[worker_of(index, workers)] += 1;
            }
            let (least, most) = (shares.iter().min().unwrap(), shares.iter().max().unwrap());
            prop_assert!(most - least <= 1);
        }
    }
}

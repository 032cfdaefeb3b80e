//! Sharing things out over worker threads: thing `i` goes to worker `i % workers`.
//!
//! Dealt like cards, so that two workers never differ by more than one, at the start of a ramp as well as at its top.

/// The worker, from 0, that thing `index` belongs to. Without workers everything belongs to worker 0.
pub fn worker_of(index: u64, workers: usize) -> usize {
    let workers = workers.max(1) as u64;
    usize::try_from(index % workers).unwrap_or_default()
}

/// The things among `0..count` that belong to `worker`, in order.
pub fn shares(count: u64, worker: usize, workers: usize) -> impl Iterator<Item = u64> + Clone {
    (worker as u64..count).step_by(workers.max(1))
}

/// How many things among `0..count` belong to `worker`.
pub fn share(count: u64, worker: usize, workers: usize) -> u64 {
    count
        .saturating_sub(worker as u64)
        .div_ceil(workers.max(1) as u64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_thing_belongs_to_exactly_one_worker(count in 0_u64..500, workers in 1_usize..17) {
            let mut all = Vec::new();
            for worker in 0..workers {
                let mine: Vec<u64> = shares(count, worker, workers).collect();
                prop_assert_eq!(mine.len() as u64, share(count, worker, workers));
                prop_assert!(mine.iter().all(|index| worker_of(*index, workers) == worker));
                all.extend(mine);
            }
            all.sort_unstable();
            prop_assert!(all.into_iter().eq(0..count));
        }

        #[test]
        fn workers_differ_by_at_most_one(count: u64, workers in 1_usize..300) {
            let shares: Vec<u64> = (0..workers).map(|worker| share(count, worker, workers)).collect();
            let (least, most) = (shares.iter().min().unwrap(), shares.iter().max().unwrap());
            prop_assert!(most - least <= 1);
        }
    }
}

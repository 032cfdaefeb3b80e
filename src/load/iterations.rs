//! Counts down a number of iterations.

use std::sync::atomic::{AtomicU64, Ordering};

/// The remaining iterations that all VUs of `shared-iterations` share.
#[derive(Debug)]
pub(crate) struct Iterations {
    total: u64,
    taken: AtomicU64,
}

impl Iterations {
    /// `total` iterations.
    pub(crate) fn new(total: u64) -> Self {
        Self {
            total,
            taken: AtomicU64::new(0),
        }
    }

    /// Takes the next one and returns its number, from 0; `None` when all are taken. Each number is returned once, to one
    /// thread.
    pub(crate) fn take(&self) -> Option<u64> {
        // Relaxed, because only the number itself passes between threads.
        self.taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |taken| {
                (taken < self.total).then_some(taken + 1)
            })
            .ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_is_taken_once() {
        let iterations = Iterations::new(3);
        let taken: Vec<_> = std::iter::from_fn(|| iterations.take()).collect();
        assert_eq!(taken, [0, 1, 2]);
        assert_eq!(iterations.take(), None);
    }

    #[test]
    fn threads_share_iterations_without_loss() {
        let iterations = Iterations::new(10_000);
        let mut numbers: Vec<u64> = std::thread::scope(|scope| {
            let takers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| std::iter::from_fn(|| iterations.take()).collect::<Vec<_>>())
                })
                .collect();
            takers
                .into_iter()
                .flat_map(|taker| taker.join().unwrap())
                .collect()
        });
        numbers.sort_unstable();
        assert!(numbers.into_iter().eq(0..10_000));
    }
}

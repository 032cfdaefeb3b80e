//! Locks that a panic does not poison, and values that each thread has for itself.
//!
//! No code under these locks leaves a value half changed if it panics, so the next thread can use the value.

use std::fmt;
use std::sync::{Arc, MutexGuard, PoisonError, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

/// A mutex without poison.
#[derive(Debug, Default)]
pub(crate) struct Mutex<T: ?Sized>(std::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(std::sync::Mutex::new(value))
    }

    #[inline]
    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A reader-writer lock without poison.
#[derive(Debug, Default)]
pub(crate) struct RwLock<T>(std::sync::RwLock<T>);

impl<T> RwLock<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(std::sync::RwLock::new(value))
    }

    #[inline]
    pub(crate) fn read(&self) -> RwLockReadGuard<'_, T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, T> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A condition variable for [`Mutex`].
#[derive(Debug, Default)]
pub(crate) struct Condvar(std::sync::Condvar);

impl Condvar {
    pub(crate) const fn new() -> Self {
        Self(std::sync::Condvar::new())
    }

    pub(crate) fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        self.0.wait(guard).unwrap_or_else(PoisonError::into_inner)
    }

    /// As [`Condvar::wait`], for at most `time`.
    pub(crate) fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        time: Duration,
    ) -> MutexGuard<'a, T> {
        let waited = self.0.wait_timeout(guard, time);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    pub(crate) fn notify_one(&self) {
        self.0.notify_one();
    }

    pub(crate) fn notify_all(&self) {
        self.0.notify_all();
    }
}

/// A value for each thread that records, and one thread that collects from all of them.
pub(crate) struct PerThread<T>(Mutex<Vec<Arc<T>>>);

impl<T> PerThread<T> {
    /// Adds the value of another thread, which owns the returned reference.
    pub(crate) fn add(&self, value: T) -> Arc<T> {
        let value = Arc::new(value);
        self.0.lock().push(Arc::clone(&value));
        value
    }

    /// All values. A value whose owner is gone is returned for the last time.
    pub(crate) fn all(&self) -> Vec<Arc<T>> {
        let mut values = self.0.lock();
        let all = values.clone();
        // The list and `all` have a reference each; any other one is the owner's.
        values.retain(|value| Arc::strong_count(value) > 2);
        all
    }
}

impl<T> Default for PerThread<T> {
    fn default() -> Self {
        Self(Mutex::new(Vec::new()))
    }
}

impl<T> fmt::Debug for PerThread<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerThread").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_does_not_poison_a_lock() {
        let number = Mutex::new(1);
        let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _guard = number.lock();
            panic!("under the lock");
        }));
        assert!(panicked.is_err());
        assert_eq!(*number.lock(), 1);
    }

    #[test]
    fn a_value_is_returned_once_more_after_its_owner_is_gone() {
        let all = PerThread::default();
        let (first, second) = (all.add(1), all.add(2));
        assert_eq!(all.all(), [Arc::new(1), Arc::new(2)]);
        drop(first);
        assert_eq!(all.all().len(), 2);
        assert_eq!(all.all(), [second]);
    }
}

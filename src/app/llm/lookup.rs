//! Runs a lookup before the benchmark.

use tokio::runtime;
use tokio::task::LocalSet;

use super::super::Stopper;
use crate::error::Error;

/// Runs `lookup` on this thread until it ends or the benchmark is stopped. `what` names it in errors.
pub(super) fn block_on<T>(
    what: &str,
    stopper: &Stopper,
    lookup: impl Future<Output = T>,
) -> Result<T, Error> {
    let runtime = runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| Error::Io {
            what: format!("cannot start {what}"),
            source,
        })?;
    let found = LocalSet::new().block_on(&runtime, async {
        tokio::select! {
            found = lookup => Some(found),
            () = stopper.stopped() => None,
        }
    });
    // Does not wait for a pending lookup of a host name.
    runtime.shutdown_background();
    found.ok_or(Error::Stopped)
}

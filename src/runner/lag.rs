//! How late this program itself is: while a worker is busy, everything it measures comes late by as much.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::shared::Shared;
use crate::metrics::Recorder;

const INTERVAL: Duration = Duration::from_millis(20);

/// Records how late this worker wakes up from short sleeps, for as long as it is not dropped.
pub(super) async fn record_lag(shared: Arc<Shared>, recorder: Recorder) {
    let series = recorder.series(shared.registry.builtin().client_lag, &shared.tags);
    // A run that is over before the first sample needs no exact clock.
    sleep(INTERVAL).await;
    loop {
        let due = Instant::now() + INTERVAL;
        shared.clock.until(due).await;
        recorder.add(&series, due.elapsed().as_secs_f64());
    }
}

//! Measures the lag and CPU usage of ssel itself. While a worker is busy, everything it measures is late by that time.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::coordinator::Coordinator;
use crate::metrics::Recorder;

const INTERVAL: Duration = Duration::from_millis(20);

/// Records the lag of this worker every 20 ms, and its processor time, until it is dropped.
pub(super) async fn record_lag(shared: Arc<Coordinator>, worker: usize, recorder: Recorder) {
    let series = recorder.series(shared.registry.builtin().client_lag, &shared.tags);
    let before = thread_cpu_time();
    let mut due = Instant::now() + 2 * INTERVAL;
    // A run that ends before the first sample needs no exact clock.
    sleep(INTERVAL).await;
    loop {
        shared.clock.until(due).await;
        let now = Instant::now();
        let mut batch = recorder.batch();
        // One sample for each missed instant, because anything that arrived then has waited until now. With a single sample,
        // a thread that was blocked for a second would count no more than one that was on time.
        while due <= now {
            batch.add(&series, (now - due).as_secs_f64());
            due += INTERVAL;
        }
        drop(batch);
        let used = thread_cpu_time().saturating_sub(before).as_nanos();
        shared.cpu[worker].store(u64::try_from(used).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// The processor time of this thread.
fn thread_cpu_time() -> Duration {
    cpu_time(CpuClock::Thread)
}

/// The processor time of all threads of this process.
pub(crate) fn process_cpu_time() -> Duration {
    cpu_time(CpuClock::Process)
}

#[derive(Clone, Copy)]
enum CpuClock {
    Thread,
    Process,
}

#[cfg(unix)]
fn cpu_time(clock: CpuClock) -> Duration {
    use rustix::time::{ClockId, clock_gettime};
    let clock = match clock {
        CpuClock::Thread => ClockId::ThreadCPUTime,
        CpuClock::Process => ClockId::ProcessCPUTime,
    };
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}

/// Unknown on this system.
#[cfg(not(unix))]
fn cpu_time(_: CpuClock) -> Duration {
    Duration::ZERO
}

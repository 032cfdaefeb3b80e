//! Measures the lag and CPU usage of ssel itself. While a worker is busy, everything it measures is late by that time.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::coordinator::Coordinator;
use crate::metrics::Recorder;

const INTERVAL: Duration = Duration::from_millis(20);

/// Records how late this worker is at every fiftieth of a second, and its processor time, for as long as it is not
/// dropped.
pub(super) async fn record_lag(shared: Arc<Coordinator>, worker: usize, recorder: Recorder) {
    let series = recorder.series(shared.registry.builtin().client_lag, &shared.tags);
    let before = thread_cpu_time();
    let mut due = Instant::now() + 2 * INTERVAL;
    // A run that is over before the first sample needs no exact clock.
    sleep(INTERVAL).await;
    loop {
        shared.clock.until(due).await;
        let now = Instant::now();
        let mut batch = recorder.batch();
        // One sample for each moment that went by unheeded: something that came then has waited until now. With a single
        // sample, a second of standing still would count no more than a moment on time.
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

/// The processor time of this process, all of its threads together.
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

/// Not known on this system.
#[cfg(not(unix))]
fn cpu_time(_: CpuClock) -> Duration {
    Duration::ZERO
}

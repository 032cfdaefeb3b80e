//! Starts the load at a given time.

use std::time::{Duration, Instant, SystemTime};

use crate::output::Terminal;
use crate::report::utc;
use crate::runner::Handle;
use crate::units::format_duration;

/// A start is on time if it is no later than this.
const LATE: Duration = Duration::from_millis(10);

/// The time at which a load starts.
#[derive(Debug, Clone, Copy)]
pub(super) struct ScheduledStart {
    time: SystemTime,
    at: Instant,
}

impl ScheduledStart {
    /// A start at `time`, converted with the current clock of this machine.
    pub(super) fn new(time: SystemTime) -> Self {
        let left = time.duration_since(SystemTime::now()).unwrap_or_default();
        Self {
            time,
            at: Instant::now() + left,
        }
    }

    /// The instant of the start.
    pub(super) fn at(self) -> Instant {
        self.at
    }

    /// Schedules the start, now that the VUs exist, and reports it.
    pub(super) fn apply(self, handle: &Handle, terminal: &Terminal) {
        let now = Instant::now();
        handle.start_at(self.at);
        let time = self.time.duration_since(SystemTime::UNIX_EPOCH);
        let time = utc(time.unwrap_or_default());
        match self.at.checked_duration_since(now) {
            Some(left) => terminal.info(&format!("the load starts at {time}, {}", shown(left))),
            None if now - self.at > LATE => terminal.warn(&format!(
                "the load starts {} after its time, {time}: loading the script, setup and creating the VUs took longer; \
                 use a later time",
                format_duration(to_milliseconds(now - self.at))
            )),
            None => {}
        }
    }

    /// The phase between the creation of VUs and the start.
    pub(super) fn phase(self) -> String {
        let left = self.at.saturating_duration_since(Instant::now());
        format!("the load starts {}", shown(left))
    }
}

/// The remaining time.
fn shown(left: Duration) -> String {
    format!(
        "in {}",
        format_duration(Duration::from_secs(left.as_secs() + 1))
    )
}

fn to_milliseconds(time: Duration) -> Duration {
    Duration::new(time.as_secs(), time.subsec_millis() * 1_000_000)
}

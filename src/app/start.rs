//! Starts the load at a given time.

use std::time::{Duration, Instant, SystemTime};

use crate::output::Terminal;
use crate::report::utc;
use crate::runner::Handle;
use crate::units::format_duration;

/// A start that comes no later than this after its time was kept.
const LATE: Duration = Duration::from_millis(10);

/// The time at which a load is to begin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Appointment {
    time: SystemTime,
    at: Instant,
}

impl Appointment {
    /// At `time`, by the clock of this machine as it goes now.
    pub(super) fn new(time: SystemTime) -> Self {
        let left = time.duration_since(SystemTime::now()).unwrap_or_default();
        Self {
            time,
            at: Instant::now() + left,
        }
    }

    /// The moment.
    pub(super) fn at(self) -> Instant {
        self.at
    }

    /// Tells the load when to begin, now that its VUs are made.
    pub(super) fn keep(self, handle: &Handle, terminal: &Terminal) {
        let now = Instant::now();
        handle.start_at(self.at);
        let time = self.time.duration_since(SystemTime::UNIX_EPOCH);
        let time = utc(time.unwrap_or_default());
        match self.at.checked_duration_since(now) {
            Some(left) => terminal.info(&format!("the load begins at {time}, {}", shown(left))),
            None if now - self.at > LATE => terminal.warn(&format!(
                "the load was to begin at {time} and begins {} late: loading the script, setup and making the VUs took \
                 longer; give a later time",
                format_duration(to_milliseconds(now - self.at))
            )),
            None => {}
        }
    }

    /// What is waited for, once the VUs are there.
    pub(super) fn phase(self) -> String {
        let left = self.at.saturating_duration_since(Instant::now());
        format!("the load begins {}", shown(left))
    }
}

/// How long it is until then.
fn shown(left: Duration) -> String {
    format!(
        "in {}",
        format_duration(Duration::from_secs(left.as_secs() + 1))
    )
}

fn to_milliseconds(time: Duration) -> Duration {
    Duration::new(time.as_secs(), time.subsec_millis() * 1_000_000)
}

//! A precise timer. The timeout of a poll is rounded up to the next millisecond; Linux also has exact timers that can
//! be polled like a socket.

use std::io;
use std::time::Instant;

use mio::{Registry, Token};

/// A timer that wakes a poll.
#[derive(Debug)]
pub(super) struct Wakeup {
    #[cfg(target_os = "linux")]
    timer: std::os::fd::OwnedFd,
    set: Option<Instant>,
}

impl Wakeup {
    /// A timer that is registered in `registry` under `token`.
    #[cfg(target_os = "linux")]
    pub(super) fn new(registry: &Registry, token: Token) -> io::Result<Self> {
        use std::os::fd::AsRawFd;

        use rustix::time::{TimerfdClockId, TimerfdFlags, timerfd_create};

        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        let descriptor = timer.as_raw_fd();
        registry.register(
            &mut mio::unix::SourceFd(&descriptor),
            token,
            mio::Interest::READABLE,
        )?;
        Ok(Self { timer, set: None })
    }

    /// The polls of other systems are exact.
    #[cfg(not(target_os = "linux"))]
    #[expect(clippy::unnecessary_wraps, reason = "as on Linux")]
    pub(super) fn new(_: &Registry, _: Token) -> io::Result<Self> {
        Ok(Self { set: None })
    }

    /// Sets the timer to `at`, replacing an earlier setting.
    pub(super) fn set(&mut self, at: Instant, now: Instant) -> io::Result<()> {
        if self.set == Some(at) {
            return Ok(());
        }
        self.set = Some(at);
        #[cfg(target_os = "linux")]
        {
            use rustix::time::{Itimerspec, TimerfdTimerFlags, Timespec, timerfd_settime};

            let wait = at.saturating_duration_since(now);
            let value = Timespec {
                tv_sec: wait.as_secs().try_into().unwrap_or(i64::MAX),
                // A zero would disable the timer.
                tv_nsec: i64::from(wait.subsec_nanos()).max(1),
            };
            let interval = Timespec {
                tv_sec: 0,
                tv_nsec: 0,
            };
            let once = Itimerspec {
                it_interval: interval,
                it_value: value,
            };
            timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &once)?;
        }
        #[cfg(not(target_os = "linux"))]
        let _ = now;
        Ok(())
    }
}

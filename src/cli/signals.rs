//! SIGINT, SIGTERM and SIGHUP, handled the same way by every command.
//!
//! | signal | effect |
//! |---|---|
//! | first | the load ends; teardown, summary and files follow |
//! | second | ssel no longer waits for the script; summary and files follow |
//! | third | the process exits immediately |

use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::exit_code;
use crate::app::Stopper;
use crate::error::Error;

/// Signals within this time count as one: `timeout` signals its child and then the whole group of the child. A person
/// takes longer to press Ctrl-C again.
const SAME_CAUSE: Duration = Duration::from_millis(100);

/// The effect of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Stop,
    StopNow,
    Exit,
}

/// Counts signals.
#[derive(Debug, Default)]
struct SignalCounter {
    count: u32,
    last: Option<Instant>,
}

impl SignalCounter {
    /// Counts a signal at `now`; `None` if it belongs to the previous one.
    fn count(&mut self, now: Instant) -> Option<Action> {
        let same = |last| now.saturating_duration_since(last) < SAME_CAUSE;
        if self.last.is_some_and(same) {
            return None;
        }
        self.last = Some(now);
        self.count += 1;
        Some(match self.count {
            1 => Action::Stop,
            2 => Action::StopNow,
            _ => Action::Exit,
        })
    }
}

/// Starts a thread that passes signals to `stopper`. It does nothing else, so that the third signal ends the process even if
/// all other threads are stuck.
///
/// # Errors
/// Those of the system.
pub(super) fn listen(stopper: &Stopper) -> Result<(), Error> {
    let stopper = stopper.clone();
    let listen = || {
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        if !is_hangup_ignored() {
            signals.add_signal(SIGHUP)?;
        }
        std::thread::Builder::new()
            .name("ssel-signals".into())
            .spawn(move || {
                let mut counter = SignalCounter::default();
                for _ in &mut signals {
                    match counter.count(Instant::now()) {
                        Some(Action::Stop) => stopper.stop(),
                        Some(Action::StopNow) => stopper.stop_now(),
                        // `std::process::exit` would wait for output.
                        Some(Action::Exit) => {
                            signal_hook::low_level::exit(exit_code::STOPPED.0.into());
                        }
                        None => {}
                    }
                }
            })
    };
    listen().map(drop).map_err(|source| Error::Io {
        what: "cannot listen for signals".into(),
        source,
    })
}

/// Whether the process was started to outlive its terminal, as by `nohup`.
fn is_hangup_ignored() -> bool {
    // No safe function reports this. Without this file, SIGHUP is handled.
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| ignores_hangup(&status))
}

fn ignores_hangup(status: &str) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // Bit 0 is signal 1.
    mask.is_some_and(|mask| mask >> (SIGHUP - 1) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_of_one_cause_count_once() {
        let mut counter = SignalCounter::default();
        let start = Instant::now();
        let mut at = |millis| counter.count(start + Duration::from_millis(millis));
        assert_eq!(at(0), Some(Action::Stop));
        assert_eq!(at(0), None);
        assert_eq!(at(99), None);
        assert_eq!(at(100), Some(Action::StopNow));
        assert_eq!(at(150), None);
        assert_eq!(at(2_000), Some(Action::Exit));
    }

    #[test]
    fn a_process_under_nohup_is_recognised() {
        let status = |mask: &str| format!("Name:\tssel\nSigBlk:\t0\nSigIgn:\t{mask}\nSigCgt:\t0\n");
        assert!(ignores_hangup(&status("0000000000000001")));
        assert!(!ignores_hangup(&status("0000000000001000")));
        assert!(!ignores_hangup("Name:\tssel\n"));
    }
}

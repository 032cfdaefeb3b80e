//! SIGINT, SIGTERM and SIGHUP, handled the same way by every command.
//!
//! | signal | what follows |
//! |---|---|
//! | first | the load ends now, then teardown, summary and files |
//! | second | nothing of the script is waited for; summary and files all the same |
//! | third | the process ends at once |

use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::exit_code;
use crate::app::Stopper;
use crate::error::Error;

/// Signals that come within this time count as one. `timeout` signals its child and then the child's whole group; a
/// person takes longer to press Ctrl-C again.
const SAME_CAUSE: Duration = Duration::from_millis(100);

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Stop,
    StopNow,
    Exit,
}

/// The signals that count.
#[derive(Debug, Default)]
struct Heard {
    count: u32,
    last: Option<Instant>,
}

impl Heard {
    /// Takes a signal that came at `now`; `None` for one that belongs to the one before.
    fn hear(&mut self, now: Instant) -> Option<Wish> {
        let same = |last| now.saturating_duration_since(last) < SAME_CAUSE;
        if self.last.is_some_and(same) {
            return None;
        }
        self.last = Some(now);
        self.count += 1;
        Some(match self.count {
            1 => Wish::Stop,
            2 => Wish::StopNow,
            _ => Wish::Exit,
        })
    }
}

/// Listens on a thread of its own from now on, and tells `stopper`. The thread does nothing else, so that the third signal
/// ends the process even when every other thread is stuck.
///
/// # Errors
/// When the system refuses to tell of signals.
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
                let mut heard = Heard::default();
                for _ in &mut signals {
                    match heard.hear(Instant::now()) {
                        Some(Wish::Stop) => stopper.stop(),
                        Some(Wish::StopNow) => stopper.stop_now(),
                        // Not `std::process::exit`, which waits for whoever prints.
                        Some(Wish::Exit) => {
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

/// Whether whoever started the process wants it to outlive its terminal, as `nohup` does.
fn is_hangup_ignored() -> bool {
    // There is no safe call that tells. Where there is no such file, it is not known, and SIGHUP is listened to.
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
        let mut heard = Heard::default();
        let start = Instant::now();
        let mut at = |millis| heard.hear(start + Duration::from_millis(millis));
        assert_eq!(at(0), Some(Wish::Stop));
        assert_eq!(at(0), None);
        assert_eq!(at(99), None);
        assert_eq!(at(100), Some(Wish::StopNow));
        assert_eq!(at(150), None);
        assert_eq!(at(2_000), Some(Wish::Exit));
    }

    #[test]
    fn a_process_under_nohup_is_known() {
        let status = |mask: &str| format!("Name:\tssel\nSigBlk:\t0\nSigIgn:\t{mask}\nSigCgt:\t0\n");
        assert!(ignores_hangup(&status("0000000000000001")));
        assert!(!ignores_hangup(&status("0000000000001000")));
        assert!(!ignores_hangup("Name:\tssel\n"));
    }
}

//! Finishes a terminal: writes the remaining output as long as there is a reader.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::queue::Unwritten;
use super::terminal::Terminal;

/// The time that a reader may be idle at the end before the remaining output is given up, and the time after a request to stop.
const PATIENCE: Duration = Duration::from_secs(30);
const SHORT_PATIENCE: Duration = Duration::from_secs(1);

/// The waiting time after which ssel reports that it waits for a reader.
const REPORT_WAIT: Duration = Duration::from_secs(2);

impl Terminal {
    /// Waits until everything is written, or until the reader was idle for half a minute, or for a second after a request to
    /// stop (see [`Terminal::hurry_when`]). Reports unwritten output on the other stream, and shows results there. Returns
    /// false if something is missing.
    pub(crate) fn finish(&self) -> bool {
        let shared = &*self.0;
        let is_over = |still| still >= patience(shared.out_state.is_hurried());
        let one_place = Arc::ptr_eq(&shared.out, &shared.err);
        let mut is_reported = false;
        let enough = |still: Duration| {
            if still > REPORT_WAIT && !one_place && !is_reported {
                is_reported = true;
                self.info("waiting for the reader of standard output; Ctrl-C stops waiting");
            }
            is_over(still)
        };
        let mut all = true;
        if let Err(Unwritten { bytes, results }) = shared.out.drain(enough) {
            all = false;
            if one_place {
                return false;
            }
            self.error(&format!(
                "standard output was not read: {bytes} bytes could not be written to it"
            ));
            for result in results {
                self.write_err(&String::from_utf8_lossy(&result));
            }
        }
        for (queue, name) in [
            (&shared.out, "standard output"),
            (&shared.err, "standard error"),
        ] {
            match queue.take_dropped() {
                0 => {}
                1 => self.error(&format!(
                    "1 line printed by scripts was dropped from {name}"
                )),
                n => self.error(&format!(
                    "{n} lines printed by scripts were dropped from {name}"
                )),
            }
        }
        if let Err(Unwritten { bytes, .. }) = shared.err.drain(is_over) {
            let text = format!(
                "ssel: standard error was not read: {bytes} bytes could not be written to it\n"
            );
            if !one_place && all && !shared.out_state.is_taken.load(Ordering::Acquire) {
                self.write(&text);
                let _ = shared.out.drain(|still| still >= SHORT_PATIENCE);
            }
            all = false;
        }
        all
    }
}

/// The time to wait for an idle reader.
pub(super) fn patience(is_hurried: bool) -> Duration {
    if is_hurried { SHORT_PATIENCE } else { PATIENCE }
}

//! SIGINT and SIGTERM: the first asks for an orderly end, the second ends the process at once.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::exit_code;

/// Calls `stop` on a thread of its own at the first signal; a second one ends the process without further ado, which
/// must work even when every thread of ours is stuck.
///
/// # Errors
/// When the system refuses to tell of signals.
pub(super) fn on_first(stop: impl FnOnce() + Send + 'static) -> std::io::Result<()> {
    let again = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // Armed before the flag can be set, so that the first signal never meets it.
        signal_hook::flag::register_conditional_shutdown(
            signal,
            exit_code::STOPPED.0.into(),
            Arc::clone(&again),
        )?;
        signal_hook::flag::register(signal, Arc::clone(&again))?;
    }
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    std::thread::Builder::new()
        .name("ssel-signals".into())
        .spawn(move || {
            if signals.forever().next().is_some() {
                stop();
            }
        })?;
    Ok(())
}

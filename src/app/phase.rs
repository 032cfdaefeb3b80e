//! Shows phases before and after the load that take long.

use std::time::{Duration, Instant};

use crate::output::Terminal;
use crate::units::format_duration;

/// Shorter phases are not shown.
const LONG: Duration = Duration::from_secs(1);
/// How often the time is redrawn on a screen, and how often a line is added elsewhere.
const REDRAW: Duration = Duration::from_secs(1);
const ADD_LINE: Duration = Duration::from_secs(5);

/// A phase that is waited for.
pub(super) struct Phase<'a> {
    terminal: &'a Terminal,
    name: &'a str,
    since: Instant,
    due: Instant,
    is_shown: bool,
}

impl<'a> Phase<'a> {
    pub(super) fn new(terminal: &'a Terminal, name: &'a str) -> Self {
        let since = Instant::now();
        let first = if terminal.redraws() { LONG } else { ADD_LINE };
        Self {
            terminal,
            name,
            since,
            due: since + first,
            is_shown: false,
        }
    }

    /// Shows the elapsed time when it is due. Call it often.
    pub(super) fn update(&mut self) {
        let now = Instant::now();
        if now < self.due {
            return;
        }
        let every = if self.terminal.redraws() {
            REDRAW
        } else {
            ADD_LINE
        };
        self.due = now + every;
        self.is_shown = true;
        let seconds = Duration::from_secs(self.since.elapsed().as_secs());
        let line = format!("{} ({})", self.name, format_duration(seconds));
        self.terminal.live(|columns, _| {
            let line: String = line.chars().take(columns.saturating_sub(1)).collect();
            vec![line]
        });
    }
}

impl Drop for Phase<'_> {
    fn drop(&mut self) {
        if self.is_shown {
            self.terminal.clear_progress();
        }
    }
}

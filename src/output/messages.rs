//! Messages: notes, warnings, errors, and repeated messages of scripts.

use super::dedup::{Dedup, Repetition};
use super::terminal::Terminal;
use crate::report::style::paint;
use crate::units::visible_lines;

/// The severity of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Severity {
    /// Information.
    Info,
    /// A possible problem.
    Warning,
    /// A failure.
    Error,
}

impl Terminal {
    /// Shows a note, unless the terminal is quiet. As in all messages, control characters are made visible.
    pub(crate) fn note(&self, text: &str) {
        if !self.0.settings.quiet {
            self.write_err(&format!("{}\n", visible_lines(text)));
        }
    }

    /// Shows a message: `WARN[0015] text` on a terminal, `warning: text` elsewhere.
    pub(crate) fn log(&self, level: Severity, text: &str) {
        let palette = self.err_palette();
        let (word, short, style) = match level {
            Severity::Info => ("info", "INFO", palette.value),
            Severity::Warning => ("warning", "WARN", palette.warning),
            Severity::Error => ("error", "ERRO", palette.bad),
        };
        let text = visible_lines(text.trim_end());
        if self.0.err_tty {
            let seconds = (self.0.clock)().as_secs();
            self.write_err(&format!("{}[{seconds:04}] {text}\n", paint(style, short)));
        } else {
            self.write_err(&format!("{word}: {text}\n"));
        }
    }

    /// Shows an informational message.
    pub(crate) fn info(&self, text: &str) {
        self.log(Severity::Info, text);
    }

    /// Shows a warning.
    pub(crate) fn warn(&self, text: &str) {
        self.log(Severity::Warning, text);
    }

    /// Shows an error.
    pub(crate) fn error(&self, text: &str) {
        self.log(Severity::Error, text);
    }

    /// Shows an error that a script raised. Repetitions of a text, and new texts after the first hundred, are only counted.
    pub(crate) fn script_error(&self, text: &str) {
        let seen = self.0.dedup.lock().see(text);
        match seen {
            Repetition::First => self.error(text),
            Repetition::Again => {}
            Repetition::Full => self.warn(&format!(
                "scripts raised more than {} different errors; further ones are counted, not shown",
                Dedup::DISTINCT
            )),
        }
    }

    /// Reports how often script errors were repeated since the last call.
    pub(crate) fn flush_repeats(&self) {
        let (again, others) = self.0.dedup.lock().report();
        for (text, count) in again {
            let first = text.lines().next().unwrap_or_default();
            let times = if count == 1 {
                "once more".to_owned()
            } else {
                format!("{count} more times")
            };
            self.error(&format!("{times}: {first}"));
        }
        match others {
            0 => {}
            1 => self.error("1 other script error, not shown"),
            _ => self.error(&format!("{others} other script errors, not shown")),
        }
    }
}

//! The terminal, through which everything is printed.
//!
//! Standard output receives results: the output of scripts, and the summary. Standard error receives banner, header, progress,
//! warnings and errors.
//!
//! On a terminal, the progress lines stay at the bottom: they are erased before other text and drawn again after it. Elsewhere
//! they are appended like other lines.
//!
//! Printing never waits: each stream has a `PrintQueue`; both share one if they end in the same place. At the end,
//! [`Terminal::finish`] waits until everything is written, as long as the reader reads.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::dedup::Dedup;
use super::queue::{Class, CountingWriter, PrintJob, PrintQueue};
use super::stderr::Stderr;
use super::stream_writer::StreamWriter;
use super::streams::{OutState, TakenStdout, is_same_place, unbuffered};
use crate::report::{self, Header, Palette, Progress};
use crate::sync::Mutex;

/// The settings of a terminal. The caller reads the environment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own"
)]
pub(crate) struct TerminalSettings {
    /// No banner, no header, no progress.
    pub quiet: bool,
    /// No colours: `--no-color`, or `NO_COLOR` in the environment.
    pub no_color: bool,
    /// `TERM` is `dumb`: no colours and no cursor movement.
    pub dumb: bool,
    /// Whether the command ends when the reader of standard output disconnects, because it has no other purpose.
    pub ends_with_reader: bool,
}

/// Standard output or standard error.
pub(crate) struct TerminalStream {
    /// The destination.
    pub writer: Box<dyn Write + Send>,
    /// Whether the destination is a terminal.
    pub tty: bool,
}

/// The terminal, shared by everything that prints. Cheap to clone; lines are never mixed.
#[derive(Clone)]
pub(crate) struct Terminal(pub(super) Arc<Shared>);

pub(super) struct Shared {
    pub(super) settings: TerminalSettings,
    out_tty: bool,
    pub(super) err_tty: bool,
    pub(super) out_state: Arc<OutState>,
    /// The queues of the two streams; the same queue if both have the same destination.
    pub(super) out: Arc<PrintQueue>,
    pub(super) err: Arc<PrintQueue>,
    pub(super) dedup: Mutex<Dedup>,
    pub(super) clock: Box<dyn Fn() -> Duration + Send + Sync>,
    columns: ScreenWidth,
}

/// The current width of the screen, if known.
pub(super) type ScreenWidth = Arc<dyn Fn() -> Option<usize> + Send + Sync>;

/// The width of a screen of unknown width.
const COLUMNS: usize = 80;
/// The width without a screen.
const NO_SCREEN: usize = 160;

impl Terminal {
    /// The terminal of this process. Times of messages count from now.
    pub(crate) fn system(settings: TerminalSettings) -> Self {
        let out = TerminalStream {
            tty: io::stdout().is_terminal(),
            writer: unbuffered(&io::stdout()).unwrap_or_else(|_| Box::new(io::stdout())),
        };
        let err = TerminalStream {
            tty: io::stderr().is_terminal(),
            writer: unbuffered(&io::stderr()).unwrap_or_else(|_| Box::new(io::stderr())),
        };
        let is_one_place = is_same_place(&io::stdout(), &io::stderr());
        let started = Instant::now();
        Self::with(
            settings,
            (out, err),
            is_one_place,
            Box::new(move || started.elapsed()),
            Arc::new(|| {
                let (width, _) = terminal_size::terminal_size_of(io::stderr())?;
                Some(usize::from(width.0))
            }),
        )
    }

    /// A terminal with the given streams, clock and width. `clock` returns the time since the start of the program,
    /// `columns` the width of the screen behind standard error, if there is one.
    pub(crate) fn new(
        settings: TerminalSettings,
        out: TerminalStream,
        err: TerminalStream,
        clock: impl Fn() -> Duration + Send + Sync + 'static,
        columns: impl Fn() -> Option<usize> + Send + Sync + 'static,
    ) -> Self {
        let is_one_place = out.tty && err.tty;
        Self::with(
            settings,
            (out, err),
            is_one_place,
            Box::new(clock),
            Arc::new(columns),
        )
    }

    fn with(
        settings: TerminalSettings,
        (out, err): (TerminalStream, TerminalStream),
        is_one_place: bool,
        clock: Box<dyn Fn() -> Duration + Send + Sync>,
        columns: ScreenWidth,
    ) -> Self {
        let (out_tty, err_tty) = (out.tty, err.tty);
        let out_state = Arc::<OutState>::default();
        let writer = |out: Option<CountingWriter>,
                      err: Option<CountingWriter>,
                      other: Option<&Arc<PrintQueue>>| StreamWriter {
            out,
            err: err.map(|err| Stderr::new(Box::new(err), Arc::clone(&columns))),
            is_screen: out_tty && err_tty && !settings.dumb && !settings.quiet,
            ends_with_reader: settings.ends_with_reader,
            out_state: Arc::clone(&out_state),
            other: other.cloned(),
        };
        let counting = |stream: TerminalStream, chunks: &Arc<AtomicU64>| {
            Some(CountingWriter {
                writer: stream.writer,
                chunks: Arc::clone(chunks),
            })
        };
        let (out, err) = if is_one_place {
            let chunks = Arc::default();
            let writer = writer(counting(out, &chunks), counting(err, &chunks), None);
            let queue = PrintQueue::start("both", writer, &chunks);
            (Arc::clone(&queue), queue)
        } else {
            let (out_chunks, err_chunks) = (Arc::default(), Arc::default());
            let err = writer(None, counting(err, &err_chunks), None);
            let err = PrintQueue::start("err", err, &err_chunks);
            let out = writer(counting(out, &out_chunks), None, Some(&err));
            (PrintQueue::start("out", out, &out_chunks), err)
        };
        Self(Arc::new(Shared {
            settings,
            out_tty,
            err_tty,
            out_state,
            out,
            err,
            dedup: Mutex::default(),
            clock,
            columns,
        }))
    }

    /// The colours of standard output.
    pub(crate) fn out_palette(&self) -> Palette {
        let taken = self.0.out_state.is_taken.load(Ordering::Acquire);
        self.palette(if taken {
            self.0.err_tty
        } else {
            self.0.out_tty
        })
    }

    /// The colours of standard error.
    pub(crate) fn err_palette(&self) -> Palette {
        self.palette(self.0.err_tty)
    }

    fn palette(&self, tty: bool) -> Palette {
        let TerminalSettings { no_color, dumb, .. } = self.0.settings;
        Palette::new(tty && !no_color && !dumb)
    }

    /// Prints a line to standard output.
    pub(crate) fn print(&self, line: &str) {
        self.write(&format!("{line}\n"));
    }

    /// Prints a text to standard output unchanged.
    pub(crate) fn write(&self, text: &str) {
        self.write_out(text, Class::Own);
    }

    /// Prints a result to standard output, and to standard error if that cannot be written.
    pub(crate) fn result(&self, text: &str) {
        if self.stdout_closed() {
            return self.write_err(text);
        }
        self.write_out(text, Class::Result);
    }

    /// Prints the output of a script. If the reader is too slow, text beyond a bound is dropped and counted.
    pub(crate) fn script_print(&self, text: &str) {
        self.write_out(text, Class::Print);
    }

    /// Prints the output of a script to standard error.
    pub(crate) fn script_print_err(&self, text: &str) {
        self.push_err(PrintJob::Err(text.to_owned(), Class::Print));
    }

    fn write_out(&self, text: &str, class: Class) {
        let shared = &*self.0;
        if text.is_empty() || self.stdout_closed() {
            return;
        }
        if shared.out_state.is_taken.load(Ordering::Acquire) {
            return self.push_err(PrintJob::Err(text.to_owned(), class));
        }
        let job = PrintJob::Out(text.as_bytes().to_vec(), class);
        if class == Class::Print && shared.settings.ends_with_reader {
            // No measurement can be delayed here, and the reader wants the complete output.
            let _ = shared.out.push_patiently(job, |_| false);
        } else if !shared.out.push(job) {
            shared
                .out_state
                .is_incomplete
                .store(true, Ordering::Release);
            self.warn(
                "standard output is read more slowly than scripts print: lines are being dropped",
            );
        }
    }

    fn push_err(&self, job: PrintJob) {
        if !self.0.err.push(job) {
            self.warn(
                "standard error is read more slowly than scripts print: lines are being dropped",
            );
        }
    }

    /// Gives standard output to an output whose lines must not be mixed with other text; other text goes to standard error from
    /// now on. `None` if standard output was already given away.
    pub(crate) fn take_stdout(&self) -> Option<Box<dyn Write + Send>> {
        let taken = self.0.out_state.is_taken.swap(true, Ordering::AcqRel);
        (!taken).then(|| -> Box<dyn Write + Send> {
            Box::new(TakenStdout {
                queue: Arc::clone(&self.0.out),
                state: Arc::clone(&self.0.out_state),
            })
        })
    }

    /// Makes [`Terminal::finish`] wait only briefly once `is_hurried` returns true.
    pub(crate) fn hurry_when(&self, is_hurried: impl Fn() -> bool + Send + Sync + 'static) {
        let _ = self.0.out_state.is_hurried.set(Box::new(is_hurried));
    }

    /// Whether standard output can no longer be written to. Important text should then go to standard error.
    pub(crate) fn stdout_closed(&self) -> bool {
        self.0.out_state.is_closed.load(Ordering::Acquire)
    }

    /// Whether a part of the output is missing on standard output.
    pub(crate) fn stdout_failed(&self) -> bool {
        self.0.out_state.is_incomplete.load(Ordering::Acquire)
    }

    /// Whether the reader of standard output has disconnected and the command has no other purpose.
    pub(crate) fn reader_is_gone(&self) -> bool {
        self.0.settings.ends_with_reader && self.stdout_closed()
    }

    /// Prints a text to standard error unchanged.
    pub(crate) fn write_err(&self, text: &str) {
        self.push_err(PrintJob::Err(text.to_owned(), Class::Own));
    }

    /// Shows the banner, unless the terminal is quiet.
    pub(crate) fn banner(&self) {
        if !self.0.settings.quiet {
            self.write_err(&report::banner(&self.err_palette()));
        }
    }

    /// Shows the header of the run, unless the terminal is quiet.
    pub(crate) fn header(&self, header: &Header<'_>) {
        if !self.0.settings.quiet {
            self.write_err(&report::header(header, &self.err_palette()));
        }
    }

    /// Whether progress is redrawn in place. If not, each call of [`Terminal::progress`] appends lines, and should come
    /// less often.
    pub(crate) fn redraws(&self) -> bool {
        self.0.err_tty && !self.0.settings.dumb && !self.0.settings.quiet
    }

    /// Shows the progress of the run in place of the previous progress, unless the terminal is quiet.
    pub(crate) fn progress(&self, progress: &Progress) {
        self.live(|columns, palette| report::progress(progress, columns, palette));
    }

    /// Shows lines, made for the given number of columns, as [`Terminal::progress`] does.
    pub(crate) fn live(&self, lines: impl FnOnce(usize, &Palette) -> Vec<String>) {
        if self.0.settings.quiet {
            return;
        }
        let lines = lines(self.columns(), &self.err_palette());
        if self.redraws() {
            self.0.err.push(PrintJob::Progress(lines));
        } else {
            // It may be dropped, because more progress follows.
            self.0
                .err
                .push(PrintJob::Err(lines.join("\n") + "\n", Class::Print));
        }
    }

    /// Removes the progress from the screen.
    pub(crate) fn clear_progress(&self) {
        self.0.err.push(PrintJob::Progress(Vec::new()));
    }

    /// Shows the final progress permanently, unless the terminal is quiet.
    pub(crate) fn final_progress(&self, progress: &Progress) {
        self.clear_progress();
        if !self.0.settings.quiet {
            let lines = report::final_progress(progress, self.columns(), &self.err_palette());
            self.write_err(&format!("\n{}\n", lines.join("\n")));
        }
    }

    fn columns(&self) -> usize {
        match (self.0.columns)() {
            Some(columns) if self.0.err_tty => columns,
            _ if self.0.err_tty => COLUMNS,
            _ => NO_SCREEN,
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.out.close();
        self.err.close();
    }
}

impl std::fmt::Debug for Terminal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Terminal")
            .field("settings", &self.0.settings)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

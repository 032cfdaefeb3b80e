//! The terminal, through which everything is printed.
//!
//! Standard output has what the user asked for: what scripts print, and the summary. Standard error has what goes on
//! around it: banner, header, progress, warnings and errors.
//!
//! On a terminal the progress lines stay at the bottom: they are erased before anything else is printed and drawn
//! again behind it. Elsewhere they are appended like any other line.
//!
//! Nobody who prints waits: each stream has a `Lane`, both share one if they end in the same place. At the end,
//! [`Terminal::finish`] waits for what is still to be written, as long as somebody reads.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::error_side::ErrorSide;
use super::lane::{Class, Job, Lane, Watched};
use super::press::Press;
use super::repeats::Repeats;
use super::streams::{OutState, Taken, is_same_place, unbuffered};
use crate::report::{self, Header, Palette, Progress};

/// What a terminal is told about how to print. The environment is read by the caller.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own"
)]
pub struct Settings {
    /// No banner, no header, no progress.
    pub quiet: bool,
    /// No colours: `--no-color`, or `NO_COLOR` in the environment.
    pub no_color: bool,
    /// `TERM` is `dumb`: no colours and no cursor movement.
    pub dumb: bool,
    /// Nothing is wanted but what goes to standard output, so that its end is the end of all.
    pub ends_with_reader: bool,
}

/// One of the two streams.
pub struct Stream {
    /// Where it goes.
    pub writer: Box<dyn Write + Send>,
    /// Whether that is a terminal.
    pub tty: bool,
}

/// The terminal, shared by all who print. Cheap to clone; every line is written whole.
#[derive(Clone)]
pub struct Terminal(pub(super) Arc<Shared>);

pub(super) struct Shared {
    pub(super) settings: Settings,
    out_tty: bool,
    pub(super) err_tty: bool,
    pub(super) out_state: Arc<OutState>,
    /// The ways to the two streams; the same one twice if they end in one place.
    pub(super) out: Arc<Lane>,
    pub(super) err: Arc<Lane>,
    pub(super) repeats: Mutex<Repeats>,
    pub(super) clock: Box<dyn Fn() -> Duration + Send + Sync>,
    columns: Columns,
}

/// How wide the screen is at this moment, if it tells.
pub(super) type Columns = Arc<dyn Fn() -> Option<usize> + Send + Sync>;

/// Columns of a screen that does not tell.
const COLUMNS: usize = 80;
/// Columns where there is no screen.
const NO_SCREEN: usize = 160;

impl Terminal {
    /// The terminal of this process. Times of messages count from now.
    pub fn system(settings: Settings) -> Self {
        let out = Stream {
            tty: io::stdout().is_terminal(),
            writer: unbuffered(&io::stdout()).unwrap_or_else(|_| Box::new(io::stdout())),
        };
        let err = Stream {
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

    /// A terminal with streams, clock and width of one's own. `clock` tells the time since the start of the program,
    /// `columns` the width of the screen behind standard error, if there is one.
    pub fn new(
        settings: Settings,
        out: Stream,
        err: Stream,
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
        settings: Settings,
        (out, err): (Stream, Stream),
        is_one_place: bool,
        clock: Box<dyn Fn() -> Duration + Send + Sync>,
        columns: Columns,
    ) -> Self {
        let (out_tty, err_tty) = (out.tty, err.tty);
        let out_state = Arc::<OutState>::default();
        let press = |out: Option<Watched>, err: Option<Watched>, other: Option<&Arc<Lane>>| Press {
            out,
            err: err.map(|err| ErrorSide::new(Box::new(err), Arc::clone(&columns))),
            is_screen: out_tty && err_tty && !settings.dumb && !settings.quiet,
            ends_with_reader: settings.ends_with_reader,
            out_state: Arc::clone(&out_state),
            other: other.cloned(),
        };
        let watched = |stream: Stream, moved: &Arc<AtomicU64>| {
            Some(Watched {
                writer: stream.writer,
                moved: Arc::clone(moved),
            })
        };
        let (out, err) = if is_one_place {
            let moved = Arc::default();
            let press = press(watched(out, &moved), watched(err, &moved), None);
            let lane = Lane::start("both", press, &moved);
            (Arc::clone(&lane), lane)
        } else {
            let (out_moved, err_moved) = (Arc::default(), Arc::default());
            let err = press(None, watched(err, &err_moved), None);
            let err = Lane::start("err", err, &err_moved);
            let out = press(watched(out, &out_moved), None, Some(&err));
            (Lane::start("out", out, &out_moved), err)
        };
        Self(Arc::new(Shared {
            settings,
            out_tty,
            err_tty,
            out_state,
            out,
            err,
            repeats: Mutex::default(),
            clock,
            columns,
        }))
    }

    /// The colours of standard output.
    pub fn out_palette(&self) -> Palette {
        let taken = self.0.out_state.is_taken.load(Ordering::Acquire);
        self.palette(if taken {
            self.0.err_tty
        } else {
            self.0.out_tty
        })
    }

    /// The colours of standard error.
    pub fn err_palette(&self) -> Palette {
        self.palette(self.0.err_tty)
    }

    fn palette(&self, tty: bool) -> Palette {
        let Settings { no_color, dumb, .. } = self.0.settings;
        Palette::new(tty && !no_color && !dumb)
    }

    /// Prints a line to standard output.
    pub fn print(&self, line: &str) {
        self.write(&format!("{line}\n"));
    }

    /// Prints a text to standard output as it is.
    pub fn write(&self, text: &str) {
        self.write_out(text, Class::Own);
    }

    /// Prints a result to standard output, and to standard error if that cannot be written.
    pub fn result(&self, text: &str) {
        if self.stdout_closed() {
            return self.write_err(text);
        }
        self.write_out(text, Class::Result);
    }

    /// Prints what a script prints. Nobody waits for a reader who stands still: beyond a bound, it is left out and counted.
    pub fn script_print(&self, text: &str) {
        self.write_out(text, Class::Print);
    }

    /// The same, to standard error.
    pub fn script_print_err(&self, text: &str) {
        self.push_err(Job::Err(text.to_owned(), Class::Print));
    }

    fn write_out(&self, text: &str, class: Class) {
        let shared = &*self.0;
        if text.is_empty() || self.stdout_closed() {
            return;
        }
        if shared.out_state.is_taken.load(Ordering::Acquire) {
            return self.push_err(Job::Err(text.to_owned(), class));
        }
        let job = Job::Out(text.as_bytes().to_vec(), class);
        if class == Class::Print && shared.settings.ends_with_reader {
            // Nothing is measured that could be held up, and whoever reads wants it all.
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

    fn push_err(&self, job: Job) {
        if !self.0.err.push(job) {
            self.warn(
                "standard error is read more slowly than scripts print: lines are being dropped",
            );
        }
    }

    /// Gives standard output away, to something that must not be mixed with other text: from here on, what would go there
    /// goes to standard error. `None` if it was given away before.
    pub fn take_stdout(&self) -> Option<Box<dyn Write + Send>> {
        let taken = self.0.out_state.is_taken.swap(true, Ordering::AcqRel);
        (!taken).then(|| -> Box<dyn Write + Send> {
            Box::new(Taken {
                lane: Arc::clone(&self.0.out),
                state: Arc::clone(&self.0.out_state),
            })
        })
    }

    /// Has whoever reads waited for only shortly as soon as `is_hurried` says so.
    pub fn hurry_when(&self, is_hurried: impl Fn() -> bool + Send + Sync + 'static) {
        let _ = self.0.out_state.is_hurried.set(Box::new(is_hurried));
    }

    /// Whether standard output cannot be written to any more. What must be seen should then go to standard error.
    pub fn stdout_closed(&self) -> bool {
        self.0.out_state.is_closed.load(Ordering::Acquire)
    }

    /// Whether something is missing on standard output that somebody waits for.
    pub fn stdout_failed(&self) -> bool {
        self.0.out_state.is_incomplete.load(Ordering::Acquire)
    }

    /// Whether whoever reads standard output has gone, and nothing else is wanted.
    pub fn reader_is_gone(&self) -> bool {
        self.0.settings.ends_with_reader && self.stdout_closed()
    }

    /// Prints a text to standard error as it is.
    pub fn write_err(&self, text: &str) {
        self.push_err(Job::Err(text.to_owned(), Class::Own));
    }

    /// Shows the banner, unless it should be quiet.
    pub fn banner(&self) {
        if !self.0.settings.quiet {
            self.write_err(&report::banner(&self.err_palette()));
        }
    }

    /// Shows what the run is going to do, unless it should be quiet.
    pub fn header(&self, header: &Header<'_>) {
        if !self.0.settings.quiet {
            self.write_err(&report::header(header, &self.err_palette()));
        }
    }

    /// Whether progress is redrawn in place. If not, each call of [`Terminal::progress`] appends lines, and should come
    /// less often.
    pub fn redraws(&self) -> bool {
        self.0.err_tty && !self.0.settings.dumb && !self.0.settings.quiet
    }

    /// Shows how far the run is, in place of what was shown before, unless it should be quiet.
    pub fn progress(&self, progress: &Progress) {
        self.live(|columns, palette| report::progress(progress, columns, palette));
    }

    /// Shows lines as [`Terminal::progress`] does: those that are made for a screen of so many columns.
    pub fn live(&self, lines: impl FnOnce(usize, &Palette) -> Vec<String>) {
        if self.0.settings.quiet {
            return;
        }
        let lines = lines(self.columns(), &self.err_palette());
        if self.redraws() {
            self.0.err.push(Job::Progress(lines));
        } else {
            // There will be others.
            self.0
                .err
                .push(Job::Err(lines.join("\n") + "\n", Class::Print));
        }
    }

    /// Takes the progress off the screen.
    pub fn clear_progress(&self) {
        self.0.err.push(Job::Progress(Vec::new()));
    }

    /// Shows how the run ended, to stay, unless it should be quiet.
    pub fn final_progress(&self, progress: &Progress) {
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

// A panic under one of these locks leaves at worst a torn line, so poison is ignored.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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

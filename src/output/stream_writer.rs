//! Writes queued text to a stream.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::queue::{self, Class, CountingWriter, PrintJob, PrintQueue};
use super::stderr::{Stderr, write};
use super::streams::OutState;

/// The streams of a queue: standard output, standard error, or both.
pub(super) struct StreamWriter {
    pub(super) out: Option<CountingWriter>,
    pub(super) err: Option<Stderr>,
    /// Whether both streams are shown on one screen with progress lines at the bottom.
    pub(super) is_screen: bool,
    /// Whether the reader of standard output may disconnect without an error.
    pub(super) ends_with_reader: bool,
    pub(super) out_state: Arc<OutState>,
    /// The queue of standard error, if it is separate.
    pub(super) other: Option<Arc<PrintQueue>>,
}

impl queue::JobWriter for StreamWriter {
    fn write(&mut self, jobs: Vec<PrintJob>) -> Vec<Vec<u8>> {
        let mut failed = Vec::new();
        let mut jobs = jobs.into_iter().peekable();
        while let Some(job) = jobs.next() {
            match job {
                PrintJob::Out(mut text, class) => {
                    let mut results = Vec::new();
                    results.extend((class == Class::Result).then(|| text.clone()));
                    // One call for consecutive texts.
                    while let Some(PrintJob::Out(more, class)) =
                        jobs.next_if(|job| matches!(job, PrintJob::Out(..)))
                    {
                        results.extend((class == Class::Result).then(|| more.clone()));
                        text.extend(more);
                    }
                    if !self.write_out(&text) {
                        failed.extend(results);
                    }
                }
                PrintJob::Err(text, _) => {
                    if let Some(err) = &mut self.err {
                        err.write(&text);
                    }
                }
                PrintJob::Progress(lines) => {
                    if let Some(err) = &mut self.err {
                        err.replace(lines);
                    }
                }
            }
        }
        failed
    }

    fn save(&mut self, results: Vec<Vec<u8>>) {
        for result in results {
            self.report(String::from_utf8_lossy(&result).into_owned());
        }
    }
}

impl StreamWriter {
    /// Writes to standard output; false if that failed.
    fn write_out(&mut self, text: &[u8]) -> bool {
        let Some(out) = &mut self.out else {
            return false;
        };
        if self.out_state.is_closed.load(Ordering::Acquire) {
            return false;
        }
        let written = match &mut self.err {
            Some(err) if self.is_screen => {
                let erased = err.erased();
                err.send(&erased);
                let written = write(out, text);
                err.open_line = !text.ends_with(b"\n");
                let drawn = err.drawn_again();
                err.send(&drawn);
                written
            }
            _ => write(out, text),
        };
        let Err(error) = written else {
            return true;
        };
        if let Some(code) = error.raw_os_error() {
            self.out_state.failure.store(code, Ordering::Release);
        }
        self.out_state.is_closed.store(true, Ordering::Release);
        if self.out_state.is_taken.load(Ordering::Acquire) {
            return false;
        }
        let is_reader_gone = error.kind() == io::ErrorKind::BrokenPipe;
        if !(self.ends_with_reader && is_reader_gone) {
            self.out_state.is_incomplete.store(true, Ordering::Release);
            let note = if is_reader_gone {
                "ssel: standard output was closed; further output to it is dropped\n".to_owned()
            } else {
                format!("ssel: standard output failed, further output to it is dropped: {error}\n")
            };
            self.report(note);
        }
        false
    }

    /// Writes to standard error, directly or through its queue.
    fn report(&mut self, text: String) {
        if let Some(err) = &mut self.err {
            err.write(&text);
        } else if let Some(other) = &self.other {
            other.push(PrintJob::Err(text, Class::Own));
        }
    }
}

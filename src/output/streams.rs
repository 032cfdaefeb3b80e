//! The standard streams of the process.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, OnceLock};

use super::finish::patience;
use super::queue::{Class, PrintJob, PrintQueue};

/// The state of standard output.
#[derive(Default)]
pub(super) struct OutState {
    /// Whether it can no longer be written to.
    pub(super) is_closed: AtomicBool,
    /// Whether it was given to an output, which reports its errors itself.
    pub(super) is_taken: AtomicBool,
    /// The error code of the failure; 0 for none.
    pub(super) failure: AtomicI32,
    /// Whether a part of the expected output is missing.
    pub(super) is_incomplete: AtomicBool,
    /// Returns whether a stop was requested, so that the program waits only briefly for the reader.
    pub(super) is_hurried: OnceLock<Box<dyn Fn() -> bool + Send + Sync>>,
}

impl OutState {
    pub(super) fn is_hurried(&self) -> bool {
        self.is_hurried.get().is_some_and(|is_hurried| is_hurried())
    }
}

/// A stream of this process without the buffer of the standard library, which an idle reader would keep full.
pub(super) fn unbuffered(stream: &impl AsFd) -> io::Result<Box<dyn Write + Send>> {
    Ok(Box::new(File::from(stream.as_fd().try_clone_to_owned()?)))
}

/// Whether two streams have the same destination, such as a screen or a file after `2>&1`, where the order of texts matters.
pub(super) fn is_same_place(one: &impl AsFd, other: &impl AsFd) -> bool {
    let place = |stream: BorrowedFd<'_>| {
        let file = File::from(stream.try_clone_to_owned().ok()?);
        let found = file.metadata().ok()?;
        Some((found.dev(), found.ino()))
    };
    place(one.as_fd()).is_some_and(|own| place(other.as_fd()) == Some(own))
}

/// Standard output, given to an output. Writing waits for room in the queue, but not for an idle reader.
pub(super) struct TakenStdout {
    pub(super) queue: Arc<PrintQueue>,
    pub(super) state: Arc<OutState>,
}

impl TakenStdout {
    fn failure(&self) -> io::Result<()> {
        match self.state.failure.load(Ordering::Acquire) {
            0 if self.state.is_closed.load(Ordering::Acquire) => {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            0 => Ok(()),
            code => Err(io::Error::from_raw_os_error(code)),
        }
    }
}

impl Write for TakenStdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.failure()?;
        let job = PrintJob::Out(bytes.to_vec(), Class::Own);
        let enough = |still| still >= patience(self.state.is_hurried());
        self.queue.push_patiently(job, enough)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let drained = self
            .queue
            .drain(|still| still >= patience(self.state.is_hurried()));
        self.failure()?;
        drained.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "nobody reads it"))
    }
}

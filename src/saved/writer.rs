//! The thread that saves a run, so that a slow disk delays nothing.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::error::SaveError;
use super::lock;
use super::store::{self, RunStart};
use crate::metrics::{SampledStream, SeriesInfo};
use crate::record::{Frame, Record};

/// The data of one second.
#[derive(Debug, Clone, Default)]
pub(crate) struct SavedSecond {
    /// New series, after those of earlier seconds.
    pub series: Vec<SeriesInfo>,
    /// The frames.
    pub frames: Vec<Frame>,
    /// Streams added to the sample.
    pub streams: Vec<SampledStream>,
    /// Numbers of streams removed from the sample.
    pub gone: Vec<u64>,
}

/// Called for the first error, on the thread that saves.
type Trouble = Box<dyn Fn(&SaveError) + Send>;

/// Saves a run while it is running. If it is dropped before anything was recorded, the file is removed.
#[derive(Debug)]
pub(crate) struct Saver {
    path: PathBuf,
    work: Option<(Sender<Work>, Written)>,
}

/// The thread and its result.
type Written = JoinHandle<Result<(), SaveError>>;

enum Work {
    Second(SavedSecond),
    End(Box<Record>),
}

impl Saver {
    /// Creates the file and the thread. `trouble` is called when a second cannot be written for the first time; writing is
    /// retried with each further second.
    ///
    /// # Errors
    /// A file that exists or cannot be created.
    pub(crate) fn create(
        path: &Path,
        opening: &RunStart,
        trouble: impl Fn(&SaveError) + Send + 'static,
    ) -> Result<Self, SaveError> {
        let store = Store::create(path, opening)?;
        let (sender, receiver) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("ssel-save".into())
            .spawn(move || store.serve(&receiver, &(Box::new(trouble) as Trouble)))
            .map_err(|source| SaveError::Io {
                path: path.display().to_string(),
                source,
            })?;
        Ok(Self {
            path: path.to_owned(),
            work: Some((sender, thread)),
        })
    }

    /// Queues a second for writing.
    pub(crate) fn second(&self, second: SavedSecond) {
        if let Some((sender, _)) = &self.work {
            let _ = sender.send(Work::Second(second));
        }
    }

    /// Writes the result of the run, and waits for it. Ignores series, frames and streams of the record, which were queued
    /// before.
    ///
    /// # Errors
    /// Something could not be written; the rest is in the file.
    pub(crate) fn close(mut self, record: Record) -> Result<(), SaveError> {
        let Some((sender, thread)) = self.work.take() else {
            return Ok(());
        };
        let _ = sender.send(Work::End(Box::new(record)));
        drop(sender);
        thread.join().unwrap_or_else(|_| {
            Err(SaveError::Io {
                path: self.path.display().to_string(),
                source: std::io::Error::other("the thread that saves ended"),
            })
        })
    }
}

impl Drop for Saver {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.work.take() {
            drop(sender);
            let _ = thread.join();
        }
    }
}

/// The open file.
struct Store {
    path: PathBuf,
    db: Connection,
    /// Held until the database is closed, since closing any handle of the file releases SQLite's own locks.
    _lock: File,
    series: Vec<SeriesInfo>,
    /// The number of series in the file.
    written: usize,
    /// Seconds that have not been written yet.
    waiting: SavedSecond,
    used: bool,
}

impl Store {
    fn create(path: &Path, opening: &RunStart) -> Result<Self, SaveError> {
        let lock = lock::claim(path)?;
        match store::open(path, opening) {
            Ok(db) => Ok(Self {
                path: path.to_owned(),
                db,
                _lock: lock,
                series: Vec::new(),
                written: 0,
                waiting: SavedSecond::default(),
                used: false,
            }),
            Err(source) => {
                let _ = std::fs::remove_file(path);
                Err(SaveError::Database {
                    path: path.display().to_string(),
                    source,
                })
            }
        }
    }

    fn serve(mut self, work: &Receiver<Work>, trouble: &Trouble) -> Result<(), SaveError> {
        let mut reported = false;
        while let Ok(next) = work.recv() {
            match next {
                Work::Second(second) => {
                    self.take(second);
                    if let Err(error) = self.write(None)
                        && !std::mem::replace(&mut reported, true)
                    {
                        trouble(&error);
                    }
                }
                Work::End(record) => {
                    self.write(Some(&record))?;
                    // The journal is not needed after the last transaction.
                    let _ = self.db.pragma_update(None, "journal_mode", "delete");
                    return Ok(());
                }
            }
        }
        if !self.used {
            // The run did not start.
            let path = self.path.clone();
            drop(self);
            let _ = std::fs::remove_file(path);
        }
        Ok(())
    }

    fn take(&mut self, second: SavedSecond) {
        self.used = true;
        self.series.extend(second.series);
        let waiting = &mut self.waiting;
        waiting.frames.extend(second.frames);
        waiting.streams.extend(second.streams);
        waiting.gone.extend(second.gone);
    }

    /// Writes all pending seconds in one transaction.
    fn write(&mut self, end: Option<&Record>) -> Result<(), SaveError> {
        let waiting = &self.waiting;
        let done = (|| {
            let transaction = self.db.transaction()?;
            store::put_series(&transaction, self.written, &self.series[self.written..])?;
            for frame in &waiting.frames {
                store::put_frame(&transaction, frame)?;
            }
            store::put_streams(&transaction, &waiting.streams, &waiting.gone)?;
            if let Some(record) = end {
                store::put_end(&transaction, &self.series, record)?;
            }
            transaction.commit()
        })();
        done.map_err(|source| SaveError::Database {
            path: self.path.display().to_string(),
            source,
        })?;
        self.written = self.series.len();
        self.waiting = SavedSecond::default();
        Ok(())
    }
}

/// Writes a whole record to a new file.
///
/// # Errors
/// A file that exists or cannot be written.
pub(crate) fn write(path: &Path, record: &Record) -> Result<(), SaveError> {
    let opening = RunStart {
        runs: record.runs.clone(),
        thresholds: record.thresholds.clone(),
    };
    let mut store = Store::create(path, &opening)?;
    store.take(SavedSecond {
        series: record.series.clone(),
        frames: record.frames.clone(),
        streams: record.streams.clone(),
        gone: Vec::new(),
    });
    let written = store.write(Some(record));
    let _ = store.db.pragma_update(None, "journal_mode", "delete");
    if written.is_err() {
        drop(store);
        let _ = std::fs::remove_file(path);
    }
    written
}

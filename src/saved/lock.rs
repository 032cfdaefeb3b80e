//! Creates and locks the file of a run.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use super::error::{ReadError, SaveError};
use super::read;

/// Creates the file. The lock is held until the file is closed or the process ends.
pub(super) fn claim(path: &Path) -> Result<File, SaveError> {
    let shown = || path.display().to_string();
    let fail = |source| SaveError::Io {
        path: shown(),
        source,
    };
    let mut new = OpenOptions::new();
    match new.read(true).write(true).create_new(true).open(path) {
        Ok(file) => {
            file.try_lock().map_err(|error| fail(error.into()))?;
            Ok(file)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(in_the_way(path)),
        Err(error) => Err(fail(error)),
    }
}

/// Describes the existing file.
fn in_the_way(path: &Path) -> SaveError {
    let shown = path.display().to_string();
    // Opening a pipe would block until it has a writer.
    if !path.is_file() {
        return SaveError::Other { path: shown };
    }
    if File::open(path).is_ok_and(|file| file.try_lock().is_err()) {
        return SaveError::Busy { path: shown };
    }
    let what = match read(path) {
        Ok(record) => {
            let run = record.runs.first();
            let name = run.map(|run| run.name.clone()).unwrap_or_default();
            let seconds = record.facts.duration.as_secs();
            format!("{name}, {seconds}s")
        }
        Err(ReadError::NoRun { .. } | ReadError::Io { .. }) => {
            return SaveError::Other { path: shown };
        }
        Err(error) => error.kind().to_owned(),
    };
    SaveError::Exists { path: shown, what }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_pipe_is_refused_without_opening_it() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("socket");
        let _socket = UnixListener::bind(&path).unwrap();
        assert!(matches!(claim(&path), Err(SaveError::Other { .. })));
    }
}

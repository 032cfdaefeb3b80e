//! Detects paths that are standard output or standard error, such as `/dev/stdout`.

use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Standard output or standard error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standard {
    Output,
    Error,
}

impl Standard {
    /// The stream that a path refers to, if any; also the file to which the stream is redirected.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let found = fs::metadata(path).ok()?;
        let is = |stream: io::Result<Metadata>| {
            stream.is_ok_and(|stream| (stream.dev(), stream.ino()) == (found.dev(), found.ino()))
        };
        if is(metadata(&io::stdout())) {
            return Some(Self::Output);
        }
        is(metadata(&io::stderr())).then_some(Self::Error)
    }
}

/// Whether a path names a device or a stream of a process.
pub(super) fn is_device(path: &Path) -> bool {
    path.starts_with("/dev") || path.starts_with("/proc")
}

fn metadata(stream: &impl AsFd) -> io::Result<Metadata> {
    File::from(stream.as_fd().try_clone_to_owned()?).metadata()
}

//! Reads files for scripts: relative to the script, once per process, with a size limit.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use super::process::Process;

/// The content of a file, from memory if another VU has read it before.
///
/// # Errors
/// One sentence that names the file and the problem.
pub(crate) fn read(process: &Process, path: &Path) -> Result<Arc<[u8]>, String> {
    let mut files = process.files.lock();
    if let Some(content) = files.get(path) {
        return Ok(Arc::clone(content));
    }
    let content: Arc<[u8]> = read_whole(path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?
        .into();
    files.insert(path.to_owned(), Arc::clone(&content));
    Ok(content)
}

/// The content of a file.
///
/// # Errors
/// As those of [`open`].
pub(crate) fn read_whole(path: &Path) -> io::Result<Vec<u8>> {
    read_up_to(path, u64::MAX)
}

/// The content of a file; a longer file than `limit` bytes is an error.
///
/// # Errors
/// As those of [`open`].
pub(crate) fn read_up_to(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    Bounded::new(open(path)?, limit).read_to_end(&mut content)?;
    Ok(content)
}

/// Opens a file for reading. A pipe may be endless, so reading more than 1 GiB from one is an error.
///
/// # Errors
/// Those of the system, and a device.
pub(crate) fn open(path: &Path) -> io::Result<impl Read> {
    const MOST_OF_A_PIPE: u64 = 1 << 30;
    let file = File::open(path)?;
    if is_device(&file)? {
        return Err(io::Error::other("it is a device; name a file"));
    }
    let is_file = file.metadata()?.is_file();
    Ok(Bounded::new(
        file,
        if is_file { u64::MAX } else { MOST_OF_A_PIPE },
    ))
}

#[cfg(unix)]
fn is_device(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::FileTypeExt;
    Ok(file.metadata()?.file_type().is_char_device())
}

/// A reader that fails after `limit` bytes, where `Take` would end.
struct Bounded<R> {
    inner: R,
    limit: u64,
    left: u64,
}

impl<R> Bounded<R> {
    fn new(inner: R, limit: u64) -> Self {
        Self {
            inner,
            limit,
            left: limit,
        }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(count as u64).ok_or_else(|| {
            io::Error::other(format!("it has more than {} MiB", self.limit >> 20))
        })?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_long_a_file_is_an_error() {
        let mut text = Vec::new();
        let limit = 3 << 20;
        let exact = vec![0; limit];
        Bounded::new(exact.as_slice(), limit as u64)
            .read_to_end(&mut text)
            .unwrap();
        assert_eq!(text.len(), limit);
        let error = Bounded::new(io::repeat(0), limit as u64)
            .read_to_end(&mut text)
            .unwrap_err();
        assert_eq!(error.to_string(), "it has more than 3 MiB");
    }
}

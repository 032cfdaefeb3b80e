use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;

/// The destination of the lines of an output.
pub(super) enum LineTarget {
    /// A file, compressed if its name ends in `.gz`.
    File(PathBuf),
    /// An open stream; `None` once it was taken.
    Stream(Option<Box<dyn Write + Send>>),
}

/// An open destination. `flush` passes on what can be read then.
pub(super) trait LineWriter: Write + Send {
    /// Writes everything, and ends a compressed file.
    fn finish(&mut self) -> io::Result<()> {
        self.flush()
    }
}

impl LineWriter for BufWriter<Box<dyn Write + Send>> {}

impl LineTarget {
    /// The file, if it is one.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Stream(_) => None,
        }
    }

    /// Creates the file, or takes the stream.
    ///
    /// # Errors
    /// A file that cannot be created.
    pub(super) fn open(&mut self) -> io::Result<Box<dyn LineWriter>> {
        match self {
            Self::Stream(stream) => {
                let gone = || io::Error::other("the stream is in use already");
                let stream = stream.take().ok_or_else(gone)?;
                Ok(Box::new(BufWriter::new(stream)))
            }
            Self::File(path) => {
                let file = File::create(&*path)?;
                if path.extension().is_some_and(|ending| ending == "gz") {
                    return Ok(Box::new(Compressed::new(file)));
                }
                let file: Box<dyn Write + Send> = Box::new(file);
                Ok(Box::new(BufWriter::new(file)))
            }
        }
    }
}

/// A compressed file, readable up to its last second however the process ends.
pub(super) struct Compressed {
    encoder: GzEncoder<BufWriter<File>>,
    flushed: Instant,
    /// Whether something was written since.
    is_dirty: bool,
}

impl Compressed {
    /// The minimum time between two flushes. Each makes the file larger.
    const FLUSH: Duration = Duration::from_secs(1);

    fn new(file: File) -> Self {
        Self {
            encoder: GzEncoder::new(BufWriter::new(file), Compression::default()),
            flushed: Instant::now(),
            is_dirty: false,
        }
    }
}

impl Write for Compressed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.is_dirty = true;
        self.encoder.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.is_dirty || self.flushed.elapsed() < Self::FLUSH {
            return Ok(());
        }
        (self.is_dirty, self.flushed) = (false, Instant::now());
        self.encoder.flush()
    }
}

impl LineWriter for Compressed {
    fn finish(&mut self) -> io::Result<()> {
        self.encoder.try_finish()?;
        self.encoder.get_mut().flush()
    }
}

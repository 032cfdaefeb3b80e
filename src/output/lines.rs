use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;

/// Where the lines of an output go.
pub(super) enum LineTarget {
    /// A file, compressed if its name ends in `.gz`.
    File(PathBuf),
    /// A stream that is open already. Emptied when it is opened.
    Stream(Option<Box<dyn Write + Send>>),
}

/// An open destination.
pub(super) enum LineWriter {
    Plain(BufWriter<Box<dyn Write + Send>>),
    Gzip(Box<Compressed>),
}

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
    pub(super) fn open(&mut self) -> io::Result<LineWriter> {
        match self {
            Self::Stream(stream) => {
                let gone = || io::Error::other("the stream is in use already");
                let stream = stream.take().ok_or_else(gone)?;
                Ok(LineWriter::Plain(BufWriter::new(stream)))
            }
            Self::File(path) => {
                let file = File::create(&*path)?;
                if path.extension().is_some_and(|ending| ending == "gz") {
                    return Ok(LineWriter::Gzip(Box::new(Compressed::new(file))));
                }
                Ok(LineWriter::Plain(BufWriter::new(Box::new(file))))
            }
        }
    }
}

impl LineWriter {
    /// Hands over what can be handed over now.
    pub(super) fn hand_over(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(lines) => lines.flush(),
            Self::Gzip(lines) => lines.hand_over(),
        }
    }

    /// Writes all there is and ends a compressed file.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(lines) => lines.flush(),
            Self::Gzip(lines) => lines.finish(),
        }
    }
}

impl Write for LineWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(lines) => lines.write(bytes),
            Self::Gzip(lines) => lines.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.hand_over()
    }
}

/// A compressed file, of which all but the last second can be read whatever becomes of the process.
pub(super) struct Compressed {
    encoder: GzEncoder<BufWriter<File>>,
    flushed: Instant,
    /// Whether something went in since.
    is_dirty: bool,
}

impl Compressed {
    /// Each flush costs size, since what comes after it is compressed by itself.
    const FLUSH: Duration = Duration::from_secs(1);

    fn new(file: File) -> Self {
        Self {
            encoder: GzEncoder::new(BufWriter::new(file), Compression::default()),
            flushed: Instant::now(),
            is_dirty: false,
        }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.is_dirty = true;
        self.encoder.write(bytes)
    }

    fn hand_over(&mut self) -> io::Result<()> {
        if !self.is_dirty || self.flushed.elapsed() < Self::FLUSH {
            return Ok(());
        }
        (self.is_dirty, self.flushed) = (false, Instant::now());
        self.encoder.flush()
    }

    fn finish(&mut self) -> io::Result<()> {
        self.encoder.try_finish()?;
        self.encoder.get_mut().flush()
    }
}

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

/// Where the lines of an output go.
pub(super) enum Place {
    /// A file, compressed if its name ends in `.gz`.
    File(PathBuf),
    /// A stream that is open already. Emptied when it is opened.
    Stream(Option<Box<dyn Write + Send>>),
}

/// An open place.
pub(super) enum Lines {
    Plain(BufWriter<Box<dyn Write + Send>>),
    Gzip(GzEncoder<BufWriter<File>>),
}

impl Place {
    /// Creates the file, or takes the stream.
    ///
    /// # Errors
    /// A file that cannot be created, by its name.
    pub(super) fn open(&mut self) -> io::Result<Lines> {
        match self {
            Self::Stream(stream) => {
                let gone = || io::Error::other("the stream is in use already");
                let stream = stream.take().ok_or_else(gone)?;
                Ok(Lines::Plain(BufWriter::new(stream)))
            }
            Self::File(path) => {
                let file = File::create(&*path).map_err(|error| cannot_create(path, &error))?;
                if path.extension().is_some_and(|ending| ending == "gz") {
                    let gzip = GzEncoder::new(BufWriter::new(file), Compression::default());
                    return Ok(Lines::Gzip(gzip));
                }
                Ok(Lines::Plain(BufWriter::new(Box::new(file))))
            }
        }
    }
}

fn cannot_create(path: &Path, error: &io::Error) -> io::Error {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let text = match folder {
        Some(folder) if !folder.exists() => format!("there is no folder {}", folder.display()),
        _ => format!("the file cannot be created: {error}"),
    };
    io::Error::new(error.kind(), text)
}

impl Lines {
    /// Hands over what can be handed over now. A compressed file is left alone: each flush would cost it size.
    pub(super) fn hand_over(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(lines) => lines.flush(),
            Self::Gzip(_) => Ok(()),
        }
    }

    /// Writes all there is and ends a compressed file.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(lines) => lines.flush(),
            Self::Gzip(lines) => {
                lines.try_finish()?;
                lines.get_mut().flush()
            }
        }
    }
}

impl Write for Lines {
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

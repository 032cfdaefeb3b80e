//! The decompressors, behind one trait.

use std::io;

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::{Decompress, FlushDecompress, Status};
use zstd::stream::raw::{self, InBuffer, Operation, OutBuffer};
use zstd::zstd_safe::DParameter;

/// The largest window of a zstd body: 8 MiB, as RFC 9659 allows for HTTP. Each open body allocates its window.
const ZSTD_WINDOW_LOG: u32 = 23;

/// The largest window of deflate, 32 KiB.
const DEFLATE_WINDOW_LOG: u8 = 15;

/// Decompresses into a buffer, as much as fits.
pub(super) trait Unpack {
    /// Decodes bytes of `input` to `output` completely, unless `output` becomes full.
    ///
    /// # Errors
    /// Invalid input.
    fn unpack(&mut self, input: &[u8], output: &mut [u8]) -> io::Result<Unpacked>;

    /// Prepares for another stream after the end of one.
    ///
    /// # Errors
    /// A body of this format is a single stream.
    fn restart(&mut self) -> io::Result<()> {
        Err(after_the_end())
    }
}

/// How many bytes were read and written, and whether the stream has ended.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Unpacked {
    pub(super) read: usize,
    pub(super) written: usize,
    pub(super) ended: bool,
}

fn after_the_end() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "there is data after its end")
}

/// A decompressor, and its position in a body of one or several streams.
pub(super) struct Unpacker {
    format: Box<dyn Unpack>,
    position: Position,
}

#[derive(Debug, PartialEq, Eq)]
enum Position {
    Start,
    Inside,
    End,
}

impl Unpacker {
    pub(super) fn new(format: impl Unpack + 'static) -> Self {
        Self {
            format: Box::new(format),
            position: Position::Start,
        }
    }

    /// Like [`Unpack::unpack`], over all streams of a body.
    ///
    /// # Errors
    /// Invalid input, or input after the end.
    pub(super) fn unpack(&mut self, input: &[u8], output: &mut [u8]) -> io::Result<Unpacked> {
        if self.position != Position::Inside && input.is_empty() {
            return Ok(Unpacked::default());
        }
        if self.position == Position::End {
            self.format.restart()?;
        }
        let unpacked = self.format.unpack(input, output)?;
        self.position = if unpacked.ended {
            Position::End
        } else {
            Position::Inside
        };
        Ok(unpacked)
    }

    /// Whether the input may end here: at the end of a stream, or before its first byte.
    pub(super) fn is_complete(&self) -> bool {
        self.position != Position::Inside
    }
}

/// Deflate: in the format gzip, in zlib, or bare.
pub(super) struct Deflate {
    inner: Decompress,
    /// A gzip body may have several members.
    is_gzip: bool,
}

impl Deflate {
    pub(super) fn gzip() -> Self {
        Self::with(Decompress::new_gzip(DEFLATE_WINDOW_LOG), true)
    }

    pub(super) fn zlib() -> Self {
        Self::with(Decompress::new(true), false)
    }

    pub(super) fn bare() -> Self {
        Self::with(Decompress::new(false), false)
    }

    fn with(inner: Decompress, is_gzip: bool) -> Self {
        Self { inner, is_gzip }
    }
}

impl Unpack for Deflate {
    fn unpack(&mut self, input: &[u8], output: &mut [u8]) -> io::Result<Unpacked> {
        let (read, written) = (self.inner.total_in(), self.inner.total_out());
        let status = self
            .inner
            .decompress(input, output, FlushDecompress::Sync)?;
        let step = |to: u64, from: u64| usize::try_from(to - from).unwrap_or_default();
        Ok(Unpacked {
            read: step(self.inner.total_in(), read),
            written: step(self.inner.total_out(), written),
            ended: status == Status::StreamEnd,
        })
    }

    fn restart(&mut self) -> io::Result<()> {
        if !self.is_gzip {
            return Err(after_the_end());
        }
        *self = Self::gzip();
        Ok(())
    }
}

pub(super) struct Brotli(Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>);

impl Brotli {
    pub(super) fn new() -> Self {
        let memory = StandardAlloc::default;
        Self(Box::new(BrotliState::new(memory(), memory(), memory())))
    }
}

impl Unpack for Brotli {
    fn unpack(&mut self, input: &[u8], output: &mut [u8]) -> io::Result<Unpacked> {
        let mut unpacked = Unpacked::default();
        let (mut left, mut room, mut total) = (input.len(), output.len(), 0);
        let result = BrotliDecompressStream(
            &mut left,
            &mut unpacked.read,
            input,
            &mut room,
            &mut unpacked.written,
            output,
            &mut total,
            &mut self.0,
        );
        match result {
            BrotliResult::ResultFailure => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "not valid brotli",
            )),
            result => {
                unpacked.ended = matches!(result, BrotliResult::ResultSuccess);
                Ok(unpacked)
            }
        }
    }
}

pub(super) struct Zstd(raw::Decoder<'static>);

impl Zstd {
    pub(super) fn new() -> io::Result<Self> {
        let mut inner = raw::Decoder::new()?;
        inner.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG))?;
        Ok(Self(inner))
    }
}

impl Unpack for Zstd {
    fn unpack(&mut self, input: &[u8], output: &mut [u8]) -> io::Result<Unpacked> {
        let (mut input, mut output) = (InBuffer::around(input), OutBuffer::around(output));
        let left = self.0.run(&mut input, &mut output)?;
        Ok(Unpacked {
            read: input.pos(),
            written: output.pos(),
            ended: left == 0,
        })
    }

    /// A body may have several frames.
    fn restart(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, GzBuilder};

    use super::*;

    /// Unpacks pieces of `cut` bytes through a buffer of `room`.
    fn unpack(bytes: &[u8], cut: usize, room: usize) -> io::Result<(Vec<u8>, bool)> {
        let (mut gzip, mut plain) = (Unpacker::new(Deflate::gzip()), Vec::new());
        let mut buffer = vec![0; room];
        for mut piece in bytes.chunks(cut) {
            loop {
                let step = gzip.unpack(piece, &mut buffer)?;
                piece = &piece[step.read..];
                plain.extend_from_slice(&buffer[..step.written]);
                if piece.is_empty() && step.written < room {
                    break;
                }
            }
        }
        Ok((plain, gzip.is_complete()))
    }

    fn packed(text: &[u8], name: bool) -> Vec<u8> {
        let builder = GzBuilder::new();
        let builder = if name {
            builder.filename("a name").comment("why").extra([1, 2, 3])
        } else {
            builder
        };
        let mut encoder = builder.write(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn the_output_is_independent_of_the_pieces() {
        let text: Vec<u8> = (0..10_000_u32).flat_map(u32::to_le_bytes).collect();
        let members = [
            packed(&text, true),
            packed(b"", true),
            packed(b"more", false),
        ]
        .concat();
        let whole = [&text[..], b"more"].concat();
        for (cut, room) in [(1, 1), (1, 1000), (7, 3), (100_000, 10), (100_000, 100_000)] {
            let (plain, complete) = unpack(&members, cut, room).unwrap();
            assert!(plain == whole && complete, "{cut} {room}");
        }
    }

    #[test]
    fn a_body_is_complete_only_at_the_end_of_a_member() {
        let bytes = packed(b"hello", true);
        for end in 1..bytes.len() {
            assert!(!unpack(&bytes[..end], 100, 100).unwrap().1, "{end}");
        }
    }

    #[test]
    fn a_wrong_byte_in_the_trailer_is_detected() {
        let bytes = packed(b"hello", false);
        for at in bytes.len() - 8..bytes.len() {
            let mut wrong = bytes.clone();
            wrong[at] ^= 1;
            assert!(unpack(&wrong, 100, 100).is_err(), "{at}");
        }
        assert!(unpack(&[&bytes[..], b"junk"].concat(), 100, 100).is_err());
    }
}

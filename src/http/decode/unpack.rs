//! The common part of all decompressors.

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
    /// Invalid input, or input after the end.
    fn unpack(&mut self, input: &[u8], output: &mut [u8]) -> io::Result<Unpacked>;

    /// Whether the input may end here: at the end of a stream, or before its first byte.
    fn is_complete(&self) -> bool;
}

/// How many bytes were read and written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Unpacked {
    pub(super) read: usize,
    pub(super) written: usize,
}

/// The error for input after the end.
fn behind_the_end() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "there is data after its end")
}

/// Deflate: in the format gzip, in zlib, or bare.
pub(super) struct Deflate {
    inner: Decompress,
    /// A gzip body may have several members.
    is_gzip: bool,
    started: bool,
    ended: bool,
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
        Self {
            inner,
            is_gzip,
            started: false,
            ended: false,
        }
    }
}

impl Unpack for Deflate {
    fn unpack(&mut self, input: &[u8], output: &mut [u8]) -> io::Result<Unpacked> {
        if self.ended {
            if input.is_empty() {
                return Ok(Unpacked::default());
            }
            if !self.is_gzip {
                return Err(behind_the_end());
            }
            *self = Self::gzip();
        }
        self.started = true;
        let (read, written) = (self.inner.total_in(), self.inner.total_out());
        let status = self
            .inner
            .decompress(input, output, FlushDecompress::Sync)?;
        self.ended = status == Status::StreamEnd;
        let step = |to: u64, from: u64| usize::try_from(to - from).unwrap_or_default();
        Ok(Unpacked {
            read: step(self.inner.total_in(), read),
            written: step(self.inner.total_out(), written),
        })
    }

    fn is_complete(&self) -> bool {
        self.ended || !self.started
    }
}

pub(super) struct Brotli {
    state: Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>,
    started: bool,
    ended: bool,
}

impl Brotli {
    pub(super) fn new() -> Self {
        let memory = StandardAlloc::default;
        Self {
            state: Box::new(BrotliState::new(memory(), memory(), memory())),
            started: false,
            ended: false,
        }
    }
}

impl Unpack for Brotli {
    fn unpack(&mut self, input: &[u8], output: &mut [u8]) -> io::Result<Unpacked> {
        if self.ended && !input.is_empty() {
            return Err(behind_the_end());
        }
        self.started = true;
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
            &mut self.state,
        );
        match result {
            BrotliResult::ResultFailure => Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "not valid brotli",
            )),
            result => {
                self.ended = matches!(result, BrotliResult::ResultSuccess);
                Ok(unpacked)
            }
        }
    }

    fn is_complete(&self) -> bool {
        self.ended || !self.started
    }
}

pub(super) struct Zstd {
    inner: raw::Decoder<'static>,
    /// Whether a frame has begun and not ended.
    inside: bool,
}

impl Zstd {
    pub(super) fn new() -> io::Result<Self> {
        let mut inner = raw::Decoder::new()?;
        inner.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG))?;
        Ok(Self {
            inner,
            inside: false,
        })
    }
}

impl Unpack for Zstd {
    fn unpack(&mut self, input: &[u8], output: &mut [u8]) -> io::Result<Unpacked> {
        // The library reports repeated calls without input as an error.
        if input.is_empty() && !self.inside {
            return Ok(Unpacked::default());
        }
        let (mut input, mut output) = (InBuffer::around(input), OutBuffer::around(output));
        self.inside = self.inner.run(&mut input, &mut output)? != 0;
        Ok(Unpacked {
            read: input.pos(),
            written: output.pos(),
        })
    }

    fn is_complete(&self) -> bool {
        !self.inside
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, GzBuilder};

    use super::*;

    /// Unpacks pieces of `cut` bytes through a buffer of `room`.
    fn unpack(bytes: &[u8], cut: usize, room: usize) -> io::Result<(Vec<u8>, bool)> {
        let (mut gzip, mut plain) = (Deflate::gzip(), Vec::new());
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
    fn any_cut_and_any_room_give_the_same() {
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
    fn each_end_but_that_of_a_member_is_early() {
        let bytes = packed(b"hello", true);
        for end in 1..bytes.len() {
            assert!(!unpack(&bytes[..end], 100, 100).unwrap().1, "{end}");
        }
    }

    #[test]
    fn a_wrong_byte_in_the_trailer_is_seen() {
        let bytes = packed(b"hello", false);
        for at in bytes.len() - 8..bytes.len() {
            let mut wrong = bytes.clone();
            wrong[at] ^= 1;
            assert!(unpack(&wrong, 100, 100).is_err(), "{at}");
        }
        assert!(unpack(&[&bytes[..], b"junk"].concat(), 100, 100).is_err());
    }
}

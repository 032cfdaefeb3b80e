//! What the libraries that decompress have in common.

use std::io;

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::{Decompress, FlushDecompress, Status};
use zstd::stream::raw::{self, InBuffer, Operation, OutBuffer};
use zstd::zstd_safe::DParameter;

/// The window that a zstd body may ask for: 8 MiB, which is what RFC 9659 allows in HTTP. Each open body holds its window.
const ZSTD_WINDOW_LOG: u32 = 23;

/// Decompresses into a buffer, as much as fits.
pub(super) trait Unpack {
    /// Takes bytes of `input` and writes what they say to `output`: all that they say, unless `output` is full.
    ///
    /// # Errors
    /// What is not in this format. Input that brings nothing on is an error too.
    fn unpack(&mut self, input: &[u8], output: &mut [u8]) -> io::Result<Unpacked>;

    /// Whether the end may be here: of a stream, or before a byte of it.
    fn is_complete(&self) -> bool;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unpacked {
    pub(super) read: usize,
    pub(super) written: usize,
}

/// What comes behind the end.
fn behind_the_end() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "there is more behind its end")
}

/// Zlib, or the bare format inside.
pub(super) struct Deflate {
    inner: Decompress,
    started: bool,
    ended: bool,
}

impl Deflate {
    pub(super) fn new(zlib: bool) -> Self {
        Self {
            inner: Decompress::new(zlib),
            started: false,
            ended: false,
        }
    }

    pub(super) fn has_ended(&self) -> bool {
        self.ended
    }
}

impl Unpack for Deflate {
    fn unpack(&mut self, input: &[u8], output: &mut [u8]) -> io::Result<Unpacked> {
        if self.ended {
            return if input.is_empty() {
                Ok(Unpacked {
                    read: 0,
                    written: 0,
                })
            } else {
                Err(behind_the_end())
            };
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
        let mut unpacked = Unpacked {
            read: 0,
            written: 0,
        };
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
    /// A frame has begun and not ended.
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
        // The library takes repeated calls without input for an error.
        if input.is_empty() && !self.inside {
            return Ok(Unpacked {
                read: 0,
                written: 0,
            });
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

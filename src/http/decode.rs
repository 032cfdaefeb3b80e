//! Bodies with a `content-encoding`, decoded as they arrive.

use std::io::{self, Write};

use brotli_decompressor::writer::DecompressorWriter;
use bytes::Bytes;
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use http::header::{CONTENT_ENCODING, HeaderMap};
use zstd::stream::raw;
use zstd::stream::zio::Writer as ZstdWriter;
use zstd::zstd_safe::DParameter;

use super::error::{Error, ErrorKind};

/// The most that one chunk may decode to. A bomb of some kilobytes must not fill the memory.
const MAX_DECODED_CHUNK: usize = 64 << 20;

/// The window that a zstd body may ask for: 8 MiB, which is what RFC 9659 allows in HTTP. Each open body holds its window.
const ZSTD_WINDOW_LOG: u32 = 23;

/// A decoder for one body.
pub(crate) struct Decoder {
    format: Format,
    started: bool,
}

enum Format {
    Gzip(Box<MultiGzDecoder<Output>>),
    /// "deflate" is zlib by the standard and bare deflate by custom: the first byte tells.
    Deflate,
    Zlib(Box<ZlibDecoder<Output>>),
    Bare(Box<DeflateDecoder<Output>>),
    Brotli(Box<DecompressorWriter<Output>>),
    Zstd(Box<ZstdWriter<Output, raw::Decoder<'static>>>),
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder").finish_non_exhaustive()
    }
}

impl Decoder {
    /// The decoder for a response with these headers; `None` when there is nothing to decode, or nothing that can be:
    /// the body is then handed out as it is.
    pub(crate) fn for_headers(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(CONTENT_ENCODING).iter();
        let encoding = values.next()?.to_str().ok()?.trim().to_ascii_lowercase();
        if values.next().is_some() {
            return None;
        }
        let format = match encoding.as_str() {
            "gzip" | "x-gzip" => Format::Gzip(Box::new(MultiGzDecoder::new(Output::default()))),
            "deflate" => Format::Deflate,
            "br" => Format::Brotli(Box::new(DecompressorWriter::new(Output::default(), 4096))),
            "zstd" => Format::Zstd(Box::new(zstd().ok()?)),
            _ => return None,
        };
        Some(Self {
            format,
            started: false,
        })
    }

    /// Whether a body with these headers is handed out in plain.
    pub(crate) fn understands(headers: &HeaderMap) -> bool {
        let plain = |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
        headers.get_all(CONTENT_ENCODING).iter().all(plain) || Self::for_headers(headers).is_some()
    }

    /// Decodes the next bytes of the body into what they complete, perhaps nothing.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<Bytes, Error> {
        // HTTP/2 has empty frames, and zstd takes many flushes without input for an error.
        let Some(first) = bytes.first() else {
            return Ok(Bytes::new());
        };
        if let Format::Deflate = &self.format {
            self.format = if first & 0x0f == 8 {
                Format::Zlib(Box::new(ZlibDecoder::new(Output::default())))
            } else {
                Format::Bare(Box::new(DeflateDecoder::new(Output::default())))
            };
        }
        self.started = true;
        let decoded = match &mut self.format {
            Format::Gzip(decoder) => run(decoder, bytes).map(|()| decoder.get_mut().take()),
            Format::Zlib(decoder) => run(decoder, bytes).map(|()| decoder.get_mut().take()),
            Format::Bare(decoder) => run(decoder, bytes).map(|()| decoder.get_mut().take()),
            Format::Brotli(decoder) => run(decoder, bytes).map(|()| decoder.get_mut().take()),
            Format::Zstd(decoder) => run(decoder, bytes).map(|()| decoder.writer_mut().take()),
            Format::Deflate => Ok(Bytes::new()),
        };
        decoded.map_err(|error| failure(&error))
    }

    /// The body is over: was it complete?
    pub(crate) fn finish(&mut self) -> Result<(), Error> {
        if !self.started {
            return Ok(());
        }
        let finished = match &mut self.format {
            Format::Gzip(decoder) => decoder.try_finish(),
            Format::Zlib(decoder) => decoder.try_finish(),
            Format::Bare(decoder) => decoder.try_finish(),
            Format::Brotli(decoder) => decoder.close(),
            Format::Zstd(decoder) => decoder.finish(),
            Format::Deflate => Ok(()),
        };
        finished.map_err(|_| {
            Error::new(
                ErrorKind::Truncated,
                "the compressed body ended before its own end",
            )
        })
    }
}

fn zstd() -> io::Result<ZstdWriter<Output, raw::Decoder<'static>>> {
    let mut decoder = raw::Decoder::new()?;
    decoder.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG))?;
    Ok(ZstdWriter::new(Output::default(), decoder))
}

fn run(decoder: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    decoder.write_all(bytes)?;
    decoder.flush()
}

fn failure(error: &io::Error) -> Error {
    if error.kind() == io::ErrorKind::FileTooLarge {
        let text = "the compressed body grows beyond all measure: more than 64 MiB at once";
        return Error::new(ErrorKind::TooLarge, text);
    }
    let text = format!("the body does not decode as its content-encoding says: {error}");
    Error::new(ErrorKind::Encoding, text)
}

/// Collects decoded bytes, up to the limit.
#[derive(Default)]
struct Output(Vec<u8>);

impl Output {
    fn take(&mut self) -> Bytes {
        Bytes::from(std::mem::take(&mut self.0))
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_DECODED_CHUNK {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

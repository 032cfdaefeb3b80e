//! Decompresses bodies as they arrive, in pieces of bounded size.

mod unpack;

use std::cell::RefCell;

use bytes::{Buf, Bytes};
use http::header::{CONTENT_ENCODING, HeaderMap};

use self::unpack::{Brotli, Deflate, Unpacker, Zstd};
use super::error::{Error, ErrorKind};

/// The size of a decoded piece.
const PIECE: usize = 64 * 1024;

thread_local! {
    /// A decoded piece is copied before the next one, so all bodies of a thread share one buffer.
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; PIECE].into());
}

/// A decoder for one body.
pub(crate) struct BodyDecoder {
    format: Format,
    /// The input that is not decoded yet.
    input: Bytes,
    /// Whether the last piece was full, so that more output may follow without further input.
    full: bool,
}

enum Format {
    /// "deflate" is zlib by the standard, but some servers send bare deflate: the first byte decides.
    Deflate,
    Known(Unpacker),
}

impl std::fmt::Debug for BodyDecoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BodyDecoder").finish_non_exhaustive()
    }
}

impl BodyDecoder {
    /// The decoder for a response with these headers; `None` if the body has no encoding or an unsupported one, and is
    /// returned unchanged.
    pub(crate) fn for_headers(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(CONTENT_ENCODING).iter();
        let encoding = values.next()?.to_str().ok()?.trim().to_ascii_lowercase();
        if values.next().is_some() {
            return None;
        }
        let format = match encoding.as_str() {
            "gzip" | "x-gzip" => Format::Known(Unpacker::new(Deflate::gzip())),
            "deflate" => Format::Deflate,
            "br" => Format::Known(Unpacker::new(Brotli::new())),
            "zstd" => Format::Known(Unpacker::new(Zstd::new().ok()?)),
            _ => return None,
        };
        Some(Self {
            format,
            input: Bytes::new(),
            full: false,
        })
    }

    /// Whether a body with these headers can be decoded.
    pub(crate) fn understands(headers: &HeaderMap) -> bool {
        let plain = |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
        headers.get_all(CONTENT_ENCODING).iter().all(plain) || Self::for_headers(headers).is_some()
    }

    /// Takes the next bytes of the body, after [`BodyDecoder::next`] has returned `None`.
    pub(crate) fn push(&mut self, bytes: Bytes) {
        if let (Format::Deflate, Some(first)) = (&self.format, bytes.first()) {
            let is_zlib = first & 0x0f == 8;
            let deflate = if is_zlib {
                Deflate::zlib()
            } else {
                Deflate::bare()
            };
            self.format = Format::Known(Unpacker::new(deflate));
        }
        self.input = bytes;
    }

    /// The next piece of the decoded body; `None` if further input is needed.
    pub(crate) fn next(&mut self) -> Result<Option<Bytes>, Error> {
        let Format::Known(format) = &mut self.format else {
            return Ok(None);
        };
        BUFFER.with_borrow_mut(|buffer| {
            let mut written = 0;
            while (self.full || !self.input.is_empty()) && written < buffer.len() {
                let step = format.unpack(&self.input, &mut buffer[written..]);
                let step = step.map_err(undecodable)?;
                if step.read == 0 && step.written == 0 && !self.input.is_empty() {
                    return Err(undecodable("decoding does not advance"));
                }
                self.input.advance(step.read);
                written += step.written;
                self.full = written == buffer.len();
            }
            Ok((written > 0).then(|| Bytes::copy_from_slice(&buffer[..written])))
        })
    }

    /// Checks at the end of the body that the encoded data is complete.
    pub(crate) fn finish(&self) -> Result<(), Error> {
        match &self.format {
            Format::Known(format) if !format.is_complete() => Err(Error::new(
                ErrorKind::Truncated,
                "the compressed body ended before its own end",
            )),
            _ => Ok(()),
        }
    }
}

fn undecodable(why: impl std::fmt::Display) -> Error {
    let text = format!("the body cannot be decoded by its content-encoding: {why}");
    Error::new(ErrorKind::Encoding, text)
}

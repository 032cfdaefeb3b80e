//! Decompresses bodies as they arrive, in pieces of bounded size.

mod unpack;

use std::cell::RefCell;

use bytes::{Buf, Bytes};
use http::header::{CONTENT_ENCODING, HeaderMap};

use self::unpack::{Brotli, Deflate, Unpack, Zstd};
use super::error::{Error, ErrorKind};

/// The most that is decoded at once.
const PIECE: usize = 64 * 1024;

thread_local! {
    /// What is decoded is copied before anything else is, so one buffer does for all bodies of a thread.
    static BUFFER: RefCell<Box<[u8]>> = RefCell::new(vec![0; PIECE].into());
}

/// A decoder for one body.
pub(crate) struct Decoder {
    format: Format,
    /// What is to be decoded.
    input: Bytes,
    /// The last piece was full, so that more may follow without further input.
    full: bool,
}

enum Format {
    /// "deflate" is zlib by the standard and bare deflate by custom: the first byte tells.
    Deflate,
    Known(Box<dyn Unpack>),
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
            "gzip" | "x-gzip" => Format::Known(Box::new(Deflate::gzip())),
            "deflate" => Format::Deflate,
            "br" => Format::Known(Box::new(Brotli::new())),
            "zstd" => Format::Known(Box::new(Zstd::new().ok()?)),
            _ => return None,
        };
        Some(Self {
            format,
            input: Bytes::new(),
            full: false,
        })
    }

    /// Whether a body with these headers is handed out in plain.
    pub(crate) fn understands(headers: &HeaderMap) -> bool {
        let plain = |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
        headers.get_all(CONTENT_ENCODING).iter().all(plain) || Self::for_headers(headers).is_some()
    }

    /// Takes the next bytes of the body. Those before them have been decoded: [`Decoder::next`] has said `None`.
    pub(crate) fn push(&mut self, bytes: Bytes) {
        if let (Format::Deflate, Some(first)) = (&self.format, bytes.first()) {
            let is_zlib = first & 0x0f == 8;
            let deflate = if is_zlib {
                Deflate::zlib()
            } else {
                Deflate::bare()
            };
            self.format = Format::Known(Box::new(deflate));
        }
        self.input = bytes;
    }

    /// The next piece of the decoded body; `None` when there is none without further bytes.
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
                    return Err(undecodable("it does not go on"));
                }
                self.input.advance(step.read);
                written += step.written;
                self.full = written == buffer.len();
            }
            Ok((written > 0).then(|| Bytes::copy_from_slice(&buffer[..written])))
        })
    }

    /// The body is over: was it complete?
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
    let text = format!("the body does not decode as its content-encoding says: {why}");
    Error::new(ErrorKind::Encoding, text)
}

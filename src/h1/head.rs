//! Parses the head of a response.

use std::mem::MaybeUninit;

use httparse::{EMPTY_HEADER, Error, Header, ParserConfig, Response, Status};

use super::{Malformed, RawHead};

/// The number of headers that the first attempt can parse.
const USUAL: usize = 64;
/// The most headers of a head.
const MOST: usize = 32_768;

/// A parsed head.
#[derive(Debug)]
pub(super) struct ParsedHead {
    /// Its length in bytes.
    pub(super) length: usize,
    status: u16,
    pub(super) keep_alive: bool,
    pub(super) coding: Coding,
    pub(super) content_length: Option<u64>,
    event_stream: bool,
    is_1_0: bool,
}

/// The outermost transfer coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    None,
    Chunked,
    /// The body then ends with the connection, even if a length is declared.
    Other,
}

impl ParsedHead {
    /// Whether it is an interim response, which another head follows.
    pub(super) fn interim(&self) -> bool {
        (100..200).contains(&self.status) && self.status != 101
    }

    /// Whether its status allows no body.
    pub(super) fn bodiless(&self) -> bool {
        matches!(self.status, 204 | 304)
    }

    pub(super) fn head<'a>(&self, bytes: &'a [u8]) -> RawHead<'a> {
        RawHead {
            status: self.status,
            bytes,
            event_stream: self.event_stream,
            is_1_0: self.is_1_0,
        }
    }
}

/// Parses a head; `None` while it is incomplete.
///
/// # Errors
/// Not a head of HTTP/1, or an ambiguous length of the body.
#[inline]
pub(super) fn parse(bytes: &[u8]) -> Result<Option<ParsedHead>, Malformed> {
    with_headers(bytes, |response, status| match status {
        Status::Complete(length) => read(response, length).map(Some),
        Status::Partial => Ok(None),
    })?
}

/// Passes all headers of a head that was parsed before to `take`. The values are slices of `bytes`.
pub(crate) fn each_header<'a>(bytes: &'a [u8], mut take: impl FnMut(&'a str, &'a [u8])) {
    let _ = with_headers(bytes, |response, _| {
        for header in response.headers.iter() {
            take(header.name, header.value);
        }
    });
}

/// Parses a head into the stack, or into the heap if it has many headers, and passes it to `read`.
///
/// # Errors
/// Not a head of HTTP/1.
#[inline]
fn with_headers<'a, T>(
    bytes: &'a [u8],
    mut read: impl FnMut(&Response<'_, 'a>, Status<usize>) -> T,
) -> Result<T, Malformed> {
    let mut config = ParserConfig::default();
    // Old servers may still fold headers.
    config.allow_obsolete_multiline_headers_in_responses(true);
    let mut headers = [const { MaybeUninit::uninit() }; USUAL];
    let mut response = Response::new(&mut []);
    match config.parse_response_with_uninit_headers(&mut response, bytes, &mut headers) {
        Ok(status) => return Ok(read(&response, status)),
        Err(Error::TooManyHeaders) => {}
        Err(_) => return Err(Malformed::Head),
    }
    let mut count = USUAL;
    while count < MOST {
        count *= 8;
        let mut headers = vec![EMPTY_HEADER; count];
        let mut response = Response::new(&mut headers);
        match config.parse_response(&mut response, bytes) {
            Ok(status) => return Ok(read(&response, status)),
            Err(Error::TooManyHeaders) => {}
            Err(_) => return Err(Malformed::Head),
        }
    }
    Err(Malformed::ManyHeaders)
}

fn read(response: &Response<'_, '_>, length: usize) -> Result<ParsedHead, Malformed> {
    let mut parsed = ParsedHead {
        length,
        status: response.code.ok_or(Malformed::Head)?,
        keep_alive: response.version == Some(1),
        coding: Coding::None,
        content_length: None,
        event_stream: false,
        is_1_0: response.version == Some(0),
    };
    for header in response.headers.iter() {
        take(&mut parsed, header)?;
    }
    Ok(parsed)
}

/// Evaluates a header; the length of its name excludes most headers.
#[inline]
fn take(parsed: &mut ParsedHead, header: &Header<'_>) -> Result<(), Malformed> {
    let is = |name: &str| header.name.eq_ignore_ascii_case(name);
    match header.name.len() {
        10 if is("connection") => {
            if has_word(header.value, b"close") {
                parsed.keep_alive = false;
            } else if has_word(header.value, b"keep-alive") {
                parsed.keep_alive = true;
            }
        }
        12 if is("content-type") => {
            const STREAM: &[u8] = b"text/event-stream";
            let start = header.value.get(..STREAM.len());
            parsed.event_stream = start.is_some_and(|start| start.eq_ignore_ascii_case(STREAM));
        }
        14 if is("content-length") => {
            // Some servers repeat the length, in one header or in several.
            for value in header.value.split(|&byte| byte == b',') {
                let length = number(value.trim_ascii()).ok_or(Malformed::Length)?;
                if parsed.content_length.is_some_and(|other| other != length) {
                    return Err(Malformed::Length);
                }
                parsed.content_length = Some(length);
            }
        }
        17 if is("transfer-encoding") => {
            for word in header.value.split(|&byte| byte == b',') {
                parsed.coding = match word.trim_ascii() {
                    word if word.eq_ignore_ascii_case(b"chunked") => Coding::Chunked,
                    word if word.eq_ignore_ascii_case(b"identity") => parsed.coding,
                    [] => parsed.coding,
                    _ => Coding::Other,
                };
            }
        }
        _ => {}
    }
    Ok(())
}

/// Whether a list such as `keep-alive, Upgrade` contains this word.
fn has_word(list: &[u8], word: &[u8]) -> bool {
    list.split(|&byte| byte == b',')
        .any(|item| item.trim_ascii().eq_ignore_ascii_case(word))
}

fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |number, byte| {
        let digit = char::from(*byte).to_digit(10)?;
        number.checked_mul(10)?.checked_add(digit.into())
    })
}

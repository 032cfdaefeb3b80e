//! A batch of pipelined requests, and which of them have a response without a body.

use httparse::{EMPTY_HEADER, Error, Request, Status};
use memchr::memmem;

use crate::h1::Chunked;

/// A batch of requests that are sent together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RequestBatch {
    count: u32,
    answered: u32,
    /// The numbers of the HEAD requests among them, from 0, ascending.
    heads: Vec<u32>,
    next_head: usize,
}

/// Why bytes are not complete requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoRequest {
    /// No bytes.
    #[error("it is empty")]
    Empty,
    /// Not HTTP.
    #[error("it is not an HTTP request; wrk.format makes one")]
    Malformed,
    /// The end is missing.
    #[error("it ends in the middle of a request: a blank line or a part of the body is missing")]
    Incomplete,
}

impl RequestBatch {
    /// Parses bytes to send.
    ///
    /// # Errors
    /// Why bytes are not complete requests.
    pub(crate) fn of(bytes: &[u8]) -> Result<Self, NoRequest> {
        let mut batch = Self::default();
        batch.read_all(bytes)?;
        Ok(batch)
    }

    /// Parses the next bytes to send, reusing its memory.
    ///
    /// # Errors
    /// Why bytes are not complete requests.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<(), NoRequest> {
        self.heads.clear();
        self.again();
        self.count = 0;
        // The usual case: one request without a body.
        if bytes.starts_with(b"GET ") && memmem::find(bytes, b"\r\n\r\n") == Some(bytes.len() - 4) {
            self.count = 1;
            return Ok(());
        }
        self.read_all(bytes)
    }

    fn read_all(&mut self, bytes: &[u8]) -> Result<(), NoRequest> {
        let mut rest = bytes;
        if rest.is_empty() {
            return Err(NoRequest::Empty);
        }
        while !rest.is_empty() {
            let (is_head, length) = request(rest)?;
            if is_head {
                self.heads.push(self.count);
            }
            self.count += 1;
            rest = &rest[length..];
        }
        Ok(())
    }

    /// Keeps only the first `count` requests; returns their length in `bytes`.
    pub(super) fn cut(&mut self, bytes: &[u8], count: u32) -> usize {
        self.count = count;
        self.heads.retain(|head| *head < count);
        let mut end = 0;
        for _ in 0..count {
            // They have been parsed before.
            end += request(&bytes[end..]).map_or(0, |(_, length)| length);
        }
        end
    }

    /// The same bytes are sent again.
    pub(super) fn again(&mut self) {
        self.answered = 0;
        self.next_head = 0;
    }

    /// The number of requests.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Whether the next response answers a HEAD request.
    pub(super) fn bodiless(&self) -> bool {
        self.heads.get(self.next_head) == Some(&self.answered)
    }

    /// Counts a response, and returns whether it was the last one.
    pub(super) fn answer(&mut self) -> bool {
        self.next_head += usize::from(self.bodiless());
        self.answered += 1;
        self.answered >= self.count
    }
}

/// Whether the first request is a HEAD, and its length.
fn request(bytes: &[u8]) -> Result<(bool, usize), NoRequest> {
    let mut count = 32;
    loop {
        let mut headers = vec![EMPTY_HEADER; count];
        let mut request = Request::new(&mut headers);
        match request.parse(bytes) {
            Ok(Status::Complete(head)) => {
                let body = body(&request, &bytes[head..])?;
                return Ok((request.method == Some("HEAD"), head + body));
            }
            Ok(Status::Partial) => return Err(NoRequest::Incomplete),
            Err(Error::TooManyHeaders) if count < 1 << 16 => count *= 8,
            Err(_) => return Err(NoRequest::Malformed),
        }
    }
}

/// The length of a request's body at the start of `bytes`.
fn body(request: &Request<'_, '_>, bytes: &[u8]) -> Result<usize, NoRequest> {
    let header = |name: &str| {
        let mut headers = request.headers.iter();
        headers.find(|header| header.name.eq_ignore_ascii_case(name))
    };
    if header("transfer-encoding").is_some() {
        let mut rest = bytes;
        let mut chunked = Chunked::default();
        loop {
            match chunked.next(&mut rest) {
                Ok(None) => return Ok(bytes.len() - rest.len()),
                Ok(Some([])) => return Err(NoRequest::Incomplete),
                Ok(Some(_)) => {}
                Err(_) => return Err(NoRequest::Malformed),
            }
        }
    }
    let Some(length) = header("content-length") else {
        return Ok(0);
    };
    let length = std::str::from_utf8(length.value).unwrap_or_default();
    match length.trim().parse() {
        Ok(length) if length <= bytes.len() => Ok(length),
        Ok(_) => Err(NoRequest::Incomplete),
        Err(_) => Err(NoRequest::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_counted() {
        let get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
        let post = "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n\r\n\r\n";
        let chunked = "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n";
        for (bytes, count) in [
            (get.to_owned(), 1),
            (post.to_owned(), 1),
            (chunked.to_owned(), 1),
            (get.repeat(3), 3),
            ([get, post, chunked, get].concat(), 4),
        ] {
            assert_eq!(
                RequestBatch::of(bytes.as_bytes()).unwrap().count(),
                count,
                "{bytes}"
            );
        }
    }

    #[test]
    fn excess_requests_are_dropped() {
        let requests = ["HEAD", "GET", "HEAD"].map(|method| format!("{method} / HTTP/1.1\r\n\r\n"));
        let bytes = requests.concat();
        let mut batch = RequestBatch::of(bytes.as_bytes()).unwrap();
        let length = batch.cut(bytes.as_bytes(), 2);
        assert_eq!(bytes[..length], requests[..2].concat());
        assert_eq!((batch.count(), batch.bodiless()), (2, true));
        assert!(!batch.answer());
        assert!(!batch.bodiless());
        assert!(batch.answer());
    }

    #[test]
    fn responses_to_head_are_recognized() {
        let bytes = ["HEAD", "GET", "HEAD"].map(|method| format!("{method} / HTTP/1.1\r\n\r\n"));
        let mut batch = RequestBatch::of(bytes.concat().as_bytes()).unwrap();
        for _ in 0..2 {
            let mut bodiless = Vec::new();
            loop {
                bodiless.push(batch.bodiless());
                if batch.answer() {
                    break;
                }
            }
            assert_eq!(bodiless, [true, false, true]);
            batch.again();
        }
    }

    #[test]
    fn an_incomplete_request_is_rejected() {
        for (bytes, why) in [
            ("", NoRequest::Empty),
            ("hello there\r\n", NoRequest::Malformed),
            ("GET / HTTP/1.1\r\nHost: x\r\n", NoRequest::Incomplete),
            ("GET / HTTP/1.1\r\nbad\r\n\r\n", NoRequest::Malformed),
            (
                "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nabc",
                NoRequest::Incomplete,
            ),
            (
                "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
                NoRequest::Malformed,
            ),
            (
                "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n",
                NoRequest::Incomplete,
            ),
        ] {
            assert_eq!(RequestBatch::of(bytes.as_bytes()), Err(why), "{bytes:?}");
        }
    }
}

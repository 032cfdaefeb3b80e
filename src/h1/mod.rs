//! Parses HTTP/1.1 responses from bytes that arrive in any pieces. Bytes that arrive together are not copied, and no
//! response allocates.

mod chunked;
mod head;

use memchr::memmem;

pub(crate) use self::chunked::Chunked;
pub(crate) use self::head::each_header;
use self::head::{Coding, ParsedHead};

/// The longest head, in bytes.
const LONGEST_HEAD: usize = 256 << 10;

/// The next item of a response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step<'a> {
    /// More bytes are needed.
    More,
    /// A response begins.
    Head(RawHead<'a>),
    /// A piece of its body.
    Body(&'a [u8]),
    /// The response is complete.
    End {
        /// Whether the connection can be reused.
        keep_alive: bool,
    },
}

/// The head of a response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct RawHead<'a> {
    pub(crate) status: u16,
    /// Status line and headers, with their line ends.
    pub(crate) bytes: &'a [u8],
    /// Whether the content type is `text/event-stream`.
    pub(crate) event_stream: bool,
    /// Whether the server speaks HTTP/1.0.
    pub(crate) is_1_0: bool,
}

impl<'a> RawHead<'a> {
    /// The reason phrase; it may be empty.
    pub(crate) fn reason(&self) -> &'a [u8] {
        let start = self.bytes.trim_ascii_start();
        let line = start.split(|&byte| byte == b'\n').next();
        let mut words = line.unwrap_or_default().splitn(3, |&byte| byte == b' ');
        words.nth(2).unwrap_or_default().trim_ascii()
    }
}

/// Why a response is invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("the head is malformed")]
    Head,
    #[error("the head is longer than 256 KiB")]
    LongHead,
    #[error("the head has more than 32,768 headers")]
    ManyHeaders,
    #[error("the length of the body is ambiguous")]
    Length,
    #[error("the chunked encoding of the body is malformed")]
    Chunk,
}

/// What the end of a connection means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AtEnd {
    /// The connection ended between two responses.
    Between,
    /// The connection's end completes the response.
    Complete,
    /// The connection ended in the middle of a response.
    Broken,
}

/// Parses the consecutive responses of one connection.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    state: State,
    keep_alive: bool,
    /// The start of an incomplete head.
    held: Vec<u8>,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Head,
    /// The held head has been returned.
    AfterHeld(Framing),
    Body(Framing),
}

/// How the end of a body is determined.
#[derive(Debug)]
enum Framing {
    /// After this many bytes.
    Length(u64),
    Chunked(Chunked),
    /// At the end of the connection.
    ToEnd,
}

impl Parser {
    /// Resets the parser for a new connection.
    pub(crate) fn reset(&mut self) {
        self.state = State::Head;
        self.held = Vec::new();
    }

    /// Parses the next step and removes it from `input`. `bodiless` means that the response answers a HEAD request.
    ///
    /// # Errors
    /// Invalid HTTP; the connection cannot be used any more.
    #[inline]
    pub(crate) fn next<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
        bodiless: bool,
    ) -> Result<Step<'a>, Malformed> {
        if let State::AfterHeld(_) = self.state {
            // Heads in pieces are rare, and an idle connection should hold no memory.
            self.held = Vec::new();
            if let State::AfterHeld(framing) = std::mem::take(&mut self.state) {
                self.state = State::Body(framing);
            }
        }
        match &mut self.state {
            State::Head | State::AfterHeld(_) => self.head(input, bodiless),
            State::Body(Framing::Length(0)) => Ok(self.end()),
            State::Body(_) if input.is_empty() => Ok(Step::More),
            State::Body(Framing::Length(left)) => {
                let here = usize::try_from(*left).map_or(input.len(), |left| left.min(input.len()));
                let (piece, rest) = input.split_at(here);
                *input = rest;
                *left -= here as u64;
                Ok(Step::Body(piece))
            }
            State::Body(Framing::ToEnd) => Ok(Step::Body(std::mem::take(input))),
            State::Body(Framing::Chunked(chunked)) => match chunked.next(input)? {
                Some([]) => Ok(Step::More),
                Some(piece) => Ok(Step::Body(piece)),
                None => Ok(self.end()),
            },
        }
    }

    /// What the end of the connection means at this point.
    pub(crate) fn at_end(&self) -> AtEnd {
        match self.state {
            State::Head if self.held.is_empty() => AtEnd::Between,
            State::Body(Framing::ToEnd) | State::AfterHeld(Framing::ToEnd) => AtEnd::Complete,
            _ => AtEnd::Broken,
        }
    }

    fn end<'a>(&mut self) -> Step<'a> {
        self.state = State::Head;
        Step::End {
            keep_alive: self.keep_alive,
        }
    }

    fn head<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
        bodiless: bool,
    ) -> Result<Step<'a>, Malformed> {
        loop {
            if input.is_empty() {
                return Ok(Step::More);
            }
            if !self.held.is_empty() {
                return self.held_head(input, bodiless);
            }
            let Some(parsed) = head::parse(input)? else {
                return self.hold(input);
            };
            let (bytes, rest) = input.split_at(parsed.length);
            *input = rest;
            // An interim response, such as 103 Early Hints, precedes the final one.
            if parsed.interim() {
                continue;
            }
            self.state = State::Body(self.framing(&parsed, bodiless));
            return Ok(Step::Head(parsed.head(bytes)));
        }
    }

    /// Continues a head that arrives in pieces, and parses it when it is complete.
    fn held_head<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
        bodiless: bool,
    ) -> Result<Step<'a>, Malformed> {
        let before = self.held.len();
        let room = LONGEST_HEAD.saturating_sub(before).min(input.len());
        self.held.extend_from_slice(&input[..room]);
        let from = before.saturating_sub(3);
        if !ends(&self.held[from..]) {
            *input = &input[room..];
            return self.bounded();
        }
        let Some(parsed) = head::parse(&self.held)? else {
            *input = &input[room..];
            return self.bounded();
        };
        *input = &input[parsed.length.saturating_sub(before)..];
        self.held.truncate(parsed.length);
        if parsed.interim() {
            self.held.clear();
            return self.head(input, bodiless);
        }
        self.state = State::AfterHeld(self.framing(&parsed, bodiless));
        Ok(Step::Head(parsed.head(&self.held)))
    }

    fn hold<'a>(&mut self, input: &mut &[u8]) -> Result<Step<'a>, Malformed> {
        self.held.extend_from_slice(std::mem::take(input));
        self.bounded()
    }

    fn bounded<'a>(&self) -> Result<Step<'a>, Malformed> {
        if self.held.len() < LONGEST_HEAD {
            Ok(Step::More)
        } else {
            Err(Malformed::LongHead)
        }
    }

    fn framing(&mut self, parsed: &ParsedHead, bodiless: bool) -> Framing {
        self.keep_alive = parsed.keep_alive;
        if bodiless || parsed.bodiless() {
            return Framing::Length(0);
        }
        match (parsed.coding, parsed.content_length) {
            (Coding::Chunked, _) => Framing::Chunked(Chunked::default()),
            (Coding::None, Some(length)) => Framing::Length(length),
            (Coding::None, None) | (Coding::Other, _) => {
                self.keep_alive = false;
                Framing::ToEnd
            }
        }
    }
}

/// Whether it contains a blank line, which may end a head.
fn ends(bytes: &[u8]) -> bool {
    memmem::find(bytes, b"\n\r\n").is_some() || memmem::find(bytes, b"\n\n").is_some()
}

#[cfg(test)]
mod tests;

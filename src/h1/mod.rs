//! Parses HTTP/1.1 responses from bytes that arrive in any pieces. Bytes that arrive together are not copied, and no
//! response allocates.

mod chunked;
mod head;

use memchr::memmem;

pub(crate) use self::chunked::Chunked;
pub(crate) use self::head::each_header;
use self::head::{Coding, Parsed};

/// A head may not be longer than this many bytes.
const LONGEST_HEAD: usize = 256 << 10;

/// What the bytes said next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step<'a> {
    /// Nothing until there are more bytes.
    More,
    /// A response begins.
    Head(Head<'a>),
    /// A piece of its body.
    Body(&'a [u8]),
    /// It is complete.
    End {
        /// Whether the connection may be used again.
        keep_alive: bool,
    },
}

/// The head of a response.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Head<'a> {
    pub(crate) status: u16,
    /// Status line and headers, with their line ends.
    pub(crate) bytes: &'a [u8],
    /// Whether the content type is `text/event-stream`.
    pub(crate) event_stream: bool,
    /// Whether the server speaks HTTP/1.0.
    pub(crate) is_1_0: bool,
}

impl<'a> Head<'a> {
    /// What stands behind the status; it may be empty.
    pub(crate) fn reason(&self) -> &'a [u8] {
        let start = self.bytes.trim_ascii_start();
        let line = start.split(|&byte| byte == b'\n').next();
        let mut words = line.unwrap_or_default().splitn(3, |&byte| byte == b' ');
        words.nth(2).unwrap_or_default().trim_ascii()
    }
}

/// Why what arrived cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("what arrived is not a head of a response")]
    Head,
    #[error("the head is longer than 256 KiB")]
    LongHead,
    #[error("the head has more than 32,768 headers")]
    ManyHeaders,
    #[error("the head does not say clearly how long the body is")]
    Length,
    #[error("the body is not chunked as its head says")]
    Chunk,
}

/// What the end of a connection means.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AtEnd {
    /// It is between two responses.
    Between,
    /// It ends the body, and so the response.
    Complete,
    /// It breaks a response off.
    Broken,
}

/// Reads the responses of one connection, one after the other.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    state: State,
    keep_alive: bool,
    /// The start of a head whose rest is still to come.
    held: Vec<u8>,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Head,
    /// The held head has been handed out.
    AfterHeld(Framing),
    Body(Framing),
}

/// How the end of a body is known.
#[derive(Debug)]
enum Framing {
    /// After so many bytes.
    Length(u64),
    Chunked(Chunked),
    /// With the connection.
    ToEnd,
}

impl Parser {
    /// Ready for a new connection.
    pub(crate) fn reset(&mut self) {
        self.state = State::Head;
        self.held = Vec::new();
    }

    /// The next step that `input` tells, which is taken off it. `bodiless` says that the response answers a HEAD request.
    ///
    /// # Errors
    /// What is not HTTP; nothing more can be read from the connection.
    #[inline]
    pub(crate) fn next<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
        bodiless: bool,
    ) -> Result<Step<'a>, Malformed> {
        if let State::AfterHeld(_) = self.state {
            // Heads in pieces are rare, and a connection at rest is to hold nothing.
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

    /// What it means that the connection ends here.
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
            // An interim response, such as 103 with early hints, announces the real one.
            if parsed.interim() {
                continue;
            }
            self.state = State::Body(self.framing(&parsed, bodiless));
            return Ok(Step::Head(parsed.head(bytes)));
        }
    }

    /// Goes on with a head that came in pieces; it is parsed once its end is there.
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

    fn framing(&mut self, parsed: &Parsed, bodiless: bool) -> Framing {
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

/// Whether a blank line is in it, which may end a head.
fn ends(bytes: &[u8]) -> bool {
    memmem::find(bytes, b"\n\r\n").is_some() || memmem::find(bytes, b"\n\n").is_some()
}

#[cfg(test)]
mod tests;
